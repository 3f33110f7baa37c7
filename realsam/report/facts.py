"""Facts: what counting needs to know of a network, so that a report needs no network.

They travel with a recorded run (`realsam.report.profile`).
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.ir import Host, Network, Projection
from realsam.limits import NEVER_SPIKES

WEIGHT_BITS = 8
DELAY_BITS = 6
# du and dv 12 bits each, vth 17, bias 13 + 3, u and v 24 each: `realsam.limits`.
NEURON_BITS = 12 + 12 + 17 + 16 + 24 + 24


@dataclass(frozen=True)
class Population:
    """One population: what it is, not what it did."""

    name: str
    kind: str  # "input", "lif" or "readout"
    n_neurons: int
    n_updates: int  # neuron updates per token, clocked: neurons x chip steps (inputs: 0)

    @property
    def group(self) -> str:
        """`memory` of `memory.core`: the part before the first dot, or the name itself."""
        return self.name.partition(".")[0] or self.name


@dataclass(frozen=True, eq=False)
class Link:
    """What one projection takes from one source population."""

    source: str
    target: str
    projection: str
    fan_out: I64  # [N] non-zero synapses of each source neuron
    n_stored: int  # synapses that take memory, zeros included

    @property
    def n_synapses(self) -> int:
        """Non-zero synapses."""
        return int(self.fan_out.sum())


@dataclass(frozen=True, eq=False)
class Facts:
    """A network, and its host if it has one, as far as counting goes."""

    network: str  # digest
    steps_per_token: int
    readout: str  # name of the population that the host reads
    populations: tuple[Population, ...]  # the input first
    links: tuple[Link, ...]
    vocab_size: int  # 0 without a host
    host_macs: dict[str, int]  # multiply-accumulates per token: "encode", "decode"
    footprint_bytes: dict[str, int]  # "weights", "registers", "host"

    def of_kind(self, kind: str) -> tuple[Population, ...]:
        """The populations of one kind."""
        return tuple(p for p in self.populations if p.kind == kind)


def facts_of(network: Network, host: Host | None = None) -> Facts:
    """What is to be known of a network and its host."""
    steps = network.steps_per_token
    return Facts(
        network.digest,
        steps,
        network.readout,
        tuple(
            Population(name, kind, size, 0 if kind == "input" else size * steps)
            for name, size in network.sizes.items()
            for kind in [_kind(network, name)]
        ),
        tuple(link for q in network.projections for link in _links(network.sizes, q)),
        host.vocab_size if host else 0,
        # The code of a token is looked up; its spikes cost synaptic operations, on the chip.
        {"encode": 0, "decode": host.decode.size if host else 0},
        _footprint(network, host),
    )


def groups_of(facts: Facts) -> dict[str, tuple[Population, ...]]:
    """The populations of LIF neurons by group, in the order of the first ones."""
    found: dict[str, tuple[Population, ...]] = {}
    for p in facts.of_kind("lif"):
        found[p.group] = (*found.get(p.group, ()), p)
    return found


def _kind(network: Network, name: str) -> str:
    if name == network.input.name:
        return "input"
    return "readout" if np.all(network.population(name).vth == NEVER_SPIKES) else "lif"


def _links(sizes: dict[str, int], q: Projection) -> list[Link]:
    """One link per source, also where a source is named twice."""
    fan_out = {name: np.zeros(sizes[name], np.int64) for name in q.sources}
    n_stored = dict.fromkeys(q.sources, 0)
    end = 0
    for name in q.sources:
        start, end = end, end + sizes[name]
        fan_out[name] += q.fan_out()[start:end]
        n_stored[name] += int(q.n_stored()[start:end].sum())
    return [Link(name, q.target, q.name, fan_out[name], n_stored[name]) for name in fan_out]


def _footprint(network: Network, host: Host | None) -> dict[str, int]:
    """Bytes of what is deployed, each field in the bits that it needs."""
    neurons = sum(p.size for p in network.populations)
    delays = sum(q.delay.size for q in network.projections)
    code = host.code.size if host else 0  # one bit each
    return {
        "weights": sum(q.stored.size for q in network.projections) * WEIGHT_BITS // 8,
        "registers": -(-(neurons * NEURON_BITS + delays * DELAY_BITS) // 8),
        "host": -(-code // 8) + (host.decode.nbytes + host.bias.nbytes if host else 0),
    }
