"""Weights as a list: what a convolution or a pool leaves of its matrix.

The synapses of one source lie side by side, as a spike of it needs them. Whether weights are a
list or a matrix is part of a Network, as its registers are: only a matrix stores zeros.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from realsam.arrays import I16, I32, I64, frozen
from realsam.errors import NetworkError


@dataclass(frozen=True, eq=False)
class Sparse:
    """W[target[k], j] = weight[k] for start[j] <= k < start[j + 1], and no synapse elsewhere.

    Raises:
        NetworkError: if that is no list of different places of the matrix, in their order.
    """

    shape: tuple[int, int]  # N, M
    start: I64  # [M + 1] where the synapses of each source begin, and where the last one's end
    target: I32  # [S] ascending for each source
    weight: I16  # [S] none is 0

    def __post_init__(self) -> None:
        n, m = (int(size) for size in self.shape)
        start: I64 = np.asarray(self.start)
        target: I32 = np.asarray(self.target)
        weight: I16 = np.asarray(self.weight)
        given = start, target, weight
        n_stored = weight.size
        shapes = [values.shape for values in given] == [(m + 1,), (n_stored,), (n_stored,)]
        integers = all(values.dtype.kind in "iu" for values in given)
        if not (shapes and integers and start[0] == 0 and start[-1] == n_stored) or np.any(
            start[1:] < start[:-1]
        ):
            raise NetworkError(
                f"sparse weights: {start.size} starts, {target.size} targets and {n_stored} "
                f"weights do not list a matrix of {n} x {m}",
                "give the start of each source and the end, a target and a weight per synapse",
            )
        for k in np.flatnonzero((target < 0) | (target >= n))[:1]:
            raise NetworkError(
                f"sparse weights: target[{k}] = {target[k]} is outside 0..{n - 1}",
                "name neurons of the target",
            )
        for k in np.flatnonzero(weight == 0)[:1]:
            raise NetworkError(f"sparse weights: weight[{k}] = 0", "leave the synapse out")
        object.__setattr__(self, "shape", (n, m))
        object.__setattr__(self, "start", frozen(start, np.int64))
        object.__setattr__(self, "target", frozen(target, np.int32))
        # Weights beyond 16 bits stay wrong when clipped, so that Projection still refuses them.
        object.__setattr__(self, "weight", frozen(np.clip(weight, -(1 << 15), 32767), np.int16))
        same = self.source[1:] == self.source[:-1]
        for k in np.flatnonzero(same & (self.target[1:] <= self.target[:-1]))[:1]:
            raise NetworkError(
                f"sparse weights: target[{k + 1}] = {self.target[k + 1]} does not follow "
                f"{self.target[k]}",
                "sort the targets of each source, and give each place once",
            )

    def __len__(self) -> int:
        """N, as of a matrix."""
        return self.shape[0]

    @cached_property
    def source(self) -> I32:
        """[S] column of each synapse."""
        return np.repeat(np.arange(self.shape[1], dtype=np.int32), np.diff(self.start))

    @cached_property
    def by_target(self) -> tuple[I64, I32]:
        """[N + 1] where the synapses of each target begin in an order by target; [S] sources."""
        order = np.argsort(self.target, kind="stable")
        counts = np.bincount(self.target, minlength=self.shape[0])
        return np.cumsum([0, *counts], dtype=np.int64), self.source[order]

    def dense(self) -> I16:
        """[N, M] the matrix."""
        matrix = np.zeros(self.shape, np.int16)
        matrix[self.target, self.source] = self.weight
        return matrix

    def columns(self, begin: int, end: int) -> "Sparse":
        """The synapses of sources begin..end - 1 alone."""
        first, last = self.start[begin], self.start[end]
        part = slice(first, last)
        starts = self.start[begin : end + 1] - first
        return Sparse((self.shape[0], end - begin), starts, self.target[part], self.weight[part])

    def taken(self, targets: I64, sources: I64) -> "Sparse":
        """The matrix W[targets][:, sources]: each neuron at most once."""
        row = np.full(self.shape[0], -1)
        column = np.full(self.shape[1], -1)
        row[targets], column[sources] = np.arange(targets.size), np.arange(sources.size)
        rows, columns = row[self.target], column[self.source]
        kept = (rows >= 0) & (columns >= 0)
        shape = targets.size, sources.size
        return listed(shape, rows[kept], columns[kept], self.weight[kept])


def listed(
    shape: tuple[int, int],
    targets: npt.NDArray[Any],
    sources: npt.NDArray[Any],
    weights: npt.NDArray[Any],
) -> Sparse:
    """The list of weights at different places, given in any order; zeros are left out.

    Args:
        shape: N, M.
        targets: [K] rows, 0..N-1.
        sources: [K] columns, 0..M-1.
        weights: [K].

    Raises:
        NetworkError: as Sparse.
    """
    order = np.lexsort((targets, sources))
    order = order[weights[order] != 0]
    start = np.searchsorted(sources[order], np.arange(shape[1] + 1))
    return Sparse(shape, start, targets[order], weights[order])


def as_list(matrix: I16) -> Sparse:
    """The weights of a matrix [N, M] that are not 0."""
    n, m = matrix.shape
    targets, sources = np.nonzero(matrix)
    return listed((n, m), targets, sources, matrix[targets, sources])
