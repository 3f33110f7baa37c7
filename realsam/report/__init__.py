"""Reports on runs: counts, estimated energy, differences, comparison."""

from realsam.report.cost_table import TABLES, CostTable, load_costs
from realsam.report.counts import Counts, count
from realsam.report.difference import Difference, first_difference, n_differences
from realsam.report.energy import Energy, estimate, quantities
from realsam.report.facts import Facts, facts_of, groups_of
from realsam.report.profile import Ablation, Profile, Text, load_profile, save_profile
from realsam.report.render_json import to_json
from realsam.report.render_text import ablation_line
from realsam.report.report import Against, Report, set_against
from realsam.report.styles import STYLES, render, require_style
from realsam.report.summary import render_summary, summary
from realsam.report.tables import render_backend, render_table

__all__ = [
    "STYLES",
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
    "ablation_line",
    "count",
    "estimate",
    "facts_of",
    "first_difference",
    "groups_of",
    "load_costs",
    "load_profile",
    "n_differences",
    "quantities",
    "render",
    "render_backend",
    "render_summary",
    "render_table",
    "require_style",
    "save_profile",
    "set_against",
    "summary",
    "to_json",
]
