"""Energy: counts times a cost table. Always an estimate, always with the table's name.

A table prices some of the counts of a token, each with a range. What it does not price is not in
the estimate: docs/energy.md says what that leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from realsam.arrays import F64, I64
from realsam.report.cost_table import Cost, CostTable
from realsam.report.counts import Counts, per_token

Quantities = Mapping[str, I64 | int]  # [K] per token, or the same in every token


@dataclass(frozen=True)
class Term:
    """What one count of a token costs."""

    name: str  # one of `realsam.report.cost_table.QUANTITIES`
    per_token: float
    cost: Cost

    @property
    def pj(self) -> float:
        """Energy per token."""
        return self.per_token * self.cost.pj

    @property
    def pj_low(self) -> float:
        """The same at the low end of the cost."""
        return self.per_token * self.cost.pj_low

    @property
    def pj_high(self) -> float:
        """The same at the high end of the cost."""
        return self.per_token * self.cost.pj_high


@dataclass(frozen=True)
class Energy:
    """Estimated energy per token by cause."""

    table: CostTable
    terms: tuple[Term, ...]

    @property
    def total_pj(self) -> float:
        """All causes together."""
        return sum(term.pj for term in self.terms)

    @property
    def low_pj(self) -> float:
        """All costs at their low ends."""
        return sum(term.pj_low for term in self.terms)

    @property
    def high_pj(self) -> float:
        """All costs at their high ends."""
        return sum(term.pj_high for term in self.terms)

    @property
    def dominant(self) -> Term:
        """The term that costs most; the first of equal ones."""
        return max(self.terms, key=lambda term: term.pj)

    def share(self, term: Term) -> float:
        """Share of the total; 0 if that is 0. So much the total moves, in percent per percent."""
        return term.pj / self.total_pj if self.total_pj else 0.0

    def moved_pj(self, term: Term) -> tuple[float, float]:
        """The total if this cost alone goes to its low and to its high end."""
        others = sum(t.pj for t in self.terms if t is not term)
        return others + term.pj_low, others + term.pj_high


def quantities(counts: Counts, updates_event: I64 | None = None) -> Quantities:
    """What a cost table can price, by the names that it uses.

    Args:
        counts: of a run.
        updates_event: [K] neurons whose voltage changed; without them they cost nothing.
    """
    return {
        "spikes": counts.n_spikes,
        "synops": counts.n_synops,
        "synops_dense": counts.n_synops_dense,
        "updates": counts.n_updates,
        "updates_event": updates_event if updates_event is not None else 0,
        "messages": counts.n_messages,
        "host_macs": sum(counts.facts.host_macs.values()),
    }


def estimate(given: Quantities, table: CostTable) -> Energy:
    """Estimate the energy of one token: the mean of the counts, priced."""
    means = {
        name: float(values) if isinstance(values, int) else per_token(values)
        for name, values in given.items()
    }
    return Energy(table, tuple(Term(name, means[name], cost) for name, cost in table.terms.items()))


def energy_pj(given: Quantities, table: CostTable, n_tokens: int) -> F64:
    """[K] estimated energy of each token."""
    total = np.zeros(n_tokens)
    for name, cost in table.terms.items():
        total += given[name] * cost.pj
    return total
