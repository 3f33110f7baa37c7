"""One edge of a model -> projections: weights, exponents, and what the bias register takes."""

from dataclasses import dataclass

import numpy as np

from export.quantize.model import ALWAYS_ON, Synapses
from export.quantize.neurons import Scaling
from export.quantize.rounding import Listing, WeightError, weight_error
from export.quantize.schedule import Schedule
from export.quantize.weights import by_size, exact_exponent, rounded, several_terms
from realsam.arrays import F64, I16, I64
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Projection


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
class Edge:
    """What became of one edge."""

    projections: tuple[Projection, ...]
    links: tuple[Link, ...]
    bias: I64  # [N] what the bias register takes


class Connector:
    """Turns the edges of one model into projections."""

    def __init__(
        self, clock: Schedule, names: dict[str, str], scaling: Scaling, listing: Listing
    ) -> None:
        self._clock, self._names, self._scaling, self._listing = clock, names, scaling, listing
        # A register acts in every chip step.
        self._takes_rest = scaling == "best" and clock.steps_per_token == 1

    def connect(self, target: str, s: Synapses, scale: float, mix: F64) -> Edge:
        """Quantize one edge.

        Args:
            target: the population that hears it.
            s: its weights.
            scale: units of a_in per volt of the target.
            mix: [N] part of u that a chip step of the target loses.

        Raises:
            ExportError: naming the edge, if no weights of the chip reach its own.
        """
        source = self._names.get(s.source, s.source)
        where, kind = f"{source}->{target}", self._kind(target, s)
        wanted = s.map.values * scale
        terms = self._terms(where, wanted, s.map.largest * scale, kind)
        total = sum((w * 2.0**e for w, e in terms), np.zeros(1))
        got = np.broadcast_to(np.asarray(total), wanted.shape)
        bias = np.zeros(mix.size, np.int64)
        if (s.source, s.lag) == (ALWAYS_ON, 0) and self._takes_rest:
            bias = np.rint((wanted - got)[:, 0] * (1 << STATE_SHIFT) / mix).astype(np.int64)
            got = got + (bias * mix / (1 << STATE_SHIFT))[:, None]
        error = weight_error(wanted, got)
        self._listing.add_weights(where, s.map, wanted, got)
        delay, lag = self._clock.delay(target, s), self._clock.lag(target, s)
        hops = self._clock.depth[target] - self._clock.depth[s.source]
        # An edge that is rounded away is told, though there is nothing to build.
        exponents = [exp for _, exp in terms] or [0] * bool(error.n)
        delays = np.full(s.map.shape[1], delay)
        return Edge(
            tuple(Projection(target, (source,), s.map.filled(w), delays, e) for w, e in terms),
            tuple(Link(source, target, kind, hops, lag, delay, e, error) for e in exponents),
            bias,
        )

    def _kind(self, target: str, s: Synapses) -> str:
        if s.source == ALWAYS_ON:
            return "bias"
        hops = self._clock.depth[target] - self._clock.depth[s.source]
        if self._clock.lag(target, s) and hops < 1:
            return "feedback"
        return "skip" if hops > 1 else "forward"

    def _terms(self, where: str, wanted: F64, largest: float, kind: str) -> list[tuple[I16, int]]:
        """Weights and exponents whose sum comes close to what is wanted, none if all are 0."""
        if self._scaling == "nir-paper":
            wanted = np.trunc(wanted)
            if (exp := exact_exponent(wanted)) is not None:
                exact = (wanted * 2.0**-exp).astype(np.int16)
                return [(exact, exp)] if exact.any() else []
            largest = float(np.abs(wanted).max())
        if kind == "bias":
            return several_terms(where, wanted)
        if self._scaling == "best":
            return [(w, e) for w, e in by_size(where, wanted, largest) if w.any()]
        weight, exp = rounded(where, wanted, largest)
        return [(weight, exp)] if weight.any() else []
