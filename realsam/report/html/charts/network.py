"""Charts over the network: sparsity of its populations, operations of its projections."""

from typing import Any

import altair as alt

from realsam.report.html.charts.chart import ROW_HEIGHT, ROWS, Chart, Report, chart, tip

_LABELLED = 10  # populations; a matrix of more has cells too small for numbers
_KINDS = {"activation_sparsity": "neurons silent", "connection_sparsity": "weights zero"}


def sparsity(report: Report) -> Chart | None:
    """Activation and connection sparsity of each population that spikes, as points."""
    rows = [
        {"population": p["name"], "kind": kind, "share": p[field]}
        for p in report["populations"]
        for field, kind in _KINDS.items()
        if p["kind"] != "readout"
    ]
    if not rows:
        return None
    kinds = list(_KINDS.values())
    points = alt.Chart(ROWS).mark_point(filled=True, size=90, opacity=1)
    points = points.encode(
        x=alt.X(
            "share:Q",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(title=None, format="~%", tickCount=5),
        ),
        y=alt.Y("population:N", sort=None, axis=alt.Axis(title=None, grid=True)),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=["var(--spikes)", "var(--other)"]),
            legend=None,
        ),
        shape=alt.Shape(
            "kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=None
        ),
        tooltip=[
            tip("population:N", "population", ""),
            tip("kind:N", "share of its", ""),
            tip("share:Q", "is", ".2%"),
        ],
    )
    return chart(points, rows, ROW_HEIGHT * len(rows) // 2)


def projections(report: Report) -> Chart | None:
    """Effective synaptic operations per token from each population to each other, as a matrix."""
    links, n_tokens = report["links"], max(1, len(report["tokens"]))
    if not links:
        return None
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for link in links:
        pairs.setdefault((link["source"], link["target"]), []).append(link)
    rows = [
        {
            "source": source,
            "target": target,
            "synops": sum(sum(link["synops"]) for link in between) / n_tokens,
            "dense": sum(link["synops_dense"] for link in between),
        }
        for (source, target), between in pairs.items()
    ]
    names = [p["name"] for p in report["populations"]]
    sources, targets = (
        sorted({link[end] for link in links}, key=names.index) for end in ("source", "target")
    )
    small = max(len(sources), len(targets)) > _LABELLED
    highest = max(row["synops"] for row in rows)
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "target:N",
            scale=alt.Scale(domain=targets),
            axis=alt.Axis(
                title="to",
                orient="top",
                labelAngle=-35 if len(targets) > 3 else 0,
                labelOverlap=small,
            ),
        ),
        y=alt.Y("source:N", scale=alt.Scale(domain=sources), axis=alt.Axis(title="from")),
        tooltip=[
            tip("source:N", "from", ""),
            tip("target:N", "to", ""),
            tip("synops:Q", "synops per token", ",.0f"),
            tip("dense:Q", "if dense"),
        ],
    )
    cells = base.mark_rect(fill="var(--synops)", stroke="var(--card)", strokeWidth=2).encode(
        fillOpacity=alt.FillOpacity(
            "synops:Q", scale=alt.Scale(domain=[0, highest or 1], range=[0.04, 0.75]), legend=None
        )
    )
    numbers = base.mark_text().encode(text=alt.Text("synops:Q", format=".2~s"))
    return chart(cells if small else cells + numbers, rows, 32 * len(sources))
