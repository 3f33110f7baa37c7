"""A FloatModel in float64: what the file itself does, no number of it rounded."""

from dataclasses import dataclass

import numpy as np

from export.maps import Map
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, FloatPopulation
from export.quantize.schedule import Schedule
from realsam.arrays import F64, U8, Spikes


@dataclass(frozen=True, eq=False)
class Played:
    """What the file itself does: [T, N] of every population."""

    spikes: dict[str, U8]
    voltage: F64  # [T, D] of the readout, in volts of the file
    peaks: dict[str, float]  # largest |u| or |v| of every population, counted from its reset


def simulate(model: FloatModel, clock: Schedule, spikes: Spikes) -> Played:
    """Play a model on input spikes [T, M]."""
    n = len(spikes)
    fired: dict[str, Spikes] = {INPUT: spikes, ALWAYS_ON: np.ones((n, 1), np.uint8)}
    by_name = {p.name: p for p in model.populations}
    cells = [_Cell(by_name[name]) for name in clock.order]
    for cell in cells:
        fired[cell.p.name] = np.zeros((n, cell.p.size), np.uint8)
    ears = {
        name: [(s.source, clock.lag(name, s), _Fibres(s.map)) for s in by_name[name].inputs]
        for name in clock.order
    }
    voltage = np.zeros((n, by_name[model.readout].size))
    for t in range(n):
        for cell in cells:
            drive = np.zeros(cell.p.size)
            for source, lag, fibres in ears[cell.p.name]:
                if t >= lag:
                    drive += fibres.times(fired[source][t - lag])
            fired[cell.p.name][t] = cell.step(drive)
            if cell.p.name == model.readout:
                voltage[t] = cell.voltage + cell.p.offset
    spiking = {p.name: fired[p.name] for p in model.populations if p.threshold is not None}
    peaks = {cell.p.name: cell.peak for cell in cells}
    return Played({name: s.astype(np.uint8) for name, s in spiking.items()}, voltage, peaks)


class _Fibres:
    """A map, source by source: the weights of one spike lie side by side."""

    def __init__(self, given: Map) -> None:
        self._map = given
        self._fibres = np.ascontiguousarray(given.values.T) if given.rows is None else None

    def times(self, spikes: Spikes) -> F64:
        """[N] the product with spikes [M]."""
        if self._fibres is None:
            return self._map.times(spikes)
        active = np.flatnonzero(spikes)
        return np.asarray(spikes[active].astype(np.float64) @ self._fibres[active])


class _Cell:
    """A population in motion; all state is zero at first."""

    def __init__(self, p: FloatPopulation) -> None:
        self.p = p
        self._current: F64 = np.zeros(p.size)
        self.voltage: F64 = np.zeros(p.size)
        self.peak = 0.0

    def step(self, drive: F64) -> U8:
        """Advance by one step; returns the spikes [N]."""
        p = self.p
        self._current = self._current * (1 - p.mix) + drive
        self.voltage = self.voltage * (1 - p.leak) + self._current + p.push
        self.peak = float(max(self.peak, np.abs(self.voltage).max(), np.abs(self._current).max()))
        if p.threshold is None:
            return np.zeros(p.size, np.uint8)
        spikes = self.voltage > p.threshold
        self.voltage = np.where(spikes, 0.0, self.voltage)
        return spikes.astype(np.uint8)
