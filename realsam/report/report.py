"""Report: a profile counted, priced and compared; what all renderings show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from realsam.arrays import I64
from realsam.errors import ReportError
from realsam.report.comparison import Row, compared
from realsam.report.cost_table import CostTable
from realsam.report.counts import Counts, PopulationCounts, count
from realsam.report.difference import Difference, first_difference, n_differences
from realsam.report.energy import Energy, Quantities, estimate, quantities
from realsam.report.facts import groups_of
from realsam.report.profile import Profile


@dataclass(frozen=True, eq=False)
class Group:
    """The LIF populations of one name before the dot, and their part of the whole."""

    name: str
    populations: tuple[PopulationCounts, ...]
    spikes_share: float  # of the spikes of all LIF neurons
    synops_share: float  # of all synaptic operations, the input's included


@dataclass(frozen=True, eq=False)
class Report:
    """A profile and what follows from it."""

    profile: Profile
    tables: tuple[CostTable, ...]  # at least one; the first prices single tokens

    @cached_property
    def counts(self) -> Counts:
        """What the run did."""
        return count(self.profile.facts, self.profile.run)

    @cached_property
    def updates_event(self) -> I64:
        """[K] neurons of the network whose voltage changed."""
        each = list(self.profile.updates_event.values())
        total: I64 = np.sum([np.zeros(self.counts.n_tokens, np.int64), *each], axis=0)
        return total

    @cached_property
    def quantities(self) -> Quantities:
        """What a cost table can price."""
        return quantities(self.counts, self.updates_event)

    @cached_property
    def energies(self) -> tuple[Energy, ...]:
        """The energy of a token by each of the tables."""
        return tuple(estimate(self.quantities, table) for table in self.tables)

    @cached_property
    def comparison(self) -> tuple[Row, ...]:
        """Chip, simulator and GPU beside one another."""
        return compared(self.profile, self.energies)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups in the order of their first populations."""
        counts = self.counts
        spikes, synops = (max(1, int(n.sum())) for n in (counts.n_spikes, counts.n_synops))
        by_name = {p.name: p for p in counts.lif}
        found = []
        for name, populations in groups_of(counts.facts).items():
            own = tuple(by_name[p.name] for p in populations)
            share = sum(int(p.n_spikes.sum()) for p in own) / spikes
            found.append(Group(name, own, share, sum(int(p.n_synops.sum()) for p in own) / synops))
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Against:
    """Another run of the same network."""

    report: Report
    n_differences: int  # spikes and readout voltages, in the tokens that both have
    first: Difference | None


def set_against(profile: Profile, other: Profile, tables: Sequence[CostTable]) -> Against:
    """Put another run of the same network beside a profile.

    Raises:
        ReportError: if it is of another network.
    """
    facts = profile.facts
    if facts.network != other.facts.network:
        raise ReportError(
            f"{other.model}: network {other.facts.network[:12]} is not {facts.network[:12]}",
            "compare two runs of one network",
        )
    runs = profile.run, other.run
    return Against(
        Report(other, tuple(tables)),
        n_differences(*runs),
        first_difference(*runs, facts.readout),
    )
