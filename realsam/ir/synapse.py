"""Projections: even-integer synapses, as a matrix or a list, with a delay per source neuron.

Sources: lava-nc 0.10.0 `proc/dense/models.py` (PyDelayDenseModelBitAcc).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from realsam.arrays import I16, I64, frozen
from realsam.errors import NetworkError, RegisterRangeError
from realsam.ir.sparse import Sparse
from realsam.limits import (
    DELAY_MAX,
    WEIGHT_EXPONENT_MAX,
    WEIGHT_EXPONENT_MIN,
    WEIGHT_MAX,
    WEIGHT_MIN,
)


@dataclass(frozen=True, eq=False)
class Projection:
    """All synapses from one or several sources to one target.

    A spike of column j at step t adds weight[:, j], times its payload if it has one, to the sum
    that the target receives at step t + 1 + delay[j]. Columns with the same delay are summed first,
    then the sum is shifted:
    a_in = sum << weight_exp (>> for a negative exponent, rounding down).
    """

    target: str
    sources: tuple[str, ...]  # their neurons are the columns, in this order
    weight: I16 | Sparse  # [N, M] even, -256..254
    delay: I64  # [M] extra steps, 0..62
    weight_exp: int = 0  # -8..7

    def __post_init__(self) -> None:
        where = self.name
        object.__setattr__(self, "sources", tuple(self.sources))
        object.__setattr__(self, "weight_exp", int(self.weight_exp))
        if not self.sources:
            raise NetworkError(f"{where}: no sources", "name the populations it comes from")
        given = self.weight if isinstance(self.weight, Sparse) else np.asarray(self.weight)
        if len(given.shape) != 2 or np.shape(self.delay) != given.shape[1:]:
            raise NetworkError(
                f"{where}: weight {given.shape} does not fit delay {np.shape(self.delay)}",
                "give weight as [target, source neurons] and one delay per source neuron",
            )
        stored = given.weight if isinstance(given, Sparse) else given
        if not _all_even_8_bit(stored):
            wrong = ~((stored >= WEIGHT_MIN) & (stored <= WEIGHT_MAX) & (stored % 2 == 0))
            k = int(np.flatnonzero(wrong)[0])
            i, j = place(given, k)
            raise NetworkError(
                f"{where}: weight[{i}, {j}] = {stored.flat[k]} is not an even number in "
                f"{WEIGHT_MIN}..{WEIGHT_MAX}",
                "quantize it to signed 8 bits of step 2",
            )
        if not isinstance(given, Sparse):
            object.__setattr__(self, "weight", frozen(given, np.int16))
        object.__setattr__(self, "delay", frozen(self.delay, np.int64))
        for j in np.flatnonzero((self.delay < 0) | (self.delay > DELAY_MAX))[:1]:
            raise RegisterRangeError(f"{where}[{j}]", "delay", int(self.delay[j]), 0, DELAY_MAX)
        if not WEIGHT_EXPONENT_MIN <= self.weight_exp <= WEIGHT_EXPONENT_MAX:
            raise RegisterRangeError(
                where, "weight_exp", self.weight_exp, WEIGHT_EXPONENT_MIN, WEIGHT_EXPONENT_MAX
            )

    @property
    def name(self) -> str:
        """Readable name for errors and reports."""
        return f"{'+'.join(self.sources)}->{self.target}"

    @property
    def stored(self) -> I16:
        """The weights that take memory: the matrix, zeros included, or those of the list [S]."""
        return self.weight.weight if isinstance(self.weight, Sparse) else self.weight

    @property
    def matrix(self) -> I16:
        """[N, M] weights; made anew where they are a list."""
        return self.weight.dense() if isinstance(self.weight, Sparse) else self.weight

    def n_stored(self) -> I64:
        """[M] stored weights of each source neuron."""
        if isinstance(self.weight, Sparse):
            return np.diff(self.weight.start)
        return np.full(self.delay.size, len(self.weight))

    def fan_out(self) -> I64:
        """[M] non-zero synapses of each source neuron."""
        if isinstance(self.weight, Sparse):
            return self.n_stored()
        return np.asarray(np.count_nonzero(self.weight, axis=0), np.int64)

    def taken(self, targets: I64, sources: I64) -> I16 | Sparse:
        """The weights from some source neurons to some targets, in that order."""
        if isinstance(self.weight, Sparse):
            return self.weight.taken(targets, sources)
        if np.array_equal(sources, np.arange(self.delay.size)):
            return self.weight[targets]
        return self.weight[np.ix_(targets, sources)]


def place(weight: npt.NDArray[Any] | Sparse, k: int) -> tuple[int, int]:
    """Target and source of the k-th stored weight."""
    if isinstance(weight, Sparse):
        return int(weight.target[k]), int(weight.source[k])
    i, j = divmod(k, weight.shape[1])
    return int(i), int(j)


def _all_even_8_bit(weight: npt.NDArray[Any]) -> bool:
    """Whether a Projection can hold these weights; millions are checked at every start."""
    if weight.size == 0:
        return True
    if weight.dtype.kind not in "iu":
        return bool(np.all((weight >= WEIGHT_MIN) & (weight <= WEIGHT_MAX) & (weight % 2 == 0)))
    if weight.min() < WEIGHT_MIN or weight.max() > WEIGHT_MAX:
        return False
    return not int(np.bitwise_or.reduce(weight, axis=None)) & 1
