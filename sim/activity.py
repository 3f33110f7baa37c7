"""Replay of a recorded input, chip step by chip step, that counts whose voltage moved."""

from dataclasses import dataclass, replace

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.ir import Network, Recorder, Run
from sim.simulator import load_kernels
from sim.step_engine import StepEngine


@dataclass(frozen=True, eq=False)
class Activity:
    """What the simulator makes of an input."""

    run: Run
    n_moved: dict[str, I64]  # [K] changes of a voltage from one chip step to the next


def observe(network: Network, spikes: Spikes) -> Activity:
    """Play input spikes or payloads [K, M] from reset.

    Raises:
        RunError: if the input lines cannot carry them.
    """
    load_kernels()
    # The same chip with a token of one step shows itself after each of them.
    moving = StepEngine(replace(network, steps_per_token=1, readout_phase=0))
    recorder = Recorder(network, "sim")
    names = [p.name for p in network.populations]
    starts = [network.spans[name].start for name in names]
    n_moved = np.zeros((len(spikes), len(names)), np.int64)
    before = moving.voltages.copy()
    for k, row in enumerate(spikes):
        total: Spikes = np.zeros(before.size, network.input.dtype)
        voltage: I64 = np.zeros(0, np.int64)
        for phase in range(network.steps_per_token):
            fired, read = moving.token(row if phase == 0 else np.zeros_like(row))
            total += fired
            if phase == network.readout_phase:
                voltage = read.copy()
            n_moved[k] += np.add.reduceat(moving.voltages != before, starts, dtype=np.int64)
            np.copyto(before, moving.voltages)
        recorder.add(total, voltage)
    return Activity(recorder.run(), dict(zip(names, n_moved.T, strict=True)))
