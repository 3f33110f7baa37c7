"""Charts over tokens: firing rate over time, and the spikes of one token.

The first two have a parameter `token`, the one that the reader looks at.
"""

import altair as alt

from realsam.report.html.charts.chart import (
    LABEL_WIDTH,
    ROW_HEIGHT,
    ROWS,
    Chart,
    Report,
    Rows,
    chart,
    tip,
)
from realsam.report.html.units import percent


def rate(report: Report) -> Chart | None:
    """The firing rate of all LIF populations together."""
    neurons = sum(p["neurons"] for p in _lif(report))
    rows = [_row(k, token, token["spikes"], neurons) for k, token in enumerate(report["tokens"])]
    if not rows:
        return None
    rows.append({**rows[-1], "token": len(rows)})  # the last step has an end
    base = alt.Chart(ROWS).encode(
        x=_token_axis(report, title=None),
        y=alt.Y(
            "rate:Q", axis=alt.Axis(title=None, format="~%", tickCount=3, minExtent=LABEL_WIDTH)
        ),
    )
    area = base.mark_area(interpolate="step-after", color="var(--spikes)", opacity=0.25)
    line = base.mark_line(interpolate="step-after", color="var(--spikes)", strokeWidth=1.5)
    return chart(area + line + _cursor(), rows, 80)


def activity(report: Report) -> Chart | None:
    """The firing rate of each LIF population: a row of cells, darker for more."""
    lif = _lif(report)
    rows = [
        {"population": p["name"], "end": k + 1, **_row(k, token, spikes, p["neurons"])}
        for p in lif
        for k, (token, spikes) in enumerate(zip(report["tokens"], p["spikes"], strict=True))
    ]
    if not rows:
        return None
    highest = max(row["rate"] for row in rows)
    cells = alt.Chart(ROWS).mark_rect(fill="var(--spikes)", stroke=None, cursor="pointer")
    cells = cells.encode(
        x=_token_axis(report, title="token"),
        x2="end:Q",
        y=alt.Y("population:N", sort=None, axis=alt.Axis(title=None, minExtent=LABEL_WIDTH)),
        fillOpacity=alt.FillOpacity(
            "rate:Q", scale=alt.Scale(domain=[0, highest or 1], range=[0, 1]), legend=None
        ),
        tooltip=[
            tip("population:N", "population", ""),
            tip("token:Q", "token"),
            tip("text:N", "text", ""),
            tip("spikes:Q", "spikes"),
            tip("rate:Q", "firing rate", ".2%"),
        ],
    )
    return chart(cells + _cursor(), rows, ROW_HEIGHT * len(lif), {"most": percent(highest)})


def raster(report: Report) -> Chart | None:
    """A tick for each spike; the page fills in those of the token that the reader looks at."""
    places = [
        {"population": p["name"], "neuron": 0, "end": p["neurons"]}
        for p in report["populations"]
        if p["kind"] != "readout"
    ]
    if not places:
        return None
    names = [place["population"] for place in places]
    most = max(place["end"] for place in places)
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "neuron:Q",
            scale=alt.Scale(domain=[0, most], nice=False),
            axis=alt.Axis(title="neuron", grid=False, tickCount=4, tickMinStep=1),
        ),
        y=alt.Y("population:N", scale=alt.Scale(domain=names), axis=alt.Axis(title=None)),
    )
    bed = base.mark_bar(color="var(--bed)", height={"band": 0.72}).encode(x2="end:Q")
    bed.data = alt.InlineData(values=places)
    ticks = base.mark_tick(color="var(--spikes)", thickness=1.2, height={"band": 0.72})
    return chart(bed + ticks, [], ROW_HEIGHT * len(places))


def _lif(report: Report) -> Rows:
    return [p for p in report["populations"] if p["kind"] == "lif"]


def _row(k: int, token: dict[str, object], spikes: int, neurons: int) -> dict[str, object]:
    rate = round(spikes / max(1, neurons), 5)
    return {"token": k, "text": token["text"], "spikes": spikes, "rate": rate}


def _token_axis(report: Report, title: str | None) -> alt.X:
    """Token k reaches from k to k + 1."""
    scale = alt.Scale(domain=[0, len(report["tokens"])], nice=False)
    ticks = alt.expr("width / 80")
    axis = alt.Axis(title=title, grid=False, tickMinStep=1, tickCount=ticks)
    return alt.X("token:Q", scale=scale, axis=axis)


def _cursor() -> alt.Chart:
    token = alt.param(name="token", value=-1)
    line = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color="var(--ink)", strokeWidth=1.5)
    at = alt.XDatum(alt.expr(f"{token.name} + 0.5"), type="quantitative")
    cursor: alt.Chart = line.encode(x=at).add_params(token)
    return cursor
