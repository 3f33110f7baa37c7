"""Reports on runs: counts, estimated energy, differences, comparison."""

from realsam.report.costs import TABLES, CostTable, load_costs
from realsam.report.counts import Counts, count
from realsam.report.difference import Difference, first_difference, n_differences
from realsam.report.energy import Energy, estimate, quantities
from realsam.report.facts import Facts, facts_of
from realsam.report.profile import Ablation, Profile, Text, load_profile, save_profile
from realsam.report.render_json import summary, to_json
from realsam.report.render_text import render_backend, render_summary, render_table
from realsam.report.report import Against, Report, set_against

__all__ = [
    "TABLES",
    "Ablation",
    "Against",
    "CostTable",
    "Counts",
    "Difference",
    "Energy",
    "Facts",
    "Profile",
    "Report",
    "Text",
    "count",
    "estimate",
    "facts_of",
    "first_difference",
    "load_costs",
    "load_profile",
    "n_differences",
    "quantities",
    "render_backend",
    "render_summary",
    "render_table",
    "save_profile",
    "set_against",
    "summary",
    "to_json",
]
