"""Charts of energy: by cost table and term, and elsewhere."""

from math import ceil, floor, log10

import altair as alt

from realsam.report.html.charts.chart import ROWS, Chart, Report, chart, tip

_JOULES = "replace(format(datum.value, '~s'), /([0-9])([^0-9.]?)$/, '$1 $2J')"
_COLORS = ("synops", "updates", "messages", "host_macs")  # of style.css; other terms share one
_HOW = {"estimated": "var(--card)", "measured": "var(--energy)"}


def energy(report: Report) -> Chart | None:
    """The terms of each cost table, one after the other, and the range of their total."""
    tables = report["energy"]["tables"]
    rows = [
        {
            "table": table["name"],
            "term": term["name"],
            "share": term["share"],
            "joules": term["pj"] * 1e-12,
            "low": table["total_pj"]["low"] * 1e-12,
            "high": table["total_pj"]["high"] * 1e-12,
        }
        for table in tables
        for term in table["terms"]
    ]
    if not rows:
        return None
    terms = list(dict.fromkeys(row["term"] for row in rows))
    legend = {term: term if term in _COLORS else "other" for term in terms}
    colors = [f"var(--{color})" for color in legend.values()]
    axis = alt.Axis(title=None, labelExpr=_JOULES, tickCount=5)
    base = alt.Chart(ROWS).encode(y=alt.Y("table:N", sort=None, axis=alt.Axis(title=None)))
    bars = base.mark_bar(height={"band": 0.45}).encode(
        x=alt.X("joules:Q", axis=axis),
        color=alt.Color("term:N", scale=alt.Scale(domain=terms, range=colors), legend=None),
        order=alt.Order("share:Q", sort="descending"),
        tooltip=[
            tip("table:N", "cost table", ""),
            tip("term:N", "term", ""),
            tip("joules:Q", "joules per token", ".3~s"),
            tip("share:Q", "share", ".1%"),
        ],
    )
    ranges = base.mark_rule(color="var(--ink)", strokeWidth=1.5)
    ends = base.mark_tick(color="var(--ink)", thickness=1.5, size=12)
    drawn = bars + ranges.encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    for end in ("low:Q", "high:Q"):
        drawn += ends.encode(x=alt.X(end, axis=axis))
    return chart(drawn, rows, 44 * len(tables), legend)


def comparison(report: Report) -> Chart | None:
    """Energy per token wherever it is known, on a logarithmic axis."""
    rows = [
        {
            "where": place["where"].removesuffix(" (estimated)"),
            "is": place["energy_is"],
            "joules": place["energy_j_per_token"],
            "low": place["energy_low_j"] or place["energy_j_per_token"],
            "high": place["energy_high_j"] or place["energy_j_per_token"],
        }
        for place in report["comparison"]
        if place["energy_j_per_token"]  # a logarithm has no place for 0
    ]
    if not rows:
        return None
    base = alt.Chart(ROWS).encode(
        y=alt.Y("where:N", sort=None, axis=alt.Axis(title=None, labelLimit=170))
    )
    ends = log10(min(row["low"] for row in rows)), log10(max(row["high"] for row in rows))
    decades = [10.0**power for power in range(floor(ends[0]), ceil(ends[1]) + 1)]
    axis = alt.Axis(title=None, labelExpr=_JOULES, values=decades)
    scale = alt.Scale(type="log", domain=[decades[0], decades[-1]])
    ranges = base.mark_rule(color="var(--energy)", strokeWidth=6, opacity=0.35)
    points = base.mark_point(size=120, opacity=1, strokeWidth=2, stroke="var(--energy)").encode(
        x=alt.X("joules:Q", scale=scale, axis=axis),
        fill=alt.Fill(
            "is:N", scale=alt.Scale(domain=list(_HOW), range=list(_HOW.values())), legend=None
        ),
        tooltip=[
            tip("where:N", "where", ""),
            tip("joules:Q", "joules per token", ".3~s"),
            tip("is:N", "energy is", ""),
        ],
    )
    drawn = ranges.encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q") + points
    return chart(drawn, rows, 36 * len(rows))
