"""The token-clock engine: whole tokens at once, for networks that follow the token clock.

Skips the idle phases. Lacks what `StepEngine` has: current memory, biases, free delays.
"""

import numpy as np

from realsam.arrays import I16, I64, U8
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT, refuse_overflow
from realsam.ir import Network, from_network
from sim.kernels import play_token


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
        self._set_sources(network, [layer.sources for layer in clock.layers])
        self._weights = np.concatenate([halved(layer.weight).ravel() for layer in clock.layers])
        self._place = np.cumsum([0, *(layer.weight.size for layer in clock.layers)])
        lines = np.zeros(network.input.size)  # the input's share of the tables is not used
        dv = np.concatenate([lines, *(layer.dv for layer in clock.layers)])
        vth = np.concatenate([lines, *(layer.vth for layer in clock.layers)])
        self._keep, self._threshold = (DECAY_ONE - dv) / DECAY_ONE, vth * (1 << STATE_SHIFT)
        self._total = np.zeros((len(clock.layers), max(sizes)), np.int32)
        self._active = np.zeros((len(sizes), max(sizes) + 1), np.int64)
        self.reset()

    def _set_sources(self, network: Network, sources: list[tuple[str, ...]]) -> None:
        order = list(network.sizes)
        self._first = np.cumsum([0, *map(len, sources)])
        self._source = np.array([order.index(name) for names in sources for name in names])
        ends = [np.cumsum([0, *(network.sizes[name] for name in names)]) for names in sources]
        self._row = np.concatenate([end[:-1] for end in ends])

    def reset(self) -> None:
        """Clear all voltages and all spikes in flight."""
        self._voltage = np.zeros(int(self._start[-1]))
        self._fired = np.zeros(int(self._start[-1]), np.uint8)
        self._n_active = np.zeros(len(self._start) - 1, np.int64)
        self._time = 0  # chip steps before this token

    def token(self, spikes: U8) -> tuple[U8, I64]:
        """Advance one token; returns all its spikes and the readout voltages [D]."""
        lines = np.flatnonzero(spikes)
        self._fired[: spikes.size] = spikes
        self._active[0, : lines.size] = lines
        self._n_active[0] = lines.size
        play_token(
            self._first,
            self._source,
            self._row,
            self._place,
            self._start,
            self._weights,
            self._keep,
            self._threshold,
            self.network.steps_per_token,
            self._voltage,
            self._fired,
            self._active,
            self._n_active,
            self._total,
        )
        if self.strict:
            self._refuse_overflow()
        self._time += self.network.steps_per_token
        return self._fired, self._voltage[self._start[-2] :].astype(np.int64)

    def _refuse_overflow(self) -> None:
        sizes = list(self.network.sizes.items())[1:]
        for phase, ((name, size), total) in enumerate(zip(sizes, self._total, strict=True), 1):
            u = total[:size].astype(np.int64) << STATE_SHIFT + 1  # totals are of half weights
            refuse_overflow(name, u, self._time + phase)


def halved(weight: I16) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Half of even weights [N, M], source-major [M, N]: they fit 8 bits."""
    return np.ascontiguousarray((weight >> 1).T.astype(np.int8))
