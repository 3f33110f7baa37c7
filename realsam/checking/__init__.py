"""Checking: whether a chip can hold a network, by rules that name their sources."""

from realsam.checking.check import RULES, Report, check, rule_table
from realsam.checking.limits import CHIP_LIMITS, Limit, limits_of
from realsam.checking.ranges import Interval, Reach, worst_case
from realsam.checking.rule import Finding, Rule, Subject, Violation

__all__ = [
    "CHIP_LIMITS",
    "RULES",
    "Finding",
    "Interval",
    "Limit",
    "Reach",
    "Report",
    "Rule",
    "Subject",
    "Violation",
    "check",
    "limits_of",
    "rule_table",
    "worst_case",
]
