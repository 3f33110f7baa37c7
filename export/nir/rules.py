"""What a NIR file can hold of a Network, each exception by name.

NIR has no registers and no chip steps (`export.nir.timing`): what acts within a token, or rounds
between two numbers of the file, has no form in it. The portable profile holds less: only the nodes
that today's importers read alike.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from export.hdf5 import refuse_unwritable
from export.nir.neuron import Profile
from export.nir.timing import Connection, depths, timed
from export.quantize.always_on import always_on
from realsam.arrays import F64
from realsam.errors import ExportError
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Lif, Network, Sparse
from realsam.limits import DU_MAX, DV_MAX, NEVER_SPIKES

# What the node of a population gives: spikes; its voltage; or it is the sum that the Output gets.
Kind = Literal["spiking", "leaky", "sum"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A network that NIR can hold, taken apart for the writer."""

    network: Network
    populations: tuple[Lif, ...]  # those that become nodes
    depth: dict[str, int]
    into: dict[str, list[Connection]]  # of each of them: what becomes weights
    constants: dict[str, list[Connection]]  # of each of them: what becomes a bias
    kind: dict[str, Kind]
    always_on: str | None  # the population that becomes biases

    @property
    def is_numbered(self) -> bool:
        """Whether projections are others than one of each population, in their order."""
        targets = [q.target for q in self.network.projections]
        return self.always_on is not None or targets != [p.name for p in self.populations]


def plan(network: Network, profile: Profile) -> Plan:
    """How a network becomes a graph.

    Raises:
        ExportError: naming the first thing that NIR, or its portable profile, cannot hold.
    """
    for name in network.sizes:
        refuse_unwritable(name)
    clock = _clock(network)
    kind = {p.name: _kind(network, p) for p in network.populations}
    for lif in network.populations:
        if lif.name != clock:
            _refuse_registers(network, lif, kind[lif.name], profile)
    # Only with delays can a file be right from the first chip step on.
    delays = profile == "spec" and network.steps_per_token == 1
    start = [p.name for p in network.populations if delays and acts_alone(p)]
    depth = depths(network, start, without=clock)
    timing = timed(network, depth, without=clock)
    if clock and (depth[clock] or any(c.lag.any() for c in timing if c.source == clock)):
        # Its spikes do not act from the first step on: a neuron like others.
        _refuse_registers(network, network.populations[0], "spiking", profile)
        clock = None
    populations = tuple(p for p in network.populations if p.name != clock)
    _refuse_rounding(network)
    _refuse_phase(network, depth[network.readout])
    into: dict[str, list[Connection]] = {p.name: [] for p in populations}
    constants: dict[str, list[Connection]] = {p.name: [] for p in populations}
    for c in timing:
        (constants if c.source == clock else into)[c.target].append(c)
    if profile == "portable":
        _refuse_delays(network, into)
    return Plan(network, populations, depth, into, constants, kind, clock)


def acts_alone(lif: Lif) -> bool:
    """Whether a bias is felt before any input: in the voltage of later steps, or as spikes."""
    felt = (lif.dv != DV_MAX) | (lif.bias > lif.vth << STATE_SHIFT)
    return bool(np.any((lif.bias != 0) & felt))


def early_biases(network: Network, profile: Profile) -> dict[str, int]:
    """Populations whose bias acts some chip steps before the file begins, and how many."""
    found = plan(network, profile)
    early = [p.name for p in found.populations if acts_alone(p) and found.depth[p.name] > 0]
    return {name: found.depth[name] for name in early}


def _clock(network: Network) -> str | None:
    """The name of a first population that is `always_on`, and that others hear alone."""
    first, steps = network.populations[0], network.steps_per_token
    lif, loops = always_on(first.name, steps)
    own, others = network.projections[: len(loops)], network.projections[len(loops) :]
    heard = [q for q in others if first.name in q.sources]
    mixed = [q for q in heard if q.sources != (first.name,) or isinstance(q.weight, Sparse)]
    entered = [q for q in others if q.target == first.name]
    looped = all({q.target, *q.sources} == {first.name} for q in own)
    if mixed or entered or not looped or first.name == network.readout:
        return None
    given = Network(network.input, (first,), own, first.name, steps)
    expected = Network(network.input, (lif,), tuple(loops), first.name, steps)
    return first.name if given == expected else None


def _kind(network: Network, lif: Lif) -> Kind:
    if lif.name != network.readout or np.any(lif.vth != NEVER_SPIKES):
        return "spiking"
    if any(lif.name in q.sources for q in network.projections):
        return "spiking"  # or its voltage would reach those that hear it
    forgets = np.all(lif.du == DU_MAX) and np.all(lif.dv == DV_MAX)
    return "sum" if forgets else "leaky"


def _refuse_registers(network: Network, lif: Lif, kind: Kind, profile: Profile) -> None:
    steps = network.steps_per_token
    if lif.reset:
        raise _not_in_nir(
            lif.name,
            f"a reset every {lif.reset.interval} steps",
            "leave the reset out, or use netx",
        )
    remembers = np.flatnonzero(lif.du != DU_MAX)
    biased = np.flatnonzero(lif.bias)
    for i in remembers[: steps > 1]:
        raise _not_in_nir(
            f"{lif.name}[{i}]",
            f"du = {lif.du[i]}, a current that acts in each of {steps} steps",
            f"use du = {DU_MAX}",
        )
    for i in biased[: steps > 1 and kind != "sum"]:
        raise _not_in_nir(
            f"{lif.name}[{i}]",
            f"bias = {lif.bias[i]} in each of {steps} steps",
            "use an input line that is always on",
        )
    if profile == "portable":
        for i in biased[: remembers.size > 0]:
            raise _not_portable(
                f"{lif.name}[{i}]", f"bias = {lif.bias[i]} beside a current with memory"
            )
        if lif.name == network.readout and kind != "sum" and np.all(lif.vth == NEVER_SPIKES):
            raise _not_portable(lif.name, "a readout with memory that never spikes")


def _refuse_rounding(network: Network) -> None:
    for q in network.projections:
        step = 1 << max(0, -q.weight_exp)
        if np.any(q.stored % step):
            raise _not_in_nir(
                q.name,
                f"weight_exp = {q.weight_exp}, which rounds its sums",
                f"use weights that are multiples of {step}",
            )


def _refuse_phase(network: Network, depth: int) -> None:
    phase = depth % network.steps_per_token
    if network.readout_phase != phase:
        raise _not_in_nir(
            network.readout,
            f"readout phase {network.readout_phase}",
            f"read it in phase {phase}, in which its input arrives",
        )


def _refuse_delays(network: Network, into: dict[str, list[Connection]]) -> None:
    for c in (c for heard in into.values() for c in heard if c.needs_delay):
        q = network.projections[c.projection]
        i = int(np.flatnonzero(c.lag != c.closes_loop)[0])
        raise _not_portable(
            f"{q.name}[{c.columns.start + i}]",
            f"delay = {q.delay[c.columns][i]}, which takes {c.lag[i]} of its steps",
        )


def refuse_inexact(name: str, bias: F64) -> None:
    """Refuse a sum of biases [N], in units of weights, that float32 rounds.

    Raises:
        ExportError: naming its neuron.
    """
    for i in np.flatnonzero(bias.astype(np.float32) != bias)[:1]:
        raise _not_in_nir(
            f"{name}[{i}]",
            f"a bias of {bias[i]:,}, which 32 bits round",
            "use fewer or smaller ones",
        )


def _not_in_nir(where: str, what: str, cure: str) -> ExportError:
    return ExportError(f"{where}: NIR cannot hold {what}", cure)


def _not_portable(where: str, what: str) -> ExportError:
    return ExportError(f"{where}: a portable NIR file cannot hold {what}", "use --profile spec")
