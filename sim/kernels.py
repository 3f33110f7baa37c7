"""Numba kernels of the token engine: event-driven, integer, allocation-free.

They give the bits of `sim.reference`; those of the step engine are in `sim.step_kernels`.

Weights are stored halved (they are even) as int8 and source-major, so that one spike reads one
contiguous row. Rows are always taken as views: indexing a flat array by hand would keep the
loops from vectorising, which costs a factor of ten.
"""

import numpy as np

from realsam.arrays import F64, I8, I32, I64, U8
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT, STATE_SPAN
from sim.jit import jit


@jit
def add_rows(weights: I8, active: I64, total: I32) -> None:
    """Add rows of the active sources [n] to total [N], in place; weights are [M * N]."""
    n = total.size
    k = 0
    while k + 4 <= active.size:
        p, q, r, s = active[k] * n, active[k + 1] * n, active[k + 2] * n, active[k + 3] * n
        a, b, c, d = weights[p : p + n], weights[q : q + n], weights[r : r + n], weights[s : s + n]
        for i in range(n):
            total[i] += np.int32(a[i]) + b[i] + c[i] + d[i]
        k += 4
    while k < active.size:
        p = active[k] * n
        a = weights[p : p + n]
        for i in range(n):
            total[i] += a[i]
        k += 1


@jit
def leak(v: F64, keep: F64, steps: int) -> None:
    """Apply the truncating decay `steps` times to v [N], in place.

    trunc(v * keep) is exact in float64, whose 53 bits hold the 36 bits of the product.
    """
    for _ in range(steps):
        for i in range(v.size):
            v[i] = np.trunc(v[i] * keep[i])


@jit
def fire(v: F64, total: I32, threshold: F64, fired: U8, active: I64) -> int:
    """Add the input to v [N], spike and reset; writes v, fired and active, returns their number.

    `total` holds half weights, so one unit is 2 << 6.
    """
    count = 0
    for i in range(v.size):
        u = total[i] * (2.0 * (1 << STATE_SHIFT))
        if u > STATE_MAX + 1:
            u -= STATE_SPAN
        if u <= -STATE_MAX - 1:
            u += STATE_SPAN
        peak = min(max(v[i] + u, -STATE_MAX), STATE_MAX)
        spikes = peak > threshold[i]
        fired[i] = spikes
        v[i] = 0.0 if spikes else peak
        active[count] = i
        count += spikes
    return count


@jit
def sum_input(
    lines: I64, first: I64, source: I64, row: I64, place: I64, start: I64, weights: I8, total: I32
) -> None:
    """Sum up what the active input lines [n] put into every layer; see `play_token`."""
    total[:] = 0
    for layer in range(first.size - 1):
        begin, end = start[layer + 1], start[layer + 2]
        own = weights[place[layer] : place[layer + 1]]
        for k in range(first[layer], first[layer + 1]):
            if source[k] == 0:
                rows = own[row[k] * (end - begin) :]
                add_rows(rows, lines, total[begin - start[1] : end - start[1]])


@jit
def play_token(
    given: I32,
    first: I64,
    source: I64,
    row: I64,
    place: I64,
    start: I64,
    weights: I8,
    keep: F64,
    threshold: F64,
    steps: int,
    v: F64,
    fired: U8,
    active: I64,
    n_active: I64,
    total: I32,
) -> None:
    """Play one token through every layer.

    Args:
        given: [sum of N] half weights that the input puts into the layers, see `sum_input`.
        first: [L + 1] where the sources of each layer begin in `source` and `row`.
        source: [n] population of each source; 0 is the input.
        row: [n] its first row among the weights of its layer.
        place: [L + 1] where the weights of each layer begin.
        start: [L + 2] where each population begins in the spike vector, the input first.
        weights: half weights of all layers, flat.
        keep: [S] share of v that one decay keeps, all populations.
        threshold: [S] thresholds in units of v.
        steps: P, chip steps per token.
        v: [S] voltages; written.
        fired: [S] spikes; written.
        active: [L + 1, N + 1] which neurons fired; written.
        n_active: [L + 1] how many; written.
        total: [sum of N] input of all layers, in half weights; written.
    """
    for layer in range(first.size - 1):
        begin, end = start[layer + 1], start[layer + 2]
        sums = total[begin - start[1] : end - start[1]]
        for i in range(sums.size):  # a slice would be copied once more
            sums[i] = given[begin - start[1] + i]
        own = weights[place[layer] : place[layer + 1]]
        for k in range(first[layer], first[layer + 1]):
            if source[k] > 0:
                # Earlier layers hold this token's spikes, the layer itself those of the last one.
                neurons = active[source[k], : n_active[source[k]]]
                add_rows(own[row[k] * (end - begin) :], neurons, sums)
        leak(v[begin:end], keep[begin:end], steps)
        n_active[layer + 1] = fire(
            v[begin:end], sums, threshold[begin:end], fired[begin:end], active[layer + 1]
        )
