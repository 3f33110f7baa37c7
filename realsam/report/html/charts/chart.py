"""What all charts share: their look, their data, their words.

Colours are CSS variables of the page (template/style.css): one specification serves light, dark
and paper. A chart reads the dataset `rows` and is as wide as its place. Legends are the page's.
"""

from typing import Any, NamedTuple

import altair as alt

Report = dict[str, Any]
Rows = list[dict[str, Any]]

ROWS = alt.NamedData("rows")
ROW_HEIGHT = 24  # px of a population
LABEL_WIDTH = 64  # px at least, so that charts one below the other share their left edge

_CONFIG = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelPadding": 6,
        "domain": False,
        "ticks": False,
        "gridColor": "var(--line)",
        "labelLimit": 130,
        "labelOverlap": True,
    },
    "text": {"fill": "var(--ink)", "fontSize": 11},
}


class Chart(NamedTuple):
    """A chart and what its legend says: the color of each meaning, or the end of a ramp."""

    spec: dict[str, Any]
    legend: dict[str, str]


def chart(drawn: Any, rows: Rows, height: int, legend: dict[str, str] | None = None) -> Chart:
    """A drawing with its data; `height` in px, without axes."""
    spec = drawn.properties(width="container", height=height).to_dict()
    datasets = {**spec.get("datasets", {}), "rows": rows}
    return Chart({**spec, "config": _CONFIG, "datasets": datasets}, legend or {})


def tip(field: str, title: str, form: str = ",") -> alt.Tooltip:
    """A line of a tooltip; `form` is d3's, empty for text."""
    return alt.Tooltip(field, title=title, format=form)
