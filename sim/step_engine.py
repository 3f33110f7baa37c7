"""The step engine: any Network, one chip step at a time, event-driven.

Gives the bits of `sim.reference` for current memory, biases, any delays and weight exponents.
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I8, I64, U8
from realsam.errors import CurrentOverflowError
from realsam.ir import Lif, Network, Projection
from sim.kernels import project, update
from sim.token_engine import halved, refuse_input


@dataclass(frozen=True)
class _Fibres:
    """A projection as the kernel takes it, rows of one delay side by side."""

    rows: I8  # [M, N] half weights
    columns: I64  # [M] neuron of each row in the spike vector
    first: I64  # [D + 1] where the rows of each delay begin
    delay: I64  # [D]
    exponent: int
    ring: I64  # [R, N] sums on their way, by time of arrival modulo R
    active: I64  # [M] scratch

    @staticmethod
    def of(network: Network, projection: Projection) -> "_Fibres":
        order = np.argsort(projection.delay, kind="stable")
        delay, first = np.unique(projection.delay[order], return_index=True)
        shape = (int(delay.max()) + 2, len(projection.weight))
        return _Fibres(
            halved(projection.weight)[order],
            network.columns(projection)[order],
            np.append(first, order.size),
            delay,
            projection.weight_exp,
            np.zeros(shape, np.int64),
            np.zeros(order.size + 1, np.int64),
        )


class StepEngine:
    """A Network in motion; all state is zero at first."""

    def __init__(self, network: Network, strict: bool = False) -> None:
        self.network = network
        self.strict = strict  # an overflowing current is an error instead of a wrap
        self._spans = network.spans
        self._fibres = [(q.target, _Fibres.of(network, q)) for q in network.projections]
        self._total = np.zeros(max(network.sizes.values()), np.int32)
        self.state = {
            p.name: (np.zeros(p.size, np.int64), np.zeros(p.size, np.int64))
            for p in network.populations
        }  # u and v
        self._time = 0

    def step(self, spikes: U8) -> U8:
        """Advance every population by one step with input spikes [M]; returns all spikes."""
        fired = np.zeros(sum(self.network.sizes.values()), np.uint8)
        fired[: spikes.size] = spikes
        for population in self.network.populations:
            self._update(population, fired[self._spans[population.name]])
        for _, f in self._fibres:
            project(
                f.rows,
                f.columns,
                f.first,
                f.delay,
                f.exponent,
                fired,
                f.ring,
                self._time,
                f.active,
                self._total[: f.rows.shape[1]],
            )
        self._time += 1
        return fired

    def _update(self, lif: Lif, fired: U8) -> None:
        a_in = np.zeros(lif.size, np.int64)
        for target, fibres in self._fibres:
            if target == lif.name:
                slot = fibres.ring[self._time % len(fibres.ring)]
                a_in += slot
                slot[:] = 0
        u, v = self.state[lif.name]
        overflow = update(lif.du, lif.dv, lif.bias, lif.vth, a_in, u, v, fired, self.strict)
        if overflow >= 0:
            raise CurrentOverflowError(f"{lif.name}[{overflow}]", int(u[overflow]), self._time)

    def token(self, spikes: U8) -> tuple[U8, I64]:
        """Advance P steps; returns all spikes of the token and the readout voltages [D]."""
        refuse_input(spikes, self.network)
        network, quiet = self.network, np.zeros_like(spikes)
        total = np.zeros(sum(network.sizes.values()), np.uint8)
        voltage = np.zeros(network.sizes[network.readout], np.int64)
        for phase in range(network.steps_per_token):
            total += self.step(spikes if phase == 0 else quiet)
            if phase == network.readout_phase:
                voltage = self.state[network.readout][1].copy()
        return total, voltage
