"""Counts: integers per token and population, from which all ratios are derived.

Names follow NeuroBench (Yik et al. 2025): activation sparsity, connection sparsity, effective
and dense synaptic operations. Definitions: docs/units.md.
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.ir import Host, Network, Run
from realsam.limits import NEVER_SPIKES


@dataclass(frozen=True, eq=False)
class PopulationCounts:
    """What one population did in K tokens."""

    name: str
    kind: str  # "input", "lif" or "readout"
    n_neurons: int
    n_synapses: int  # non-zero synapses that leave it
    n_spikes: I64  # [K]
    n_synops: I64  # [K] effective: spikes x non-zero outgoing synapses
    n_synops_dense: int  # per token, if every neuron fired once through every synapse stored
    n_updates: int  # neuron updates per token, clocked: neurons x chip steps (inputs: 0)

    @property
    def firing_rate(self) -> float:
        """Spikes per neuron and token; 0 for no tokens."""
        return float(self.n_spikes.sum()) / max(1, self.n_neurons * self.n_spikes.size)


@dataclass(frozen=True, eq=False)
class Counts:
    """What a run did, per population."""

    n_tokens: int
    populations: tuple[PopulationCounts, ...]
    host_macs: int  # multiply-accumulates of the decoder per token
    n_weights: int  # stored synapses, zeros included
    n_zero_weights: int

    def of_kind(self, kind: str) -> tuple[PopulationCounts, ...]:
        """The populations of one kind."""
        return tuple(p for p in self.populations if p.kind == kind)

    @property
    def firing_rate(self) -> float:
        """Spikes per LIF neuron and token; input lines and readout are left out."""
        lif = self.of_kind("lif")
        spikes = sum(int(p.n_spikes.sum()) for p in lif)
        return spikes / max(1, self.n_tokens * sum(p.n_neurons for p in lif))

    @property
    def activation_sparsity(self) -> float:
        """1 - firing rate: the share of LIF neurons silent in a token."""
        return 1 - self.firing_rate

    @property
    def connection_sparsity(self) -> float:
        """Share of the stored weights that are zero."""
        return self.n_zero_weights / max(1, self.n_weights)

    @property
    def spikes_per_token(self) -> float:
        """Spikes of all LIF neurons per token."""
        return sum(int(p.n_spikes.sum()) for p in self.of_kind("lif")) / max(1, self.n_tokens)

    @property
    def synops_per_token(self) -> float:
        """Effective synaptic operations per token, the input's included."""
        return sum(int(p.n_synops.sum()) for p in self.populations) / max(1, self.n_tokens)

    @property
    def updates_per_token(self) -> int:
        """Neuron updates per token as a clocked chip makes them."""
        return sum(p.n_updates for p in self.populations)


def count(network: Network, host: Host | None, run: Run) -> Counts:
    """Count a run of a network; `host` adds the decoder's operations."""
    fan_out = network.fan_out()
    stored = _stored_out(network)
    populations = []
    for name, size in network.sizes.items():
        spikes = run.spikes[name].astype(np.int64)
        if name == network.input.name:
            spikes = (spikes != 0).astype(np.int64)  # a payload is one message
        populations.append(
            PopulationCounts(
                name,
                _kind(network, name),
                size,
                int(fan_out[name].sum()),
                spikes.sum(axis=1),
                spikes @ fan_out[name],
                stored[name],
                0 if name == network.input.name else size * network.steps_per_token,
            )
        )
    n_weights = sum(q.stored.size for q in network.projections)
    n_zero = n_weights - sum(int(np.count_nonzero(q.stored)) for q in network.projections)
    return Counts(
        run.n_tokens, tuple(populations), host.decode.size if host else 0, n_weights, n_zero
    )


def _kind(network: Network, name: str) -> str:
    if name == network.input.name:
        return "input"
    return "readout" if np.all(network.population(name).vth == NEVER_SPIKES) else "lif"


def _stored_out(network: Network) -> dict[str, int]:
    stored = dict.fromkeys(network.sizes, 0)
    for projection in network.projections:
        counts, end = projection.n_stored(), 0
        for source in projection.sources:
            start, end = end, end + network.sizes[source]
            stored[source] += int(counts[start:end].sum())
    return stored
