"""Replay of a recorded input that also counts whose voltage moved."""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.ir import Network, Recorder, Run
from sim.simulator import engine, load_kernels


@dataclass(frozen=True, eq=False)
class Activity:
    """What the simulator makes of an input."""

    run: Run
    n_moved: dict[str, I64]  # [K] neurons whose voltage after a token is another than before it


def observe(network: Network, spikes: Spikes) -> Activity:
    """Play input spikes or payloads [K, M] from reset.

    Raises:
        RunError: if the input lines cannot carry them.
    """
    load_kernels()
    moving, recorder = engine(network), Recorder(network, "sim")
    spans = {p.name: network.spans[p.name] for p in network.populations}
    n_moved = {name: np.zeros(len(spikes), np.int64) for name in spans}
    before = moving.voltages.copy()
    for k, row in enumerate(spikes):
        recorder.add(*moving.token(row))
        moved = moving.voltages != before
        for name, span in spans.items():
            n_moved[name][k] = np.count_nonzero(moved[span])
        np.copyto(before, moving.voltages)
    return Activity(recorder.run(), n_moved)
