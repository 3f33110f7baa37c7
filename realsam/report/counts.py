"""Counts: integers per token, population and link, from which all ratios are derived.

Names follow NeuroBench (Yik et al. 2025): activation sparsity, connection sparsity, effective
and dense synaptic operations. Definitions: docs/units.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.ir import Run
from realsam.report.facts import Facts, Link, Population


@dataclass(frozen=True, eq=False)
class LinkCounts:
    """What went over one link in K tokens."""

    link: Link
    n_synops: I64  # [K] effective: spikes x non-zero synapses of the neurons that sent them
    n_messages: I64  # [K] spikes of neurons that have a synapse there


@dataclass(frozen=True, eq=False)
class PopulationCounts:
    """What one population did in K tokens."""

    population: Population
    links: tuple[LinkCounts, ...]  # out of it
    n_spikes: I64  # [K]
    n_active: I64  # [K] neurons that spiked at all

    @property
    def name(self) -> str:
        """Name of the population."""
        return self.population.name

    @property
    def n_synops(self) -> I64:
        """[K] effective synaptic operations that its spikes cause."""
        return _summed(self.n_spikes.size, [q.n_synops for q in self.links])

    @property
    def n_messages(self) -> I64:
        """[K] its spikes, once per projection that hears the neuron."""
        return _summed(self.n_spikes.size, [q.n_messages for q in self.links])

    @property
    def n_synapses(self) -> int:
        """Non-zero synapses that leave it."""
        return sum(q.link.n_synapses for q in self.links)

    @property
    def n_synops_dense(self) -> int:
        """Per token, if every neuron fired once through every synapse stored."""
        return sum(q.link.n_stored for q in self.links)

    @property
    def firing_rate(self) -> float:
        """Spikes per neuron and token; 0 for no tokens."""
        return firing_rate([self])

    @property
    def activation_sparsity(self) -> float:
        """Share of its neurons that are silent in a token."""
        return activation_sparsity([self])

    @property
    def connection_sparsity(self) -> float:
        """Share of the stored weights out of it that are zero."""
        return 1 - self.n_synapses / self.n_synops_dense if self.n_synops_dense else 0.0


@dataclass(frozen=True, eq=False)
class Counts:
    """What a run did."""

    facts: Facts
    n_tokens: int
    populations: tuple[PopulationCounts, ...]  # in the order of the facts
    links: tuple[LinkCounts, ...]  # in the order of the facts

    @property
    def lif(self) -> tuple[PopulationCounts, ...]:
        """The populations that can spike; input lines and readouts are left out."""
        return tuple(p for p in self.populations if p.population.kind == "lif")

    @property
    def firing_rate(self) -> float:
        """Spikes per LIF neuron and token."""
        return firing_rate(self.lif)

    @property
    def activation_sparsity(self) -> float:
        """Share of the LIF neurons that are silent in a token."""
        return activation_sparsity(self.lif)

    @property
    def connection_sparsity(self) -> float:
        """Share of the stored weights that are zero."""
        stored = self.n_synops_dense
        return 1 - sum(p.n_synapses for p in self.populations) / stored if stored else 0.0

    @property
    def n_spikes(self) -> I64:
        """[K] spikes of all LIF neurons."""
        return _summed(self.n_tokens, [p.n_spikes for p in self.lif])

    @property
    def n_synops(self) -> I64:
        """[K] effective synaptic operations, the input's included."""
        return _summed(self.n_tokens, [q.n_synops for q in self.links])

    @property
    def n_messages(self) -> I64:
        """[K] messages, the input's included."""
        return _summed(self.n_tokens, [q.n_messages for q in self.links])

    @property
    def n_synops_dense(self) -> int:
        """Synaptic operations per token if everything fired once: the stored weights."""
        return sum(q.link.n_stored for q in self.links)

    @property
    def n_updates(self) -> int:
        """Neuron updates per token as a clocked chip makes them."""
        return sum(p.n_updates for p in self.facts.populations)


def count(facts: Facts, run: Run) -> Counts:
    """Count a run of the network that the facts describe."""
    populations = []
    counted: dict[int, LinkCounts] = {}
    for p in facts.populations:
        spikes = run.spikes[p.name]
        # A payload is one message.
        sent = (spikes != 0 if p.kind == "input" else spikes).astype(np.int64)
        out = [i for i, link in enumerate(facts.links) if link.source == p.name]
        for i in out:
            fan_out = facts.links[i].fan_out
            heard = (fan_out > 0).astype(np.int64)
            counted[i] = LinkCounts(facts.links[i], sent @ fan_out, sent @ heard)
        active = np.count_nonzero(spikes, axis=1).astype(np.int64)
        own = tuple(counted[i] for i in out)
        populations.append(PopulationCounts(p, own, sent.sum(axis=1), active))
    links = tuple(counted[i] for i in range(len(facts.links)))
    return Counts(facts, run.n_tokens, tuple(populations), links)


def per_token(values: I64) -> float:
    """Mean over the tokens [K]; 0 for no tokens."""
    return int(values.sum()) / max(1, values.size)


def firing_rate(populations: Sequence[PopulationCounts]) -> float:
    """Spikes per neuron and token of several populations; 0 for none."""
    return _per_neuron(populations, sum(int(p.n_spikes.sum()) for p in populations))


def activation_sparsity(populations: Sequence[PopulationCounts]) -> float:
    """Share of their neurons that are silent in a token; 1 for none, or no tokens."""
    return 1 - _per_neuron(populations, sum(int(p.n_active.sum()) for p in populations))


def _per_neuron(populations: Sequence[PopulationCounts], total: int) -> float:
    return total / max(1, sum(p.population.n_neurons * p.n_spikes.size for p in populations))


def _summed(n_tokens: int, each: Sequence[I64]) -> I64:
    total: I64 = np.sum([np.zeros(n_tokens, np.int64), *each], axis=0)
    return total
