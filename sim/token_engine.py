"""The token-clock engine: whole tokens at once, for networks that follow the token clock.

Skips the idle phases. Lacks what `StepEngine` has: current memory, biases, free delays, resets and
graded input.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from realsam.arrays import F64, I8, I16, I32, I64, U8, Spikes
from realsam.errors import NetworkError
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT, refuse_overflow
from realsam.ir import Network, Snapshot, from_network
from sim.kernels import play_token, sum_input

# What `play_token` takes, in its order.
Wiring = tuple[I64, I64, I64, I64, I64, I8]
Neurons = tuple[F64, F64, int]
State = tuple[F64, U8, I64, I64, I32]
_REMEMBERED = 32 << 20  # bytes of input sums that are kept
_SOURCES = 1 << 24  # that many half weights of 2**7 may leave 32 bits


class TokenEngine:
    """A token-clock Network in motion; all state is zero at first.

    Raises:
        NetworkError: if the network does not follow the token clock.
    """

    def __init__(self, network: Network, strict: bool = False) -> None:
        clock = from_network(network)
        self.network = network
        self.strict = strict
        sizes = list(network.sizes.values())
        self._start = np.concatenate([[0], np.cumsum(sizes)])
        self.wiring: Wiring = (
            *_sources(network, [layer.sources for layer in clock.layers]),
            *_weights([layer.weight for layer in clock.layers], self._start),
        )
        lines = np.zeros(network.input.size)  # the input's share of the tables is not used
        dv = np.concatenate([lines, *(layer.dv for layer in clock.layers)])
        vth = np.concatenate([lines, *(layer.vth for layer in clock.layers)])
        keep, threshold = (DECAY_ONE - dv) / DECAY_ONE, vth * float(1 << STATE_SHIFT)
        self.neurons: Neurons = keep, threshold, network.steps_per_token
        self._known: dict[tuple[Any, bytes], I32] = {}
        self.reset()

    def reset(self) -> None:
        """Clear all voltages and all spikes in flight."""
        sizes = list(self.network.sizes.values())
        self._voltage = np.zeros(sum(sizes))
        self._fired = np.zeros(sum(sizes), np.uint8)
        self._total = np.zeros(sum(sizes[1:]), np.int32)
        active = np.zeros((len(sizes), max(sizes) + 1), np.int64)
        n_active = np.zeros(len(sizes), np.int64)
        self.state: State = (
            self._voltage,
            self._fired,
            active,
            n_active,
            self._total,
        )
        self._time = 0  # chip steps before this token

    def snapshot(self) -> Snapshot:
        """Copies of v of all neurons, each in its phase, their spikes of the last token, the step.

        That is the whole state: currents have no memory, and only those spikes are on their way.
        """
        lines = self.network.input.size
        return {
            "v": self._voltage[lines:].astype(np.int64),
            "fired": self._fired[lines:].copy(),
            "step": np.array([self._time]),
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go on where a snapshot was taken."""
        lines = self.network.input.size
        self._voltage[lines:], self._fired[lines:] = snapshot["v"], snapshot["fired"] != 0
        _, _, active, n_active, _ = self.state
        for i, span in enumerate(self.network.spans.values()):
            fired = np.flatnonzero(self._fired[span])
            active[i, : fired.size], n_active[i] = fired, fired.size
        self._time = int(snapshot["step"].item())

    def twin(self) -> "TokenEngine":
        """Another engine of the same network at rest, sharing what does not change."""
        other = copy(self)
        other._known = {}
        other.reset()
        return other

    def input_sums(self, spikes: Spikes) -> I32:
        """[sum of N] half weights that these input spikes put into the layers."""
        sums = np.empty_like(self._total)
        sum_input(np.flatnonzero(spikes), *self.wiring, sums)
        return sums

    def _known_sums(self, spikes: Spikes) -> I32:
        # The input of a token is always the same: its sums are looked up when it comes again.
        key = spikes.shape, spikes.tobytes()
        if (known := self._known.get(key)) is not None:
            return known
        self.network.input.refuse(spikes)
        if len(self._known) * self._total.nbytes >= _REMEMBERED:
            self._known.clear()
        sums = self._known[key] = self.input_sums(spikes)
        return sums

    def token(self, spikes: Spikes) -> tuple[U8, I64]:
        """Advance one token; returns all its spikes and the readout voltages [D].

        The next token writes the array of spikes again.

        Raises:
            RunError: if the input lines cannot carry these spikes [M].
            CurrentOverflowError: in strict mode, if a current leaves 24 bits.
        """
        given = self._known_sums(spikes)
        self._fired[: spikes.size] = spikes
        play_token(given, *self.wiring, *self.neurons, *self.state)
        if self.strict:
            self._refuse_overflow()
        self._time += self.network.steps_per_token
        return self._fired, self._voltage[self._start[-2] :].astype(np.int64)

    def _refuse_overflow(self) -> None:
        u = self._total.astype(np.int64) << STATE_SHIFT + 1  # totals are of half weights
        for phase, population in enumerate(self.network.populations, 1):
            span = self.network.spans[population.name]
            lines = self.network.input.size
            part = u[span.start - lines : span.stop - lines]
            refuse_overflow(population.name, part, self._time + phase)


def halved(weight: I16) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Half of even weights [N, M], source-major [M, N]: they fit 8 bits.

    Raises:
        NetworkError: if there are so many sources that 32 bits cannot hold every sum.
    """
    if weight.shape[1] >= _SOURCES:
        raise NetworkError(
            f"{weight.shape[1]:,} synapses of a neuron are not below {_SOURCES:,}",
            "split the population that they lead to, or use the reference",
        )
    return np.ascontiguousarray((weight >> 1).T.astype(np.int8))


def _sources(network: Network, sources: list[tuple[str, ...]]) -> tuple[I64, I64, I64]:
    """`first`, `source` and `row` of `play_token`."""
    order = list(network.sizes)
    ends = [np.cumsum([0, *(network.sizes[name] for name in names)]) for names in sources]
    return (
        np.cumsum([0, *map(len, sources)]),
        np.array([order.index(name) for names in sources for name in names]),
        np.concatenate([end[:-1] for end in ends]),
    )


def _weights(weights: Sequence[I16], start: I64) -> tuple[I64, I64, I8]:
    """`place`, `start` and `weights` of `play_token`; never twice in memory, they are the most."""
    place = np.cumsum([0, *(weight.size for weight in weights)])
    flat = np.empty(place[-1], np.int8)
    for weight, begin, end in zip(weights, place, place[1:], strict=False):
        flat[begin:end] = halved(weight).ravel()
    return place, start, flat
