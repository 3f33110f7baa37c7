"""Loihi's integer arithmetic, defined once; everything else calls it or is tested against it.

One chip step of a current-based leaky integrate-and-fire neuron:

    u = wrap(decay(u, du + 1) + (a_in << 6))
    v = clip(decay(v, dv) + u + bias)
    s = v > (vth << 6);  v = 0 where s

Sources: lava-nc 0.10.0, `lava/proc/lif/models.py` (PyLifModelBitAcc); ADR-0002.
"""

import numpy as np

from realsam.arrays import I64
from realsam.errors import CurrentOverflowError

DECAY_BITS = 12  # decay constants are fractions of 4096
DECAY_ONE = 1 << DECAY_BITS
STATE_SHIFT = 6  # inputs and thresholds are shifted left by 6 before they meet the state
STATE_MAX = (1 << 23) - 1  # u and v are 24-bit registers
STATE_SPAN = 1 << 24


def decay(x: I64, k: I64 | int) -> I64:
    """Take the fraction k / 4096 off x, rounding toward zero.

    Args:
        x: [...] state, |x| <= 2**23.
        k: [...] effective decay, 0..4096 (for u: register du + 1).
    """
    # Shift the magnitude: >> on a negative number would round away from zero.
    magnitude: I64 = np.abs(x)
    kept: I64 = np.sign(x) * (magnitude * (DECAY_ONE - k) >> DECAY_BITS)
    return kept


def decay_steps(x: I64, k: I64 | int, steps: int) -> I64:
    """Apply `decay` steps times: a token's worth of leak, truncation included."""
    for _ in range(steps):
        x = decay(x, k)
    return x


def wrap(u: I64) -> I64:
    """Wrap u once into (-2**23, 2**23], as Lava does for |u| < 3 * 2**23.

    The value 2**23 itself stays, although it is no 24-bit number: so does Lava's.
    """
    u = np.where(u > STATE_MAX + 1, u - STATE_SPAN, u)
    wrapped: I64 = np.where(u <= -STATE_MAX - 1, u + STATE_SPAN, u)
    return wrapped


def refuse_overflow(population: str, u: I64, step: int) -> None:
    """Refuse currents [N] that `wrap` would change: what strict mode does.

    Raises:
        CurrentOverflowError: naming the first neuron with |u| >= 2**23.
    """
    for i in np.flatnonzero(np.abs(u) > STATE_MAX)[:1]:
        raise CurrentOverflowError(f"{population}[{i}]", int(u[i]), step)


def clip(v: I64) -> I64:
    """Saturate v at +-(2**23 - 1)."""
    clipped: I64 = np.clip(v, -STATE_MAX, STATE_MAX)
    return clipped


def shift_sum(a: I64, exponent: int) -> I64:
    """Apply a weight exponent to a sum of weights: << if positive, floor >> if negative."""
    shifted: I64 = a << exponent if exponent > 0 else a >> -exponent
    return shifted
