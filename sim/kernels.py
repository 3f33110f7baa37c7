"""Numba kernels: event-driven, integer, allocation-free; the bits of `sim.reference`.

Weights are stored halved (they are even) as int8 and source-major, so that one spike reads one
contiguous row. Rows are always taken as views: indexing a flat array by hand would keep the
loops from vectorising, which costs a factor of ten.
"""

import numpy as np

from realsam.arrays import F64, I8, I32, I64, U8
from realsam.fixedpoint import DECAY_BITS, DECAY_ONE, STATE_MAX, STATE_SHIFT, STATE_SPAN
from sim.jit import jit


@jit
def add_rows(rows: I8, active: I64, total: I32) -> None:
    """Add rows [M, N] of the active sources [n] to total [N], in place."""
    k = 0
    while k + 4 <= active.size:
        a, b, c, d = rows[active[k]], rows[active[k + 1]], rows[active[k + 2]], rows[active[k + 3]]
        _add_four(a, b, c, d, total)
        k += 4
    while k < active.size:
        _add_one(rows[active[k]], total)
        k += 1


@jit
def add_stretches(weights: I8, active: I64, total: I32) -> None:
    """Do the same with weights that stand row after row: [M * N]."""
    n = total.size
    k = 0
    while k + 4 <= active.size:
        a, b, c, d = active[k] * n, active[k + 1] * n, active[k + 2] * n, active[k + 3] * n
        _add_four(
            weights[a : a + n], weights[b : b + n], weights[c : c + n], weights[d : d + n], total
        )
        k += 4
    while k < active.size:
        a = active[k] * n
        _add_one(weights[a : a + n], total)
        k += 1


@jit
def _add_four(a: I8, b: I8, c: I8, d: I8, total: I32) -> None:
    for i in range(total.size):
        total[i] += np.int32(a[i]) + b[i] + c[i] + d[i]


@jit
def _add_one(a: I8, total: I32) -> None:
    for i in range(total.size):
        total[i] += a[i]


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
                add_stretches(rows, lines, total[begin - start[1] : end - start[1]])


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
                add_stretches(own[row[k] * (end - begin) :], neurons, sums)
        leak(v[begin:end], keep[begin:end], steps)
        n_active[layer + 1] = fire(
            v[begin:end], sums, threshold[begin:end], fired[begin:end], active[layer + 1]
        )


@jit
def project(
    rows: I8,
    columns: I64,
    first: I64,
    delay: I64,
    exponent: int,
    fired: U8,
    ring: I64,
    time: int,
    active: I64,
    total: I32,
) -> None:
    """Put the spikes of this step on their way through one projection.

    Args:
        rows: [M, N] half weights, columns of one delay side by side.
        columns: [M] neuron of each row in the spike vector.
        first: [D + 1] where the rows of each delay begin.
        delay: [D] the delays.
        exponent: weight exponent.
        fired: [S] spikes of this step.
        ring: [R, N] sums on their way, by time of arrival modulo R; written.
        time: this step.
        active: [M] scratch.
        total: [N] scratch.
    """
    for d in range(delay.size):
        count = 0
        for j in range(first[d], first[d + 1]):
            if fired[columns[j]]:
                active[count] = j
                count += 1
        if count == 0:
            continue
        total[:] = 0
        add_rows(rows, active[:count], total)
        arrival = ring[(time + 1 + delay[d]) % len(ring)]
        for i in range(total.size):
            # The shift is of the sum of one delay, as the chip makes it.
            whole = np.int64(total[i]) * 2
            arrival[i] += whole << exponent if exponent > 0 else whole >> -exponent


@jit
def update(
    du: I64, dv: I64, bias: I64, vth: I64, a_in: I64, u: I64, v: I64, fired: U8, strict: bool
) -> int:
    """Advance one population by one chip step; writes u, v and fired, [N] each.

    Returns -1, or in strict mode the first neuron whose current overflows.
    """
    for i in range(u.size):
        x = _decay(u[i], du[i] + 1) + (a_in[i] << STATE_SHIFT)
        if strict and abs(x) > STATE_MAX:
            u[i] = x  # for the message
            return i
        if x > STATE_MAX + 1:
            x -= STATE_SPAN
        if x <= -STATE_MAX - 1:
            x += STATE_SPAN
        u[i] = x
        peak = min(max(_decay(v[i], dv[i]) + x + bias[i], -STATE_MAX), STATE_MAX)
        fired[i] = peak > vth[i] << STATE_SHIFT
        v[i] = 0 if fired[i] else peak
    return -1


@jit
def _decay(x: int, k: int) -> int:
    kept = abs(x) * (DECAY_ONE - k) >> DECAY_BITS
    return kept if x >= 0 else -kept
