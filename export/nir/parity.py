"""Float parity: how often one of our NIR files, played in float64, spikes unlike the integers.

The file is read as that of any other program would be. The float network differs from the
integer network only where a token truncates P decays, wraps a current or saturates a voltage, none
of which NIR can express. Time runs as `export.nir.rules` says: one step is a token, or with one
step per token a chip step, in which a spike travels one layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from export.nir.dynamics import DT
from export.nir.fold import read_model
from export.quantize import simulate
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel
from export.quantize.schedule import Schedule
from realsam.arrays import Spikes
from realsam.ir import Run


@dataclass(frozen=True)
class Parity:
    """Spikes of two runs of one network, counted per population."""

    n_spikes: dict[str, int]  # in the run that is right
    n_mismatches: dict[str, int]  # neurons and tokens in which the other run differs

    @property
    def n_total(self) -> int:
        """Mismatches of the whole network."""
        return sum(self.n_mismatches.values())


def parity(expected: Mapping[str, Spikes], actual: Mapping[str, Spikes]) -> Parity:
    """Compare spikes [T, N] per population; for the integers the count must be 0."""
    return Parity(
        {name: int(expected[name].sum()) for name in actual},
        {name: int(np.count_nonzero(expected[name] != actual[name])) for name in actual},
    )


def float_parity(path: Path, run: Run) -> Parity:
    """Play a NIR file on the input spikes of a run of its network, and compare the spikes.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that has no meaning.
    """
    model = read_model(path, DT)
    ((lines, _),) = model.lines
    played = simulate(*_timed(model, run.steps_per_token), run.spikes[lines])
    return parity(run.spikes, played.spikes)


def _timed(model: FloatModel, steps: int) -> tuple[FloatModel, Schedule]:
    """The model of a file of ours on its own clock: populations stand in the order of their layers.

    An edge to the same or an earlier layer takes a step. With one chip step per token, so does
    every layer on the way, and one back makes up for one.
    """
    names = [INPUT, *(p.name for p in model.populations)]
    place = {name: k for k, name in enumerate(names)}
    populations = []
    for p in model.populations:
        inputs = []
        for s in p.inputs:
            hops = 0 if s.source == ALWAYS_ON else place[p.name] - place[s.source]
            lag = max(s.lag, int(hops <= 0 and s.source != ALWAYS_ON))
            inputs.append(replace(s, lag=lag + hops if steps == 1 else lag))
        populations.append(replace(p, inputs=tuple(inputs)))
    return replace(model, populations=tuple(populations)), Schedule(
        tuple(names[1:]), place, frozenset(), steps
    )
