"""The numpy reference: any Network, one chip step at a time, written to be read.

It keeps the spikes of the last 64 steps and sums the weights of those that arrive. Everything
faster is tested against it with `==`; it is never optimised.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64, U8
from realsam.fixedpoint import STATE_SHIFT, clip, decay, refuse_overflow, shift_sum, wrap
from realsam.ir import Driver, Lif, Network, Recorder, Run
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


class Reference:
    """A Network in motion; all state is zero at first."""

    def __init__(self, network: Network, strict: bool = False) -> None:
        self.network = network
        self.strict = strict  # an overflowing current is an error instead of a wrap
        self.state = {
            p.name: State(np.zeros(p.size, np.int64), np.zeros(p.size, np.int64))
            for p in network.populations
        }
        silence = np.zeros(sum(network.sizes.values()), np.uint8)
        self._history = deque([silence] * (DELAY_MAX + 1), maxlen=DELAY_MAX + 1)
        self._time = 0
        # Source-major copies: the weights of one arriving spike lie side by side.
        self._fibres = [
            (q, network.columns(q), q.weight.T.astype(np.int64)) for q in network.projections
        ]

    def arriving(self, target: str) -> I64:
        """[N] weighted sum of the spikes that reach target in this step."""
        total = np.zeros(self.network.sizes[target], np.int64)
        for projection, columns, weight in self._fibres:
            if projection.target != target:
                continue
            for delay in np.unique(projection.delay):
                emitted = self._history[-1 - int(delay)][columns] * (projection.delay == delay)
                total += shift_sum(
                    weight[np.flatnonzero(emitted)].sum(axis=0), projection.weight_exp
                )
        return total

    def step(self, spikes: U8) -> U8:
        """Advance every population by one step with input spikes [M]; returns all spikes."""
        pieces = [spikes]
        for population in self.network.populations:
            a_in = self.arriving(population.name)
            if self.strict:
                u = current(population, self.state[population.name].u, a_in)
                refuse_overflow(population.name, u, self._time)
            pieces.append(update(population, self.state[population.name], a_in))
        fired: U8 = np.concatenate(pieces)
        self._history.append(fired)
        self._time += 1
        return fired

    def token(self, spikes: U8) -> tuple[U8, I64]:
        """Advance P steps; returns all spikes of the token and the readout voltages [D]."""
        quiet = np.zeros_like(spikes)
        total = np.zeros(sum(self.network.sizes.values()), np.uint8)
        voltage = np.zeros(self.network.sizes[self.network.readout], np.int64)
        for phase in range(self.network.steps_per_token):
            total += self.step(spikes if phase == 0 else quiet)
            if phase == self.network.readout_phase:
                voltage = self.state[self.network.readout].v
        return total, voltage


def run(network: Network, driver: Driver, strict: bool = False) -> Run:
    """Run one document from reset.

    Raises:
        CurrentOverflowError: in strict mode, if a current leaves 24 bits.
    """
    engine, recorder = Reference(network, strict), Recorder(network, "reference")
    while (spikes := driver.spikes()) is not None:
        recorder.add(*(token := engine.token(spikes)))
        driver.take(token[1])
    return recorder.run()
