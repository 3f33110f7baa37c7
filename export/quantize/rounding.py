"""Roundings: what a register should hold, what it holds, and how far that is from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from export.maps import Map
from realsam.arrays import F64, I64

LISTED_MAX = 10_000  # of one register: a report stays readable


@dataclass(frozen=True)
class Rounding:
    """One number of one register, for neurons that share it."""

    where: str  # population[first neuron], or projection[target, source]
    register: str
    n: int  # neurons or weights
    wanted: float
    got: float
    error: float  # |got - wanted| over |wanted|; of weights, over the largest of the projection


class Listing:
    """Collects the roundings whose relative error is larger than `above`."""

    def __init__(self, above: float) -> None:
        self.above = above
        self.found: list[Rounding] = []

    def add(self, where: str, register: str, wanted: F64, got: F64 | I64) -> None:
        """Add those of [N] registers."""
        error = np.abs(got - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
        chosen = np.flatnonzero(error > self.above)
        if chosen.size == 0:
            return
        pairs = np.stack([wanted[chosen], got[chosen].astype(np.float64)], axis=1)
        each, first, counts = np.unique(pairs, axis=0, return_index=True, return_counts=True)
        self.found += [
            Rounding(f"{where}[{i}]", register, int(n), float(w), float(g), float(error[i]))
            for (w, g), i, n in zip(each[:LISTED_MAX], chosen[first], counts, strict=False)
        ]

    def add_weights(self, where: str, places: Map, wanted: F64, got: F64) -> None:
        """Add those of the weights of a map."""
        peak = float(max(wanted.max(initial=0), -wanted.min(initial=0)))
        flat, given = wanted.ravel(), got.ravel()
        start, room = 0, LISTED_MAX
        for w, g in _pieces(wanted, got):
            for k in (start + np.flatnonzero(np.abs(w - g) > self.above * peak)[:room]).tolist():
                n, m = _place(places, k)
                error = abs(float(given[k]) - float(flat[k])) / peak
                self.found.append(
                    Rounding(
                        f"{where}[{n}, {m}]", "weight", 1, float(flat[k]), float(given[k]), error
                    )
                )
                room -= 1
            start += w.size


def _place(given: Map, k: int) -> tuple[int, int]:
    """Target and source of the k-th weight."""
    if given.rows is None or given.columns is None:
        return divmod(k, given.shape[1])
    return int(given.rows[k]), int(given.columns[k])


@dataclass(frozen=True)
class WeightError:
    """How well 8 bits hold the weights of a projection."""

    n: int  # weights that are not 0
    n_lost: int  # of these, rounded to 0
    rms: float  # root of the mean square error over the root of the mean square
    largest: float  # error, over the largest weight


def weight_error(wanted: F64, got: F64 | I64) -> WeightError:
    """Compare weights in one unit."""
    error, power, peak, most = 0.0, 0.0, 0.0, 0.0
    n = n_lost = 0
    for w, g in _pieces(wanted, got):
        off = w - g
        error += float(off @ off)
        power += float(w @ w)
        peak = max(peak, float(np.abs(w).max(initial=0)))
        most = max(most, float(np.abs(off).max(initial=0)))
        n += int(np.count_nonzero(w))
        n_lost += int(np.count_nonzero((w != 0) & (g == 0)))
    return WeightError(
        n, n_lost, float(np.sqrt(error / power)) if power else 0.0, most / peak if peak else 0.0
    )


def _pieces(wanted: F64, got: F64 | I64) -> Iterator[tuple[F64, F64]]:
    """Parts that fit into a cache."""
    flat, given, size = wanted.ravel(), got.ravel(), 1 << 16
    for start in range(0, flat.size, size):
        yield flat[start : start + size], given[start : start + size].astype(np.float64)
