"""Reports on runs: counts, estimated energy, differences."""

from realsam.report.counts import Counts, PopulationCounts, count
from realsam.report.difference import Difference, first_difference
from realsam.report.energy import CostTable, Energy, estimate, load_costs
from realsam.report.render import render_backend, render_table, render_text, to_json

__all__ = [
    "CostTable",
    "Counts",
    "Difference",
    "Energy",
    "PopulationCounts",
    "count",
    "estimate",
    "first_difference",
    "load_costs",
    "render_backend",
    "render_table",
    "render_text",
    "to_json",
]
