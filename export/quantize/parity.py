"""Float parity of an import: the integers beside the file's own semantics in float64.

The network plays a step of the file some tokens later in deeper populations, which `compare`
takes off.
"""

from dataclasses import dataclass

import numpy as np

from export.quantize.build import Quantized
from export.quantize.simulate import Played
from realsam.arrays import Spikes
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT
from realsam.ir import Run


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
