"""The step engine: any Network, one chip step at a time, event-driven.

Gives the bits of `sim.reference` for current memory, biases, resets, any delays and weight
exponents, and for graded input.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from realsam.arrays import I8, I64, Spikes
from realsam.errors import CurrentOverflowError
from realsam.ir import Network, Projection, Reset, Snapshot, Sparse
from sim.step_kernels import Neurons, State, Synapses, play_steps
from sim.token_engine import halved

_NEVER = Reset(interval=0)
_CARRIED = ("u", "v", "ring")  # of the state from token to token; the rest is room to work in


class StepEngine:
    """A Network in motion; all state is zero at first."""

    def __init__(self, network: Network, strict: bool = False) -> None:
        self.network = network
        self.strict = strict  # an overflowing current is an error instead of a wrap
        self._neurons = _neurons(network)
        self._synapses = _synapses(network)
        self._state = _rest(network, self._neurons, self._synapses)
        self._readout = list(network.sizes).index(network.readout)
        self._voltage = np.zeros(network.sizes[network.readout], np.int64)
        self._fired: Spikes = self._state.counts
        if network.input.message_bits:
            self._fired = np.zeros(self._state.counts.size, network.input.dtype)
        self._time = 0

    @property
    def state(self) -> dict[str, tuple[I64, I64]]:
        """Views of u and v [N] of every population."""
        spans = list(self.network.spans.items())[1:]
        return {name: (self._state.u[span], self._state.v[span]) for name, span in spans}

    @property
    def voltages(self) -> I64:
        """[sum of N] view of all voltages; those of input lines are 0."""
        return self._state.v

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """Advance P steps; returns all spikes of the token and the readout voltages [D].

        Both arrays are those of the engine: the next token writes them.

        Raises:
            RunError: if the input lines cannot carry these spikes [M].
            CurrentOverflowError: in strict mode, if a current leaves 24 bits.
        """
        network, state = self.network, self._state
        network.input.refuse(spikes)
        state.message[:] = spikes
        clock = self._time, network.steps_per_token, self._readout, network.readout_phase
        overflow = play_steps(
            self._neurons, self._synapses, state, *clock, self._voltage, self.strict
        )
        if overflow >= 0:
            step, neuron = divmod(overflow, state.v.size)
            raise self._overflow(neuron, self._time + step)
        self._time += network.steps_per_token
        if self._fired is not state.counts:
            self._fired[:] = state.counts
            self._fired[: spikes.size] = state.message
        return self._fired, self._voltage

    def snapshot(self) -> Snapshot:
        """Copies of u and v of all neurons, the weighted inputs on their way, the step."""
        kept: dict[str, Any] = {name: getattr(self._state, name).copy() for name in _CARRIED}
        return kept | {"step": np.array([self._time])}

    def restore(self, snapshot: Snapshot) -> None:
        """Go on where a snapshot was taken."""
        for name in _CARRIED:
            getattr(self._state, name)[:] = snapshot[name]
        self._time = int(snapshot["step"].item())

    def _overflow(self, neuron: int, time: int) -> CurrentOverflowError:
        spans = self.network.spans.items()
        name, first = next((name, span.start) for name, span in spans if neuron < span.stop)
        return CurrentOverflowError(f"{name}[{neuron - first}]", int(self._state.u[neuron]), time)


def _neurons(network: Network) -> Neurons:
    lines = np.zeros(network.input.size, np.int64)
    populations, sizes = network.populations, network.sizes
    longest = dict.fromkeys(sizes, -1)  # without input one slot is enough
    for q in network.projections:
        longest[q.target] = max(longest[q.target], int(q.delay.max()))
    resets = [p.reset or _NEVER for p in populations]
    return Neurons(
        start=_starts(sizes.values()),
        du=np.concatenate([lines, *(p.du for p in populations)]),
        dv=np.concatenate([lines, *(p.dv for p in populations)]),
        bias=np.concatenate([lines, *(p.bias for p in populations)]),
        vth=np.concatenate([lines, *(p.vth for p in populations)]),
        interval=np.array([0, *(r.interval for r in resets)], np.int64),
        offset=np.array([0, *(r.offset for r in resets)], np.int64),
        ring=_starts((longest[name] + 2) * size for name, size in sizes.items()),
    )


def _synapses(network: Network) -> Synapses:
    order, projections = list(network.sizes), network.projections
    by_delay = [np.argsort(q.delay, kind="stable") for q in projections]
    delays = [np.unique(q.delay, return_inverse=True, return_counts=True) for q in projections]
    columns = _starts(q.delay.size for q in projections)
    groups = _starts(values.size for values, _, _ in delays)
    graded = [network.input.message_bits > 0 and order[0] in q.sources for q in projections]
    lists = [q.weight if isinstance(q.weight, Sparse) else None for q in projections]
    widths = [[network.sizes[name] for name in q.sources] for q in projections]
    each = range(len(projections))
    return Synapses(
        target=np.array([order.index(q.target) for q in projections], np.int64),
        exponent=np.array([q.weight_exp for q in projections], np.int64),
        graded=np.array(graded, np.uint8),
        place=_starts(q.stored.size for q in projections),
        rows=_joined([_rows(projections[i], by_delay[i]) for i in each], np.int8),
        lists=_starts(q.start.size if q is not None else 0 for q in lists),
        starts=_joined([q.start for q in lists if q is not None]),
        listed=_starts(q.target.size if q is not None else 0 for q in lists),
        targets=_joined([q.target for q in lists if q is not None], np.int32),
        sources=_starts(len(q.sources) for q in projections),
        source=_joined([[order.index(name) for name in q.sources] for q in projections]),
        column=_joined([columns[i] + _starts(widths[i])[:-1] for i in each]),
        row=_joined([_places(q, order) for q, order in zip(projections, by_delay, strict=True)]),
        group=_joined([groups[i] + delays[i][1] for i in each]),
        groups=groups,
        delay=_joined([values for values, _, _ in delays]),
        first=_joined([columns[i] + _starts(delays[i][2])[:-1] for i in each]),
    )


def _rows(q: Projection, order: I64) -> I8:
    """Half weights, flat: source by source, in a matrix those of one delay side by side."""
    if isinstance(q.weight, Sparse):
        return (q.weight.weight >> 1).astype(np.int8)
    return halved(q.weight)[order].ravel()


def _places(q: Projection, order: I64) -> I64:
    """[M] where the weights of each source neuron stand in `_rows`: a list needs no order."""
    return np.arange(order.size) if isinstance(q.weight, Sparse) else np.argsort(order)


def _rest(network: Network, neurons: Neurons, synapses: Synapses) -> State:
    n, widest = neurons.du.size, max(network.sizes.values())
    return State(
        u=np.zeros(n, np.int64),
        v=np.zeros(n, np.int64),
        ring=np.zeros(neurons.ring[-1], np.int64),
        message=np.zeros(network.input.size, np.int32),
        counts=np.zeros(n, np.uint8),
        active=np.zeros((len(network.sizes), widest + 1), np.int64),
        n_active=np.zeros(len(network.sizes), np.int64),
        ready=np.zeros(synapses.row.size, np.int64),
        payload=np.zeros(synapses.row.size, np.int32),
        n_ready=np.zeros(synapses.delay.size, np.int64),
        total=np.zeros(widest, np.int32),
        weighted=np.zeros(widest, np.int64),
    )


def _starts(sizes: Iterable[int]) -> I64:
    """[n + 1] where each of n parts of these sizes begins, and where the last one ends."""
    return np.cumsum([0, *sizes], dtype=np.int64)


def _joined(parts: list[Any], dtype: type[np.int8 | np.int32 | np.int64] = np.int64) -> Any:
    return np.concatenate([np.zeros(0, dtype), *parts], dtype=dtype)
