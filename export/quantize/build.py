"""FloatModel -> Network: the quantizer.

`best` chooses the scale of every population (`export.quantize.scale`), rounds to the nearest, and
gives biases two weights each; where a token is a step, the bias register takes the rest of them,
which is less than a unit. `nir-paper` repeats what the NIR paper's script does on Lava: one
scale of 256 for everything, numbers cut off toward zero.

Sources: Pedersen et al. 2024, Nature Communications 15, 8122, `paper/nir_to_lava.py` (BSD-3):
int(256 w).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from export.quantize.always_on import always_on
from export.quantize.edges import Connector, Link
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, FloatPopulation
from export.quantize.neurons import Scaling, awake, biases, compensated, decays, thresholds
from export.quantize.rounding import Listing, Rounding
from export.quantize.scale import best_scale
from export.quantize.schedule import Schedule, schedule
from export.quantize.simulate import simulate
from realsam.arrays import I64, Spikes
from realsam.fixedpoint import DECAY_ONE
from realsam.ir import Input, Lif, Network, Projection

PAPER = 256.0  # units of a_in per volt
ABOVE = 0.01  # relative error from which a rounding is listed


@dataclass(frozen=True, eq=False)
class Quantized:
    """A Network, and all that a user should know about how it came to be."""

    network: Network
    model: FloatModel
    schedule: Schedule
    scaling: Scaling
    scale: dict[str, float]  # units of a_in per volt: v register = 64 scale (v - offset)
    links: tuple[Link, ...]
    roundings: tuple[Rounding, ...]
    above: float  # relative error from which roundings are listed
    notes: tuple[str, ...]


def quantize(
    model: FloatModel,
    scaling: Scaling = "best",
    steps_per_token: int | None = None,
    above: float = ABOVE,
    calibration: Spikes | None = None,
) -> Quantized:
    """Give a model registers.

    Args:
        model: what a reader found in a file.
        scaling: how numbers become integers.
        steps_per_token: chip steps per step of the file; None: the fewest that fit every loop.
        above: relative error from which a rounding is listed.
        calibration: [T, M] typical input; the scales then have room for what it does, twice.

    Raises:
        ExportError: naming the population or edge that the chip cannot hold.
    """
    clock = schedule(model, steps_per_token)
    peaks = {} if calibration is None else simulate(model, clock, calibration).peaks
    builder = _Builder(model, clock, scaling, above, peaks)
    by_name = {p.name: p for p in model.populations}
    for name in clock.order:
        builder.add(by_name[name])
    return builder.result()


class _Builder:
    """Collects populations, projections and the report."""

    def __init__(
        self,
        model: FloatModel,
        clock: Schedule,
        scaling: Scaling,
        above: float,
        peaks: Mapping[str, float],
    ) -> None:
        self._model, self._clock, self._scaling, self._peaks = model, clock, scaling, peaks
        self._names = _names(model)
        self._listing = Listing(above)
        self._connector = Connector(clock, self._names, scaling, self._listing)
        self._populations: list[Lif] = []
        self._projections: list[Projection] = []
        self._links: list[Link] = []
        self._scale: dict[str, float] = {}

    def add(self, p: FloatPopulation) -> None:
        """Quantize one population and what it hears."""
        steps = self._clock.steps_per_token
        du, dv = decays(p, steps, self._scaling, self._listing)
        scale = PAPER
        if self._scaling == "best":
            p = compensated(p, du, dv, steps)
            scale = best_scale(p, self._peaks.get(p.name))
        self._scale[p.name] = scale
        vth = thresholds(p, scale, self._scaling, self._listing)
        rest: I64 = np.zeros(p.size, np.int64)
        for s in p.inputs:
            edge = self._connector.connect(p.name, s, scale, (du + 1) / DECAY_ONE)
            self._projections += edge.projections
            self._links += edge.links
            rest = rest + edge.bias
        bias = biases(p, scale, rest, self._listing)
        reset = awake(p, scale, vth, self._clock.depth[p.name])
        self._populations.append(Lif(p.name, du, dv, bias, vth, reset))

    def result(self) -> Quantized:
        """The network; the source of the biases stands first."""
        model, clock, notes = self._model, self._clock, list(self._model.notes)
        populations, projections = self._populations, self._projections
        clockwork = self._names[ALWAYS_ON]
        if any(clockwork in q.sources for q in projections):
            lif, loops = always_on(clockwork, clock.steps_per_token)
            populations, projections = [lif, *populations], [*loops, *projections]
            notes.append(
                f"{clockwork}: a neuron that spikes once per step of the file, for the biases"
            )
        notes += [
            f"{p.name}: resets once, when its first input arrives: until then v_leak drives it"
            for p in populations
            if p.reset
        ]
        for node, wanted, got in model.delays:
            self._listing.add(node, "delay", np.array([wanted]), np.array([got]))
        network = Network(
            Input(self._names[INPUT], model.n_lines),
            tuple(populations),
            tuple(projections),
            model.readout,
            clock.steps_per_token,
            clock.depth[model.readout] % clock.steps_per_token,
        )
        return Quantized(
            network,
            model,
            clock,
            self._scaling,
            self._scale,
            tuple(self._links),
            tuple(self._listing.found),
            self._listing.above,
            tuple(notes),
        )


def _names(model: FloatModel) -> dict[str, str]:
    """Names in the network for the sources that are no population of the file."""
    taken = {p.name for p in model.populations}
    given: dict[str, str] = {}
    lines = "+".join(name for name, _ in model.lines)
    wishes = {INPUT: lines, ALWAYS_ON: "always_on"}
    for source, wish in wishes.items():
        given[source] = wish
        while given[source] in taken:
            given[source] += "_"
        taken.add(given[source])
    return given
