"""Check a network against a chip: all rules, and a report as a value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from realsam.checking import neurons, states, structure, synapses
from realsam.checking.limits import CHIP_LIMITS, Limit, limits_of
from realsam.checking.ranges import Reach, worst_case
from realsam.checking.rule import Finding, Rule, Subject
from realsam.ir import Network

RULES: tuple[Rule, ...] = (*synapses.RULES, *neurons.RULES, *states.RULES, *structure.RULES)


@dataclass(frozen=True, eq=False)
class Report:
    """What the rules found, errors first, and how far the registers go."""

    chip: str
    findings: tuple[Finding, ...]
    worst: Mapping[str, Reach]  # per population: for any input
    observed: Mapping[str, Reach]  # per population: in a run; empty without one

    @property
    def n_errors(self) -> int:
        """Findings that the chip cannot hold."""
        return sum(f.severity == "error" for f in self.findings)

    @property
    def n_warnings(self) -> int:
        """Findings that rest on an assumption, or need not happen."""
        return len(self.findings) - self.n_errors

    def to_json(self) -> dict[str, Any]:
        """The report with stable keys."""
        return {
            "chip": self.chip,
            "ok": not self.n_errors,
            "n_errors": self.n_errors,
            "n_warnings": self.n_warnings,
            "findings": [asdict(finding) for finding in self.findings],
            "ranges": {name: self._ranges(name) for name in self.worst},
        }

    def _ranges(self, name: str) -> dict[str, tuple[int, int] | None]:
        seen = self.observed.get(name)
        registers = ("a_in", "u", "v")
        worst = {f"{r}_worst": getattr(self.worst[name], r).extremes for r in registers}
        observed = {f"{r}_observed": getattr(seen, r).extremes if seen else None for r in registers}
        return worst | observed


def check(
    network: Network,
    chip: str = "loihi2",
    given: Mapping[str, int] | None = None,
    observed: Mapping[str, Reach] | None = None,
) -> Report:
    """What a chip says of a network.

    Args:
        network: any.
        chip: a name in `realsam.checking.CHIP_LIMITS`.
        given: limits that the caller knows better, by name.
        observed: per population, the ranges of a run.

    Raises:
        LimitError: for a chip or a limit that does not exist.
    """
    limits = limits_of(chip, given)
    subject = Subject(network, limits, worst_case(network), observed or {})
    found = chain.from_iterable(rule.findings(subject) for rule in RULES)
    by_severity = sorted(found, key=lambda finding: finding.severity)  # error, then warning
    return Report(chip, tuple(by_severity), subject.worst, subject.observed)


def rule_table() -> list[str]:
    """The lines of the table of rules in docs/checking.md, in Markdown."""
    rows = ["| rule | says | severity | Loihi 1 | Loihi 2 | source |", "|---|---|---|---|---|---|"]
    one, two = CHIP_LIMITS["loihi1"], CHIP_LIMITS["loihi2"]
    for rule in RULES:
        source = "; ".join(dict.fromkeys([*rule.sources(one), *rule.sources(two)]))
        cells = (f"`{rule.id}`", rule.what, rule.severity, _values(rule, one), _values(rule, two))
        rows.append(f"| {' | '.join(cells)} | {source} |")
    return rows


def _values(rule: Rule, limits: Mapping[str, Limit]) -> str:
    listed = (f"`{n}` {_number(limits[n].value)}" for n in rule.limits)
    return ", ".join(listed)


def _number(value: int | None) -> str:
    return "not published" if value is None else str(value)
