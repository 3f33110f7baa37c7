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
COARSE = 0.015  # rms error from which the weights of a projection get two exponents
_FULL_MAX = 4  # weights of that size hold every current that does not wrap
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
            f"{where}: a weight of {largest:,.6g} is more than {REACH:,}, in units of the chip",
            "use --scaling best",
        )
    weight = np.rint(values * 2.0 ** -(exp + 1)).astype(np.int16)
    weight *= 2
    return weight, exp


def by_size(
    where: str, values: F64, largest: float, above: float = COARSE
) -> list[tuple[I16, int]]:
    """Weights in one exponent, or in two if few large ones leave the others too few bits.

    Every weight has one synapse all the same: it is 0 in one of the two.
    """
    weight, exp = rounded(where, values, largest)
    best, terms = _error(values, np.asarray(weight * 2.0**exp, np.float64)), [(weight, exp)]
    if best <= above:
        return terms
    for lower in range(exp - 1, EXPONENT_MIN - 1, -1):
        small = np.abs(values) <= WEIGHT_MAX * 2.0**lower
        fine = np.where(small, np.rint(values * 2.0 ** -(lower + 1)) * 2, 0).astype(np.int16)
        coarse = np.where(small, 0, weight).astype(np.int16)
        error = _error(values, fine * 2.0**lower + coarse * 2.0**exp)
        if error < best:
            best, terms = error, [(coarse, exp), (fine, lower)]
    return [(w, e) for w, e in terms if w.any()]


def _error(wanted: F64, got: F64) -> float:
    """Root of the mean square error over the root of the mean square."""
    power = float(np.sum(wanted**2))
    return float(np.sqrt(np.sum((wanted - got) ** 2) / power)) if power else 0.0


def exact_exponent(integers: F64) -> int | None:
    """The exponent that holds these integers as they are, 0 before the others; None: none does."""
    largest = float(np.abs(integers).max(initial=0))
    for exp in (0, EXPONENT_MIN, *range(1, WEIGHT_EXPONENT_MAX + 1)):
        step = 2.0 ** (exp + 1)
        if largest <= WEIGHT_MAX * step / 2 and not np.any(np.fmod(integers, step)):
            return int(exp)
    return None


def several_terms(where: str, values: F64) -> list[tuple[I16, int]]:
    """Weights per value whose sum is the value, to about 14 bits: two, or more if it is large.

    For biases: one source that always spikes may have as many synapses as precision needs.

    Raises:
        ExportError: if it is more than a current could hold.
    """
    largest = float(np.abs(values).max(initial=0))
    n_full = min(math.ceil(largest / REACH) - 1, _FULL_MAX) if largest > REACH else 0
    rest, terms = values, []
    for k in range(n_full + 2):
        wanted = np.clip(rest, -REACH, REACH) if k < n_full else rest
        if (largest := float(np.abs(wanted).max(initial=0))) < 0.5:
            break
        weight, exp = rounded(where, wanted, largest)
        if weight.any():
            terms.append((weight, exp))
        rest = rest - weight * 2.0**exp
    return terms
