"""FloatModel -> Network: the quantizer.

`best` chooses the scale of every population (`export.quantize.scale`), rounds to the nearest, and
gives biases two weights each; where a token is a step, the bias register takes the rest of them,
which is less than a unit. `nir-paper` repeats what the NIR paper's script does on Lava: one
scale of 256 for everything, numbers cut off toward zero.

Sources: Pedersen et al. 2024, Nature Communications 15, 8122, `paper/nir_to_lava.py` (BSD-3):
int(256 w), int(131071 v_threshold) >> 9, int(4095 dt / tau).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from export.maps import refuse_size
from export.quantize.always_on import always_on
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, FloatPopulation, Synapses
from export.quantize.rounding import (
    Rounding,
    WeightError,
    roundings,
    weight_error,
    weight_roundings,
)
from export.quantize.scale import best_scale
from export.quantize.schedule import Schedule, schedule
from export.quantize.simulate import simulate
from export.quantize.weights import by_size, exact_exponent, rounded, two_terms
from realsam.arrays import F64, I16, I64, Spikes
from realsam.errors import ExportError
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT
from realsam.ir import Input, Lif, Network, Projection
from realsam.limits import DU_MAX, DV_MAX, NEVER_SPIKES, VTH_MAX

Scaling = Literal["best", "nir-paper"]
PAPER = 256.0  # units of a_in per volt
COMPENSATED = 0.05  # relative error of a decay up to which weights make up for it
ABOVE = 0.01  # relative error from which a rounding is listed


@dataclass(frozen=True)
class Link:
    """One projection of the result, for the report."""

    source: str
    target: str
    kind: str  # "forward", "skip", "feedback" or "bias"
    hops: int  # populations between source and target, and the target; 0 or less in a loop
    lag: int  # steps of the file
    delay: int  # register
    weight_exp: int
    error: WeightError


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
        self._model, self._clock, self._scaling, self._above = model, clock, scaling, above
        self._peaks = peaks
        # A register acts in every chip step.
        self._takes_rest = scaling == "best" and clock.steps_per_token == 1
        taken = {p.name for p in model.populations}
        self._input = _free("+".join(name for name, _ in model.lines), taken)
        self._clockwork = _free("always_on", taken | {self._input})
        self._populations: list[Lif] = []
        self._projections: list[Projection] = []
        self._links: list[Link] = []
        self._roundings: list[Rounding] = []
        self._scale: dict[str, float] = {}
        self._notes = list(model.notes)

    def add(self, p: FloatPopulation) -> None:
        """Quantize one population and what it hears."""
        steps = self._clock.steps_per_token
        self._refuse_memory(p, steps)
        du, dv = self._decays(p, steps)
        if self._scaling == "best":
            p = _compensated(p, du, dv, steps)
        scale = best_scale(p, self._peaks.get(p.name)) if self._scaling == "best" else PAPER
        self._scale[p.name] = scale
        vth = np.full(p.size, NEVER_SPIKES)
        if p.threshold is not None:
            vth = self._thresholds(p, p.threshold, scale)
        bias = np.zeros(p.size, np.int64)
        for s in p.inputs:
            bias += self._connect(p, s, scale)
        self._populations.append(Lif(p.name, du, dv, bias, vth))

    def result(self) -> Quantized:
        """The network; the source of the biases stands first."""
        model, clock = self._model, self._clock
        populations, projections = self._populations, self._projections
        if any(self._clockwork in q.sources for q in projections):
            lif, loops = always_on(self._clockwork, clock.steps_per_token)
            populations, projections = [lif, *populations], [*loops, *projections]
            self._notes.append(
                f"{self._clockwork}: a neuron that spikes once per step of the file, for the biases"
            )
        for node, wanted, got in model.delays:
            self._roundings += roundings(
                node, "delay", np.array([wanted]), np.array([got]), self._above
            )
        network = Network(
            Input(self._input, model.n_lines),
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
            tuple(self._roundings),
            self._above,
            tuple(self._notes),
        )

    def _refuse_memory(self, p: FloatPopulation, steps: int) -> None:
        for i in np.flatnonzero(p.mix < 1)[:1] if steps > 1 else ():
            raise ExportError(
                f"{p.name}[{i}]: a synaptic current with memory would act in each of the {steps} "
                "steps of a token",
                "use LIF in networks with loops through several layers",
            )

    def _decays(self, p: FloatPopulation, steps: int) -> tuple[I64, I64]:
        """[N] registers du and dv."""
        paper = self._scaling == "nir-paper"
        one, cut = (DECAY_ONE - 1, np.trunc) if paper else (DECAY_ONE, np.rint)
        # A token decays by what its steps decay together.
        leak = p.leak if steps == 1 else 1 - (1 - p.leak) ** (1 / steps)
        dv = np.where(leak == 1, DV_MAX, cut(leak * one)).astype(np.int64)
        du = cut(p.mix * one).astype(np.int64) - (0 if paper else 1)
        du = np.where(p.mix == 1, DU_MAX, np.clip(du, 0, DU_MAX))
        self._list(p.name, "dv", leak * DECAY_ONE, dv)
        self._list(p.name, "du", np.where(p.mix == 1, DU_MAX, p.mix * DECAY_ONE - 1), du)
        return du, dv

    def _thresholds(self, p: FloatPopulation, threshold: F64, scale: float) -> I64:
        wanted = threshold * scale
        if self._scaling == "nir-paper":
            got = np.trunc(threshold * (NEVER_SPIKES - 1)).astype(np.int64) >> 9
        else:
            got = np.rint(wanted).astype(np.int64)
        for i in np.flatnonzero(got > VTH_MAX - 1)[:1]:
            raise ExportError(
                f"{p.name}[{i}]: a threshold of {got[i]:,} is more than {VTH_MAX - 1:,}",
                "use --scaling best",
            )
        self._list(p.name, "vth", wanted, got)
        return got

    def _list(self, where: str, register: str, wanted: F64, got: I64) -> None:
        self._roundings += roundings(where, register, wanted, got, self._above)

    def _connect(self, p: FloatPopulation, s: Synapses, scale: float) -> I64:
        """Add the projections of one edge; returns [N] what is left for the bias register."""
        delay, lag = self._clock.delay(p.name, s), self._clock.lag(p.name, s)
        hops = self._clock.depth[p.name] - self._clock.depth[s.source]
        kind = "feedback" if lag and hops < 1 else "skip" if hops > 1 else "forward"
        source = {INPUT: self._input, ALWAYS_ON: self._clockwork}.get(s.source, s.source)
        kind = "bias" if s.source == ALWAYS_ON else kind
        where = f"{source}->{p.name}"
        refuse_size(where, *s.map.shape)
        wanted = s.map.values * scale
        terms = self._terms(where, wanted, s.map.largest * scale, kind)
        total = sum((w * 2.0**e for w, e in terms), np.zeros(1))
        got = np.broadcast_to(np.asarray(total), wanted.shape)
        bias = np.zeros(p.size, np.int64)
        if kind == "bias" and lag == 0 and self._takes_rest:
            bias = np.rint((wanted - got)[:, 0] * (1 << STATE_SHIFT) / p.mix).astype(np.int64)
            got = got + (bias * p.mix / (1 << STATE_SHIFT))[:, None]
        error = weight_error(wanted, got)
        self._roundings += weight_roundings(where, wanted, got, self._above, _Place(s))
        if not terms and error.n:  # told, though there is nothing to build
            self._links.append(Link(source, p.name, kind, hops, lag, delay, 0, error))
        for weight, exp in terms:
            delays = np.full(s.map.shape[1], delay)
            self._projections.append(
                Projection(p.name, (source,), s.map.filled(weight), delays, exp)
            )
            self._links.append(Link(source, p.name, kind, hops, lag, delay, exp, error))
        return bias

    def _terms(self, where: str, wanted: F64, largest: float, kind: str) -> list[tuple[I16, int]]:
        """Weights and exponents whose sum comes close to what is wanted, none if all are 0."""
        if self._scaling == "nir-paper":
            wanted = np.trunc(wanted)
            if (exp := exact_exponent(wanted)) is not None:
                exact = (wanted * 2.0**-exp).astype(np.int16)
                return [(exact, exp)] if exact.any() else []
            largest = float(np.abs(wanted).max())
        if kind == "bias":
            return two_terms(where, wanted)
        if self._scaling == "best":
            return [(w, e) for w, e in by_size(where, wanted, largest) if w.any()]
        weight, exp = rounded(where, wanted, largest)
        return [(weight, exp)] if weight.any() else []


def _compensated(p: FloatPopulation, du: I64, dv: I64, steps: int) -> FloatPopulation:
    """Weights for the time constants that the registers have.

    A readout gets the steady voltages of the file. Neurons that spike are between the first step,
    which needs no correction, and the steady state, which needs it all: half of it, as a power.
    Only where the registers come close: a leak that is rounded away has no steady state to keep.
    """
    leak = 1 - (1 - dv / DECAY_ONE) ** steps
    ratio = _ratio(leak, p.leak) * _ratio((du + 1) / DECAY_ONE, p.mix)
    power = 1.0 if p.threshold is None else 0.5
    inputs = tuple(replace(s, map=s.map.scaled(ratio**power)) for s in p.inputs)
    return replace(p, inputs=inputs)


def _ratio(got: F64, wanted: F64) -> F64:
    ratio = got / np.where(wanted == 0, 1, wanted)
    return np.where((wanted < 1) & (np.abs(ratio - 1) < COMPENSATED), ratio, 1.0)


class _Place:
    """Target and source of the k-th weight of a map."""

    def __init__(self, s: Synapses) -> None:
        self._map = s.map

    def __call__(self, k: int) -> tuple[int, int]:
        if self._map.rows is None or self._map.columns is None:
            return divmod(k, self._map.shape[1])
        return int(self._map.rows[k]), int(self._map.columns[k])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
