"""The numpy reference: any Network, one chip step at a time, written to be read.

It keeps the spikes of the last 63 steps and sums the weights of those that arrive, each times its
payload. Everything faster is tested against it with `==`; it is never optimised.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64, U8, Spikes
from realsam.fixedpoint import STATE_SHIFT, clip, decay, refuse_overflow, shift_sum, wrap
from realsam.ir import (
    Driver,
    Lif,
    Network,
    Projection,
    Recorder,
    Run,
    Snapshot,
    Sparse,
    play,
)
from realsam.limits import DELAY_MAX


@dataclass
class State:
    """Registers u and v of one population: [N] each."""

    u: I64
    v: I64


def current(lif: Lif, u: I64, a_in: I64) -> I64:
    """[N] currents before the wrap: what strict mode judges."""
    arrived: I64 = decay(u, lif.du + 1) + (a_in << STATE_SHIFT)
    return arrived


def update(lif: Lif, state: State, a_in: I64) -> U8:
    """Advance one population by one step in place; returns its spikes [N]."""
    state.u = wrap(current(lif, state.u, a_in))
    state.v = clip(decay(state.v, lif.dv) + state.u + lif.bias)
    spikes = state.v > lif.vth << STATE_SHIFT
    state.v = np.where(spikes, 0, state.v)
    return spikes.astype(np.uint8)


def forget(lif: Lif, state: State, step: int) -> None:
    """Clear u and v in place if a reset of the population is due before this step."""
    if lif.reset and lif.reset.is_due(step):
        state.u, state.v = np.zeros_like(state.u), np.zeros_like(state.v)


def summing(projection: Projection) -> Callable[[Spikes], I64]:
    """Make the function that sums weights [N], each times what its source neuron [M] sends."""
    synapses = projection.weight

    def of_list(sent: Spikes) -> I64:
        assert isinstance(synapses, Sparse)
        total = np.zeros(len(synapses), np.int64)
        payload = sent.astype(np.int64)[synapses.source]
        np.add.at(total, synapses.target, payload * synapses.weight)
        return total

    if isinstance(synapses, Sparse):
        return of_list
    # Source-major: the weights of one arriving spike lie side by side.
    rows = synapses.T.astype(np.int64)

    def of_matrix(sent: Spikes) -> I64:
        active = np.flatnonzero(sent)
        total: I64 = (sent[active, None] * rows[active]).sum(axis=0)
        return total

    return of_matrix


# Sees a population, its state of the step before and the input [N] of this one.
Observe = Callable[[Lif, State, I64], None]


class Reference:
    """A Network in motion; all state is zero at first."""

    def __init__(
        self, network: Network, strict: bool = False, observe: Observe | None = None
    ) -> None:
        self.network = network
        self.strict = strict  # an overflowing current is an error instead of a wrap
        self._observe = observe  # called before each update
        self.state = {
            p.name: State(np.zeros(p.size, np.int64), np.zeros(p.size, np.int64))
            for p in network.populations
        }
        silence: Spikes = np.zeros(sum(network.sizes.values()), network.input.dtype)
        self._history = deque([silence] * (DELAY_MAX + 1), maxlen=DELAY_MAX + 1)
        self._time = 0
        self._synapses = [(q, network.columns(q), summing(q)) for q in network.projections]

    def arriving(self, target: str) -> I64:
        """[N] weighted sum of the spikes, or payloads, that reach target in this step."""
        total = np.zeros(self.network.sizes[target], np.int64)
        for projection, columns, summed in self._synapses:
            if projection.target != target:
                continue
            for delay in np.unique(projection.delay):
                emitted = self._history[-1 - int(delay)][columns] * (projection.delay == delay)
                total += shift_sum(summed(emitted), projection.weight_exp)
        return total

    def step(self, spikes: Spikes) -> Spikes:
        """Advance every population by one step with input spikes [M]; returns all spikes."""
        pieces = [spikes]
        for population in self.network.populations:
            state = self.state[population.name]
            forget(population, state, self._time)
            a_in = self.arriving(population.name)
            if self._observe:
                self._observe(population, state, a_in)
            if self.strict:
                u = current(population, state.u, a_in)
                refuse_overflow(population.name, u, self._time)
            pieces.append(update(population, state, a_in))
        fired: Spikes = np.concatenate(pieces)
        self._history.append(fired)
        self._time += 1
        return fired

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """Advance P steps; returns all spikes of the token and the readout voltages [D].

        Raises:
            RunError: if the input lines cannot carry these spikes [M].
        """
        self.network.input.refuse(spikes)
        spikes = spikes.astype(self.network.input.dtype)
        quiet = np.zeros_like(spikes)
        total: Spikes = np.zeros(sum(self.network.sizes.values()), spikes.dtype)
        voltage = np.zeros(self.network.sizes[self.network.readout], np.int64)
        for phase in range(self.network.steps_per_token):
            total += self.step(spikes if phase == 0 else quiet)
            if phase == self.network.readout_phase:
                voltage = self.state[self.network.readout].v
        return total, voltage

    def snapshot(self) -> Snapshot:
        """Copies of u and v [N] of all populations, the spikes of the last 63 steps, the step."""
        return {
            "u": np.concatenate([state.u for state in self.state.values()]),
            "v": np.concatenate([state.v for state in self.state.values()]),
            "history": np.array(self._history),
            "step": np.array([self._time]),
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go on where a snapshot was taken."""
        ends = np.cumsum([p.size for p in self.network.populations])[:-1]
        parts = (np.split(snapshot[register].astype(np.int64), ends) for register in ("u", "v"))
        for state, u, v in zip(self.state.values(), *parts, strict=True):
            state.u, state.v = u, v
        self._history.extend(snapshot["history"])
        self._time = int(snapshot["step"].item())


def run(network: Network, driver: Driver, strict: bool = False) -> Run:
    """Run one document from reset.

    Raises:
        CurrentOverflowError: in strict mode, if a current leaves 24 bits.
    """
    engine, recorder = Reference(network, strict), Recorder(network, "reference")
    play(engine, driver, recorder.add)
    return recorder.run()
