"""Real weights in units of a_in -> 8-bit even weights and an exponent, never clipped.

weight << weight_exp is a_in. At exponent -1 the weights 2 w give the integers w without loss; lower
exponents would round sums, and are not used.
"""

import math

import numpy as np

from realsam.arrays import F64, I16
from realsam.errors import ExportError
from realsam.limits import WEIGHT_EXPONENT_MAX, WEIGHT_MAX

EXPONENT_MIN = -1
REACH = WEIGHT_MAX << WEIGHT_EXPONENT_MAX  # the largest |weighted spike| of a projection


def exponent(largest: float) -> int:
    """The smallest exponent whose weights reach a magnitude of `largest`, in units of a_in."""
    if largest <= 0:
        return 0
    needed = math.ceil(math.log2(largest / WEIGHT_MAX))
    while largest > WEIGHT_MAX * 2.0**needed:  # log2 may be a bit off
        needed += 1
    return max(EXPONENT_MIN, needed)


def rounded(where: str, values: F64, largest: float, least: int = EXPONENT_MIN) -> tuple[I16, int]:
    """Weights and their exponent, each rounded to the nearest.

    Raises:
        ExportError: if no exponent reaches the largest of them.
    """
    exp = max(least, exponent(largest))
    if exp > WEIGHT_EXPONENT_MAX:
        raise ExportError(
            f"{where}: a weight of {largest:,.0f} is more than {REACH:,}, in units of the chip",
            "use --scaling best",
        )
    weight = np.rint(values * 2.0 ** -(exp + 1)).astype(np.int16)
    weight *= 2
    return weight, exp


def exact_exponent(integers: F64) -> int | None:
    """The exponent that holds these integers as they are, 0 before the others; None: none does."""
    largest = float(np.abs(integers).max(initial=0))
    for exp in (0, EXPONENT_MIN, *range(1, WEIGHT_EXPONENT_MAX + 1)):
        step = 2.0 ** (exp + 1)
        if largest <= WEIGHT_MAX * step / 2 and not np.any(np.fmod(integers, step)):
            return int(exp)
    return None


def two_terms(where: str, values: F64) -> list[tuple[I16, int]]:
    """Up to two weights per value whose sum is the value, to about 14 bits.

    For biases: one source that always spikes may have as many synapses as precision needs.
    """
    rest, terms = values, []
    for _ in range(2):
        largest = float(np.abs(rest).max(initial=0))
        if largest < 0.5:
            break
        weight, exp = rounded(where, rest, largest)
        if weight.any():
            terms.append((weight, exp))
        rest = rest - weight * 2.0**exp
    return terms
