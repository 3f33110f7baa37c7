"""Linear maps between flat layers: matrices, convolutions and pools, and chains of them as one.

A map keeps dense weights as a matrix and everything else as triples, because the matrix of a
convolution is almost empty. A layer of several axes is flat in C order, channels first.

Sources: nir 1.0.8 `nir/ir/conv.py`, `nir/ir/pooling.py`, whose shapes are those of torch 2.13.0
`nn.Conv2d` and `nn.AvgPool2d` (cross-correlation; a mean counts the padding).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from realsam.arrays import F64, I16, I64
from realsam.errors import ExportError
from realsam.ir import Sparse, listed

ENTRIES_MAX = 1 << 30  # of a matrix of 16-bit weights: 2 GiB
_LISTED = 4  # places per synapse from which a list takes no more memory than a matrix
_TAPS_MAX = 1 << 27  # places in the input that a channel reads
_CHUNK = 1 << 22  # triples that are made at a time


@dataclass(frozen=True, eq=False)
class Map:
    """y = W x. Dense: `values` is W. Else W[rows[k], columns[k]] = values[k], each place once."""

    shape: tuple[int, int]  # N, M
    values: F64  # [N, M], or [K] with rows and columns
    rows: I64 | None = None  # [K]
    columns: I64 | None = None  # [K]

    @property
    def largest(self) -> float:
        """Of the magnitudes of all weights."""
        return float(max(self.values.max(initial=0), -self.values.min(initial=0)))

    def scaled(self, gain: F64) -> "Map":
        """The map times a factor per row [N]."""
        if np.all(gain == 1):
            return self
        factor = gain[:, None] if self.rows is None else gain[self.rows]
        return Map(self.shape, self.values * factor, self.rows, self.columns)

    def row_sums(self, values: F64) -> F64:
        """[N] sums over the rows of numbers that stand in the places of the weights."""
        if self.rows is None:
            return np.asarray(values.sum(axis=1))
        return np.bincount(self.rows, values, self.shape[0]).astype(np.float64)

    def filled(self, values: npt.NDArray[Any]) -> I16 | Sparse:
        """[N, M] these integers in the places of the weights: a list where few places have one."""
        if self.rows is None or self.columns is None:
            return values.astype(np.int16, copy=False)
        n, m = self.shape
        if _LISTED * values.size <= n * m:
            return listed(self.shape, self.rows, self.columns, values)
        matrix = np.zeros(self.shape, np.int16)
        matrix[self.rows, self.columns] = values
        return matrix

    def times(self, spikes: npt.NDArray[Any]) -> F64:
        """[N] the product with a vector [M]."""
        if self.rows is None or self.columns is None:
            return np.asarray(self.values @ spikes.astype(np.float64))
        weighted = self.values * spikes[self.columns]
        return np.bincount(self.rows, weighted, self.shape[0]).astype(np.float64)


def dense(weight: npt.NDArray[Any]) -> Map:
    """The map of a matrix [N, M]."""
    n, m = weight.shape
    return Map((n, m), weight.astype(np.float64))


def diagonal(values: npt.NDArray[Any]) -> Map:
    """The map that multiplies each element by its own factor [N]."""
    n = values.size
    return Map((n, n), values.ravel().astype(np.float64), np.arange(n), np.arange(n))


def compose(after: Map, before: Map) -> Map:
    """The map that does `before`, then `after`."""
    n, m = after.shape[0], before.shape[1]
    if after.rows is None and before.rows is None:
        refuse_size("a product of weights", n, m)
        return dense(after.values @ before.values)
    if is_diagonal(after):
        return before.scaled(after.values)
    if after.rows is None and before.columns is not None:
        if is_diagonal(before):
            ones = bool(np.all(before.values == 1))
            return after if ones else Map((n, m), after.values * before.values)
        refuse_size("a product of weights", n, m)
        turned = np.zeros((m, n))
        weighted = after.values.T[before.rows] * before.values[:, None]
        np.add.at(turned, before.columns, weighted)
        return Map((n, m), np.ascontiguousarray(turned.T))
    if before.rows is None:
        assert after.rows is not None
        assert after.columns is not None
        refuse_size("a product of weights", n, m)
        whole = np.zeros((n, m))
        np.add.at(whole, after.rows, before.values[after.columns] * after.values[:, None])
        return dense(whole)
    return _join(after, before)


def is_diagonal(given: Map) -> bool:
    """Whether a map of triples only multiplies each element by its own factor."""
    n, m = given.shape
    if given.rows is None or given.columns is None or n != m or given.values.size != n:
        return False
    places = np.arange(n)
    return np.array_equal(given.rows, places) and np.array_equal(given.columns, places)


def _join(after: Map, before: Map) -> Map:
    """Product of two maps of triples: every triple of `after` meets a row of `before`."""
    assert after.rows is not None
    assert after.columns is not None
    assert before.rows is not None
    assert before.columns is not None
    order = np.argsort(before.rows, kind="stable")
    starts = np.searchsorted(before.rows[order], np.arange(before.shape[0] + 1))
    first, length = starts[after.columns], np.diff(starts)[after.columns]
    if length.sum() > ENTRIES_MAX:
        raise _too_large("a chain of convolutions and pools", int(length.sum()))
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    meets = order[np.repeat(first, length) + within]
    values = np.repeat(after.values, length) * before.values[meets]
    return summed(
        (after.shape[0], before.shape[1]),
        np.repeat(after.rows, length),
        before.columns[meets],
        values,
    )


def summed(shape: tuple[int, int], rows: I64, columns: I64, values: F64) -> Map:
    """The map of triples whose places may repeat: their weights add up."""
    places, inverse = np.unique(rows * shape[1] + columns, return_inverse=True)
    total = np.bincount(inverse.ravel(), values, places.size).astype(np.float64)
    return Map(shape, total, *np.divmod(places, shape[1]))


def add(maps: Sequence[Map]) -> Map:
    """The sum of maps of one shape."""
    if len(maps) == 1:
        return maps[0]
    shape = maps[0].shape
    if any(m.rows is None for m in maps):
        refuse_size("a sum of weights", *shape)
        return dense(np.sum([_matrix(m) for m in maps], axis=0))
    parts = [(m.rows, m.columns, m.values) for m in maps]
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return summed(shape, rows, columns, values)


def _matrix(given: Map) -> F64:
    if given.rows is None:
        return given.values
    matrix = np.zeros(given.shape)
    matrix[given.rows, given.columns] = given.values
    return matrix


@dataclass(frozen=True)
class Window:
    """How a kernel moves over the axes behind the channels."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    before: tuple[int, ...]  # padding in front of each axis
    behind: tuple[int, ...]
    dilation: tuple[int, ...]

    def outputs(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Places of the kernel on each axis."""
        axes = zip(
            shape, self.kernel, self.stride, self.before, self.behind, self.dilation, strict=True
        )
        return tuple((n + b + e - d * (k - 1) - 1) // s + 1 for n, k, s, b, e, d in axes)


def convolution(weight: npt.NDArray[Any], groups: int, window: Window, shape: Sequence[int]) -> Map:
    """The map of a cross-correlation.

    Args:
        weight: [outputs, inputs per group, kernel...].
        groups: that the channels are cut into.
        window: how the kernel moves.
        shape: channels and axes of what comes in.
    """
    out, per_group = weight.shape[:2]
    taps = np.arange(per_group) + (np.arange(out) // (out // groups) * per_group)[:, None]
    return _slid(weight.astype(np.float64), taps, window, shape)


def pool(value: float, window: Window, shape: Sequence[int]) -> Map:
    """The map that sums a window of each channel, times value."""
    channels = np.arange(shape[0])[:, None]
    return _slid(np.broadcast_to(value, (shape[0], 1, *window.kernel)), channels, window, shape)


def _slid(weight: F64, channels: I64, window: Window, shape: Sequence[int]) -> Map:
    """Triples of a kernel [out, taps, ...] that reads the input channels [out, taps]."""
    places = window.outputs(shape[1:])
    n_taps, spots = prod(weight.shape[1:]), prod(places)
    n, m = len(weight) * spots, prod(shape)
    refuse_size("a convolution", spots, len(weight) * n_taps)
    if (taps := spots * prod(window.kernel)) > _TAPS_MAX:
        raise ExportError(
            f"a kernel of {list(window.kernel)} in {spots:,} places has {taps:,} taps, more than "
            f"{_TAPS_MAX:,}",
            "use a smaller kernel, or a larger stride",
        )
    reach = _reach(window, shape[1:], places)  # [spots, kernel] flat place, -1 in the padding
    parts = []
    for some in np.array_split(np.arange(len(weight)), max(1, n * n_taps // _CHUNK)):
        column = channels[some, :, None, None] * prod(shape[1:]) + reach
        # [out, taps, spots, kernel]
        row = (some[:, None] * spots + np.arange(spots))[:, None, :, None]
        value = weight[some].reshape(some.size, weight.shape[1], 1, -1)
        inside = np.broadcast_to(reach >= 0, column.shape)
        parts.append(tuple(np.broadcast_to(x, column.shape)[inside] for x in (row, column, value)))
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Map((n, m), values, rows, columns)


def _reach(window: Window, shape: Sequence[int], places: Sequence[int]) -> I64:
    """[spots, kernel] flat index that each tap reads at each place, -1 outside."""
    flat, valid = np.zeros((1, 1), np.int64), np.ones((1, 1), bool)
    axes = zip(
        shape, places, window.kernel, window.stride, window.before, window.dilation, strict=True
    )
    for length, spots, kernel, stride, before, dilation in axes:
        at = np.arange(spots)[:, None] * stride + np.arange(kernel) * dilation - before
        good = (at >= 0) & (at < length)
        flat = (flat[:, None, :, None] * length + at[None, :, None, :]).reshape(
            flat.shape[0] * spots, -1
        )
        valid = (valid[:, None, :, None] & good[None, :, None, :]).reshape(
            valid.shape[0] * spots, -1
        )
    return np.where(valid, flat, -1)


def refuse_size(where: str, n: int, m: int) -> None:
    """Refuse weights that would not fit into memory.

    Raises:
        ExportError: naming its size.
    """
    if n * m > ENTRIES_MAX:
        raise _too_large(f"{where} of {n:,} x {m:,}", n * m)


def _too_large(what: str, entries: int) -> ExportError:
    return ExportError(
        f"{what} takes {entries:,} synapses, more than {ENTRIES_MAX:,}",
        "cut the layer into smaller ones",
    )
