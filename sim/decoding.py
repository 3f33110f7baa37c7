"""Kernels of the host: the decoder's product and the choice of a token, on any backend.

Equal to `realsam.ir`'s own to the last bit, and the same on every machine.
Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox4x64-10, its
constants included).
"""

import math
from typing import Any

import numpy as np

from realsam.arrays import I8, I16, I64
from realsam.ir.sampler import OCTAVE_STEPS, POWERS, SHARE_BITS, WEIGHT_BITS
from sim.jit import jit

Word = np.uint64
_FACTORS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_WEYL = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_ROUNDS = 10


def int8_product(matrix: I8, y: I64) -> I64:
    """Multiply [V, D] int8 by [D] integers |y| <= 2**17, exactly, for D <= 256."""
    result = np.empty(len(matrix), np.int64)
    multiply(matrix, y, np.empty(y.size, np.int16), result)
    return result


@jit
def multiply(matrix: I8, y: I64, small: I16, result: I64) -> None:
    """Give `int8_product`; writes small [D] and result [V]."""
    largest = 0
    for j in range(y.size):
        largest = max(largest, abs(y[j]))
    if largest >= 1 << 15:
        for r in range(matrix.shape[0]):
            result[r] = _dot(matrix[r], y)
        return
    for j in range(y.size):
        small[j] = y[j]
    for r in range(matrix.shape[0]):
        result[r] = _small_dot(matrix[r], small)


@jit
def _small_dot(row: I8, small: I16) -> int:
    # Below 2**30: 256 products of 2**7 and 2**15. With every step cast back to 32 bits the
    # loop becomes the multiply-add of pairs that processors have for 16-bit integers.
    total = np.int32(0)
    for j in range(row.size):
        total = np.int32(total + np.int32(np.int32(row[j]) * np.int32(small[j])))
    return int(total)


@jit
def _dot(row: I8, y: I64) -> int:
    total = 0
    for j in range(row.size):
        total += row[j] * y[j]
    return total


@jit
def nats_of(logits: I64, nats_per_logit: float, token: int) -> float:
    """Negative log-likelihood of a token."""
    highest = logits[0]
    for i in range(logits.size):
        highest = max(highest, logits[i])
    total = 0.0
    for i in range(logits.size):
        total += math.exp((logits[i] - highest) * nats_per_logit)
    nats: float = math.log(total) - (logits[token] - highest) * nats_per_logit
    return nats


def choose(logits: I64, top_k: int, scale: int, share: int, seed: Word, position: int) -> int:
    """Give the token of `realsam.ir.sampler.choose`."""
    if 4 * top_k >= logits.size:
        order = np.argsort(-logits, kind="stable")[:top_k]
    else:
        order = np.empty(top_k, np.int64)
        find_likeliest(logits, order)
    total = np.empty(top_k, np.int64)
    return int(draw(logits, order, scale, share, int(seed), position, total))


@jit
def draw(
    logits: I64, order: I64, scale: int, share: int, seed: Word, position: int, total: I64
) -> int:
    """Draw one of the tokens of order [k], the likeliest first; writes total [k]."""
    highest = logits[order[0]]
    farthest = (WEIGHT_BITS * OCTAVE_STEPS << 20) // scale + 1
    running = np.int64(0)
    for i in range(order.size):
        steps = min(highest - logits[order[i]], farthest) * scale >> 20
        running += POWERS[steps % OCTAVE_STEPS] >> min(steps // OCTAVE_STEPS, 62)
        total[i] = running
    # running * share rounded up, in parts: the sum is below 2**60, its product is not.
    low = running & ((1 << SHARE_BITS) - 1)
    needed = (running >> SHARE_BITS) * share - (-low * share >> SHARE_BITS)
    kept = total[np.searchsorted(total, needed)]
    word = first_word(np.uint64(seed), np.uint64(position))
    target = np.int64(_product(word, np.uint64(kept))[0])
    token: int = order[np.searchsorted(total, target, side="right")]
    return token


@jit
def find_likeliest(logits: I64, order: I64) -> None:
    """Find the k likeliest tokens; of equal ones the lower id first. Writes order [k]."""
    k = order.size
    n = 0
    least = np.int64(0)
    for token in range(logits.size):
        logit = logits[token]
        if n == k and logit <= least:  # an equal one came earlier
            continue
        i = min(n, k - 1)
        while i > 0 and logits[order[i - 1]] < logit:
            order[i] = order[i - 1]
            i -= 1
        order[i] = token
        n = min(n + 1, k)
        least = logits[order[n - 1]]


@jit
def _product(a: Word, b: Word) -> Any:
    """Upper and lower 64 bits of a product, by halves: nothing on the way overflows."""
    a_low, a_high, b_low, b_high = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> _HALF)
    other = a_low * b_high + (middle & _LOW)
    upper = a_high * b_high + (middle >> _HALF) + (other >> _HALF)
    return upper, (other & _LOW) << _HALF | low & _LOW


@jit
def _sum(a: Word, b: Word) -> Any:
    """Lower 64 bits of a sum."""
    low = (a & _LOW) + (b & _LOW)
    high = (a >> _HALF) + (b >> _HALF) + (low >> _HALF)
    return (high & _LOW) << _HALF | low & _LOW


@jit
def first_word(key: Word, counter: Word) -> Word:
    """First word of the Philox block after `counter`, with keys and counters of 64 bits."""
    a, b, c, d = counter + np.uint64(1), np.uint64(0), np.uint64(0), np.uint64(0)
    other = np.uint64(0)
    for _ in range(_ROUNDS):
        a_high, a_low = _product(_FACTORS[0], a)
        c_high, c_low = _product(_FACTORS[1], c)
        a, b, c, d = c_high ^ b ^ key, c_low, a_high ^ d ^ other, a_low
        key, other = _sum(key, _WEYL[0]), _sum(other, _WEYL[1])
    return a
