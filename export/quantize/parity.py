"""Float parity of an import: the integers beside the file's own semantics in float64.

The simulator here takes every number of the FloatModel and rounds none. It plays a step of the
file at a time; the network plays the same step of a population some tokens later, which `compare`
takes off.
"""

from dataclasses import dataclass

import numpy as np

from export.quantize.build import Quantized
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, FloatPopulation
from export.quantize.schedule import Schedule
from realsam.arrays import F64, U8, Spikes
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT
from realsam.ir import Run


@dataclass(frozen=True, eq=False)
class Played:
    """What the file itself does: [T, N] of every population."""

    spikes: dict[str, U8]
    voltage: F64  # [T, D] of the readout, in volts of the file
    peaks: dict[str, float]  # largest |u| or |v| of every population, counted from its reset


@dataclass(frozen=True)
class ImportParity:
    """The integer network beside the float64 semantics of its file."""

    n_steps: int  # of the file
    n_spikes: dict[str, int]  # of the file, per spiking population
    n_spikes_fixed: dict[str, int]
    n_mismatches: dict[str, int]  # neurons and steps that differ
    n_events: dict[str, int]  # neurons x steps
    voltage_rms: float  # difference of the readout voltages, in volts of the file
    voltage_range: float  # largest |voltage| of the readout in the file
    full: dict[str, float]  # largest |u| or |v| over what 24 bits hold; above 1 it leaves them

    @property
    def n_total(self) -> int:
        """Mismatches of the whole network."""
        return sum(self.n_mismatches.values())


def simulate(model: FloatModel, clock: Schedule, spikes: Spikes) -> Played:
    """Play a model on input spikes [T, M]."""
    n = len(spikes)
    fired: dict[str, Spikes] = {INPUT: spikes, ALWAYS_ON: np.ones((n, 1), np.uint8)}
    by_name = {p.name: p for p in model.populations}
    cells = [_Cell(by_name[name]) for name in clock.order]
    for cell in cells:
        fired[cell.p.name] = np.zeros((n, cell.p.size), np.uint8)
    voltage = np.zeros((n, by_name[model.readout].size))
    for t in range(n):
        for cell in cells:
            drive = np.zeros(cell.p.size)
            for s in cell.p.inputs:
                lag = clock.lag(cell.p.name, s)
                if t >= lag:
                    drive += s.map.times(fired[s.source][t - lag])
            fired[cell.p.name][t] = cell.step(drive)
            if cell.p.name == model.readout:
                voltage[t] = cell.voltage + cell.p.offset
    spiking = {p.name: fired[p.name] for p in model.populations if p.threshold is not None}
    peaks = {cell.p.name: cell.peak for cell in cells}
    return Played({name: s.astype(np.uint8) for name, s in spiking.items()}, voltage, peaks)


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
        self.voltage = self.voltage * (1 - p.leak) + self._current
        self.peak = float(max(self.peak, np.abs(self.voltage).max(), np.abs(self._current).max()))
        if p.threshold is None:
            return np.zeros(p.size, np.uint8)
        spikes = self.voltage > p.threshold
        self.voltage = np.where(spikes, 0.0, self.voltage)
        return spikes.astype(np.uint8)


def rows_to_play(quantized: Quantized, spikes: Spikes) -> Spikes:
    """The input spikes and the silence after them in which the last population catches up."""
    late = max(quantized.schedule.late(name) for name in quantized.schedule.order)
    return np.concatenate([spikes, np.zeros((late, spikes.shape[1]), spikes.dtype)])


def compare(quantized: Quantized, played: Played, run: Run) -> ImportParity:
    """Compare a run of the network on `rows_to_play` with the file, population by population."""
    model, clock = quantized.model, quantized.schedule
    n = len(played.voltage)
    fixed = {
        name: run.spikes[name][clock.late(name) : clock.late(name) + n] for name in played.spikes
    }
    late = clock.late(model.readout)
    readout = next(p for p in model.populations if p.name == model.readout)
    volts = run.voltage[late : late + n] / (quantized.scale[model.readout] * (1 << STATE_SHIFT))
    off = volts + readout.offset - played.voltage
    return ImportParity(
        n,
        {name: int(s.sum()) for name, s in played.spikes.items()},
        {name: int(s.sum()) for name, s in fixed.items()},
        {name: int(np.count_nonzero(s != fixed[name])) for name, s in played.spikes.items()},
        {name: int(s.size) for name, s in played.spikes.items()},
        float(np.sqrt(np.mean(off**2))),
        float(np.abs(played.voltage).max(initial=0)),
        {
            name: peak * quantized.scale[name] * (1 << STATE_SHIFT) / STATE_MAX
            for name, peak in played.peaks.items()
        },
    )
