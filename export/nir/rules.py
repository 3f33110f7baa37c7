"""What a NIR file can hold of a Network, each exception by name.

One NIR step is one token of a network on the token clock, whose layers all see the same token; or
one chip step of a network with one step per token, whose layer l sees it l steps later. NIR has
no delays that simulators agree on: a spike of an earlier layer counts at once, one of the same or
a later layer in the next step.
"""

import re

import numpy as np

from realsam.arrays import I64
from realsam.errors import ExportError
from realsam.ir import Layer, Lif, Network, Projection, TokenClock
from realsam.limits import DU_MAX, DV_MAX, NEVER_SPIKES

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # simulators make attributes of node names


def as_layers(network: Network) -> list[tuple[Lif, Projection]]:
    """Each population with the one projection into it, the readout last.

    Raises:
        ExportError: naming the first thing that NIR cannot hold.
    """
    _refuse_extensions(network)
    layers = []
    for lif in network.populations:
        into = [q for q in network.projections if q.target == lif.name]
        if len(into) != 1:
            raise _not_in_nir(lif.name, f"{len(into)} projections into it", "join them into one")
        layers.append((lif, into[0]))
    for name in network.sizes:
        if not NAME.fullmatch(name):
            raise _not_in_nir(
                name, "a name of other characters than letters, digits and _", "rename it"
            )
    _refuse_timing(network, layers)
    for lif, projection in layers:
        _refuse_registers(network, lif)
        _refuse_exponent(projection)
    _refuse_readout(network)
    _refuse_silence(network)
    return layers


def _refuse_extensions(network: Network) -> None:
    if network.input.message_bits:
        raise _not_in_nir(
            network.input.name,
            f"graded input of {network.input.message_bits} bits",
            "send plain spikes, or use netx",
        )
    for lif in network.populations:
        if lif.reset:
            raise _not_in_nir(
                lif.name,
                f"a reset every {lif.reset.interval} steps",
                "leave the reset out, or use netx",
            )


def delay(clock: TokenClock, layer: Layer) -> I64:
    """[M] delays of the projection into a layer."""
    size = {clock.input.name: clock.input.size} | {p.name: p.dv.size for p in clock.layers}
    each = [np.full(size[s], clock.latency(s, layer.name) - 1) for s in layer.sources]
    return np.concatenate(each)


def readout_phase(clock: TokenClock) -> int:
    """Phase in which the readout has a token: without a token clock, each step has but one."""
    return len(clock.layers) if clock.steps_per_token > 1 else 0


def _refuse_timing(network: Network, layers: list[tuple[Lif, Projection]]) -> None:
    clock = TokenClock(
        network.input,
        tuple(Layer(p.name, p.dv, p.vth, q.sources, q.matrix) for p, q in layers),
        network.steps_per_token,
    )
    cure = "NIR needs the delays of the token clock"
    if network.readout != network.populations[-1].name:
        raise _not_in_nir(network.readout, "a readout that is not the last population", cure)
    if network.readout_phase != readout_phase(clock):
        raise _not_in_nir(network.readout, f"readout phase {network.readout_phase}", cure)
    for layer, (_, projection) in zip(clock.layers, layers, strict=True):
        if np.any(projection.delay != delay(clock, layer)):
            raise _not_in_nir(projection.name, "delays of its own", cure)


def _refuse_registers(network: Network, lif: Lif) -> None:
    for i in np.flatnonzero(lif.du != DU_MAX)[:1]:
        raise _not_in_nir(f"{lif.name}[{i}]", f"du = {lif.du[i]}", f"only du = {DU_MAX} has a form")
    if network.steps_per_token > 1:
        for i in np.flatnonzero(lif.bias)[:1]:
            raise _not_in_nir(
                f"{lif.name}[{i}]",
                f"bias = {lif.bias[i]} in each of {network.steps_per_token} steps",
                "use an input line that is always on",
            )


def _refuse_exponent(projection: Projection) -> None:
    step = 1 << max(0, -projection.weight_exp)
    if np.any(projection.stored % step):
        raise _not_in_nir(
            projection.name,
            f"weight_exp = {projection.weight_exp}, which rounds its sums",
            f"use weights that are multiples of {step}",
        )


def _refuse_readout(network: Network) -> None:
    lif = network.population(network.readout)
    if np.any(lif.vth != NEVER_SPIKES) or np.any(lif.dv != DV_MAX):
        raise _not_in_nir(
            lif.name,
            "a readout that spikes or has memory",
            f"use vth = {NEVER_SPIKES} and dv = {DV_MAX}",
        )


def _refuse_silence(network: Network) -> None:
    # NIR takes every node that feeds nothing for one more output.
    heard = {name for q in network.projections for name in q.sources}
    for name in network.sizes:
        if (name in heard) == (name == network.readout):
            reason = "a readout that others hear" if name in heard else "neurons that nobody hears"
            raise _not_in_nir(
                name,
                reason,
                "leave those synapses out" if name in heard else "leave the population out",
            )


def _not_in_nir(where: str, what: str, cure: str) -> ExportError:
    return ExportError(f"{where}: NIR cannot hold {what}", cure)
