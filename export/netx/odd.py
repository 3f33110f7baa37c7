"""Odd weights, which stock netx runs and chips do not have, as even ones.

Twice a weight at exponent -1 is the weight: (2 sum) >> 1 loses nothing. Weights of more than 7 bits
keep their even part, and the 1 that is missing is a projection of its own.

Sources: lava-dl 0.6.0 `lava/lib/dl/netx/utils.py` (optimize_weight_bits: -256..254, 255 where no
weight is negative); lava-nc 0.10.0 `proc/dense/models.py` (the shift follows the sum).
"""

import numpy as np

from realsam.arrays import I16
from realsam.limits import WEIGHT_MAX, WEIGHT_MIN


def even_terms(weight: I16) -> list[tuple[I16, int]]:
    """Even weights and exponents that do together what weights of any parity do.

    What is out of range stays as it is: a Projection refuses it by its own number.
    """
    low, high = int(weight.min(initial=0)), int(weight.max(initial=0))
    ones: I16 = weight & np.int16(1)
    out_of_range = low < WEIGHT_MIN or high > WEIGHT_MAX + (low == 0)
    if out_of_range or not ones.any():
        return [(weight, 0)]
    if low >= WEIGHT_MIN // 2 and high <= WEIGHT_MAX // 2:
        return [(weight * np.int16(2), -1)]
    return [(weight - ones, 0), (ones * np.int16(2), -1)]
