"""The charts of a report as Vega-Lite specifications, described with Altair."""

from typing import Any

from realsam.report.html.charts import activity, costs, network
from realsam.report.html.charts.chart import Chart

_CHARTS = {
    "rate": activity.rate,
    "activity": activity.activity,
    "raster": activity.raster,
    "sparsity": network.sparsity,
    "projections": network.projections,
    "energy": costs.energy,
    "comparison": costs.comparison,
}


def charts(report: dict[str, Any]) -> dict[str, Chart]:
    """The charts by name; a chart of nothing is left out."""
    drawn = {name: draw(report) for name, draw in _CHARTS.items()}
    return {name: chart for name, chart in drawn.items() if chart is not None}


__all__ = ["Chart", "charts"]
