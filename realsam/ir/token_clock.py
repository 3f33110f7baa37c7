"""The token clock: layered networks in which layer l of a token fires in phase l of P.

Every edge is delayed so that all of a layer's input meets in one chip step. With a memoryless
current and no bias the whole token then is, for each layer l in order,

    a[l] = sum over earlier k of W[k->l] s[k] + R[l] s[l] of the token before
    v[l] = clip(decay^P(v[l]) + wrap(a[l] << 6));  s[l] = v[l] > vth << 6;  v[l] = 0 where s[l]

where decay^P is the truncating decay applied P times. Training, the fused Lava process and the
NIR export use this form; `to_network` and `from_network` connect it with the chip steps.
Source: ADR-0003.
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I16, I64
from realsam.errors import NetworkError
from realsam.fixedpoint import DECAY_ONE
from realsam.ir.network import Network
from realsam.ir.neuron import Input, Lif, readout
from realsam.ir.sparse import Sparse
from realsam.ir.synapse import Projection
from realsam.limits import DU_MAX, NEVER_SPIKES

IO_PHASES = 4  # chip steps a token takes beyond its layers, adapters for chip I/O included


@dataclass(frozen=True, eq=False)
class Layer:
    """One population of the token clock and the weights into it."""

    name: str
    dv: I64  # [N] voltage decay register
    vth: I64  # [N] threshold mantissa
    sources: tuple[str, ...]  # earlier populations; the layer itself if it is recurrent
    weight: I16  # [N, M] columns in the order of sources


@dataclass(frozen=True, eq=False)
class TokenClock:
    """A layered network; layers[-1] is the readout."""

    input: Input
    layers: tuple[Layer, ...]
    steps_per_token: int  # P, at least the number of layers + 1 (readout included)

    def latency(self, source: str, target: str) -> int:
        """Chip steps between a spike of source and its arrival at target."""
        order = [self.input.name, *(layer.name for layer in self.layers)]
        hops = order.index(target) - order.index(source)
        return hops if hops > 0 else hops + self.steps_per_token


def to_network(clock: TokenClock) -> Network:
    """Lay a token clock out in chip steps.

    Raises:
        NetworkError: if the token is too short for its layers.
    """
    depth = len(clock.layers)
    if clock.steps_per_token < depth + 1:
        raise NetworkError(
            f"steps_per_token = {clock.steps_per_token} is too short for {depth} layers",
            f"use at least {depth + 1}",
        )
    sizes = {clock.input.name: clock.input.size} | {p.name: p.dv.size for p in clock.layers}
    populations, projections = [], []
    for layer in clock.layers:
        zeros = np.zeros_like(layer.dv)
        populations.append(Lif(layer.name, zeros + DU_MAX, layer.dv, zeros, layer.vth))
        delays = [np.full(sizes[s], clock.latency(s, layer.name) - 1) for s in layer.sources]
        projections.append(
            Projection(layer.name, layer.sources, layer.weight, np.concatenate(delays))
        )
    return Network(
        clock.input,
        tuple(populations),
        tuple(projections),
        clock.layers[-1].name,
        clock.steps_per_token,
        depth,
    )


def from_network(network: Network) -> TokenClock:
    """Read a network as a token clock.

    Raises:
        NetworkError: naming the first population or projection that does not follow the clock.
    """
    incoming = {projection.target: projection for projection in network.projections}
    if len(incoming) != len(network.projections):
        raise _no_clock("a population has several projections")
    if network.input.message_bits:
        raise _no_clock(f"{network.input.name} is graded")
    layers = []
    for population in network.populations:
        if population.reset:
            raise _no_clock(f"{population.name} has resets")
        if population.name not in incoming:
            raise _no_clock(f"{population.name} has no input")
        if np.any(population.du != DU_MAX) or np.any(population.bias != 0):
            raise _no_clock(f"{population.name} has current memory or bias")
        projection = incoming[population.name]
        if projection.weight_exp != 0:
            raise _no_clock(f"{projection.name} has a weight exponent")
        if isinstance(projection.weight, Sparse):
            raise _no_clock(f"{projection.name} is sparse")
        layers.append(
            Layer(
                population.name,
                population.dv,
                population.vth,
                projection.sources,
                projection.weight,
            )
        )
    clock = TokenClock(network.input, tuple(layers), network.steps_per_token)
    if len(layers) >= network.steps_per_token or to_network(clock) != network:
        raise _no_clock("its delays or its readout phase are others")
    return clock


def _no_clock(reason: str) -> NetworkError:
    return NetworkError(
        f"the network does not follow the token clock: {reason}",
        "run it with the reference or lava-graph backend",
    )


def readout_layer(name: str, sources: tuple[str, ...], weight: I16) -> Layer:
    """A readout as the last layer of a token clock."""
    population = readout(name, len(weight))
    return Layer(name, population.dv, population.vth, sources, weight)


def spiking(network: Network) -> tuple[str, ...]:
    """Names of the populations that can spike: what `firing_rate` is taken over."""
    return tuple(p.name for p in network.populations if np.any(p.vth < NEVER_SPIKES))


def keep_fraction(dv: I64, steps: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """[N] fraction of the voltage that `steps` exact, untruncated decays would keep."""
    fraction: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (
        (DECAY_ONE - dv) / DECAY_ONE
    ) ** steps
    return fraction
