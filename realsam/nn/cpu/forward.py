"""Kernels of the forward pass: LIF layers over all tokens of some streams, following the spikes.

Sums are integers: half weights are int8 and source-major, so that a spike reads one row, and up to
256 rows are summed in 16 bits before they are added to int32. A decay is trunc(v * keep) in
float64, whose 53 bits hold the 36 bits of the product.
Sources: `realsam.nn.lif`, which these kernels equal bit for bit; `realsam.nn.dropout`.
"""

from typing import Any

import numpy as np

from realsam.arrays import F32, F64, I8, I16, I32, I64
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT, STATE_SPAN
from realsam.nn.cpu.jit import exact
from realsam.nn.dropout import FIRST, SECOND, WORD

_PART = 256  # half weights whose sum fits 16 bits


@exact
def add_rows(rows: I8, active: I32, part: I16, total: I32) -> None:
    """Add twice the rows [M, N] of the active sources to total [N], in place.

    Args:
        rows: half weights.
        active: [n] the sources.
        part: [N] scratch.
        total: [N] sums; written.
    """
    begin = 0
    while begin < active.size:
        end = min(begin + _PART, active.size)
        part[:] = 0
        k = begin
        while k + 8 <= end:
            a, b, c, d = (
                rows[active[k]],
                rows[active[k + 1]],
                rows[active[k + 2]],
                rows[active[k + 3]],
            )
            e, f, g, h = (
                rows[active[k + 4]],
                rows[active[k + 5]],
                rows[active[k + 6]],
                rows[active[k + 7]],
            )
            for i in range(part.size):
                part[i] += np.int16(a[i]) + b[i] + c[i] + d[i] + e[i] + f[i] + g[i] + h[i]
            k += 8
        while k < end:
            a = rows[active[k]]
            for i in range(part.size):
                part[i] += a[i]
            k += 1
        for i in range(part.size):
            total[i] += np.int32(part[i]) * 2
        begin = end


@exact
def add_own(rows: I8, active: I32, part: I16, total: I32) -> None:
    """Add twice the rows [N, n] of a layer's active neurons, each to its own block of total [N]."""
    n, k = rows.shape[1], 0
    while k < active.size:
        block = active[k] // n
        first = k
        while k < active.size and active[k] // n == block:
            k += 1
        add_rows(rows, active[first:k], part[:n], total[block * n : (block + 1) * n])


@exact
def mix(x: np.uint64) -> np.uint64:
    """`realsam.nn.dropout.mix` of a 32-bit word."""
    y = x ^ (x >> np.uint64(16))
    y = (y * np.uint64(FIRST)) & np.uint64(WORD)
    y = y ^ (y >> np.uint64(13))
    y = (y * np.uint64(SECOND)) & np.uint64(WORD)
    return y ^ (y >> np.uint64(16))


@exact
def kept(index: int, key: int, limit: int) -> Any:
    """`realsam.nn.dropout.kept` of one element, a bool."""
    word = mix(np.uint64(index) & np.uint64(WORD)) + np.uint64(key)
    return mix(word & np.uint64(WORD)) >> np.uint64(1) >= np.uint64(limit)


@exact
def current(a: int) -> float:
    """Give wrap(a << 6)."""
    u = a * np.float64(1 << STATE_SHIFT)
    if u > STATE_MAX + 1:
        u -= STATE_SPAN
    if u <= -STATE_MAX - 1:
        u += STATE_SPAN
    return u


@exact
def advance(v: F64, total: I32, keep: F64, threshold: F64, steps: int, peak: F32) -> None:
    """Play one token of a layer: writes v [N], and the voltages before the threshold to peak."""
    for _ in range(steps):
        for i in range(v.size):
            v[i] = np.trunc(v[i] * keep[i])
    for i in range(v.size):
        x = min(max(v[i] + current(total[i]), -STATE_MAX), STATE_MAX)
        peak[i] = x
        v[i] = 0.0 if x > threshold[i] else x


@exact
def active_of(x: F32, threshold: F32, active: I32) -> int:
    """Number of neurons with x > threshold; writes them to active, in order."""
    count = 0
    for i in range(x.size):
        active[count] = i
        count += x[i] > threshold[i]
    return count


@exact
def code_sums(rows: I8, constant: I32, codes: F32, sums: I32) -> None:
    """Write sums [U, N]: twice the half weights [M, N] of codes [U, M], and of a constant [N]."""
    part, active = np.empty(constant.size, np.int16), np.empty(codes.shape[1] + 1, np.int32)
    silence = np.zeros(codes.shape[1], np.float32)
    for code in range(codes.shape[0]):
        sums[code] = constant
        add_rows(rows, active[: active_of(codes[code], silence, active)], part, sums[code])


@exact
def play_layer(
    rows: I8,
    own: I8,
    sums: I32,
    code: I64,
    keep: F64,
    threshold: F64,
    steps: int,
    alive: F32,
    v: F32,
    s: F32,
    line: int,
    key: int,
    limit: int,
    first: int,
    batch: int,
    heard: I32,
    n_heard: I32,
    peak: F32,
) -> int:
    """Play a layer; returns its number of spikes.

    Args:
        rows: [M, N] half weights from earlier layers.
        own: [N, n] half weights from a neuron to its block; [0, 0] for no recurrence.
        sums: [U, N] what each code gives.
        code: [T, B] place of a token's code.
        keep: [N] share of v that one decay keeps.
        threshold: [N] thresholds in units of v.
        steps: P, chip steps per token.
        alive: [T, B] 0 where a document starts, else 1.
        v: [B, N] voltages before the first token; becomes those after the last.
        s: [B, N] spikes of the token before the first; becomes those of the last.
        line: place of the layer's first neuron among those of all layers.
        key: of the dropout.
        limit: of the dropout.
        first: place of the first stream in the batch.
        batch: all streams.
        heard: [T, B, L * N] neurons that are heard after dropout; appended to.
        n_heard: [T, B] how many; written.
        peak: [T, B, N] receives the voltages before the threshold.
    """
    n = keep.size
    state, total, part = np.empty(n), np.empty(n, np.int32), np.empty(n, np.int16)
    low, silence = threshold.astype(np.float32), np.zeros(n, np.float32)
    active = np.empty(n + 1, np.int32)
    n_spikes = 0
    for b in range(v.shape[0]):
        state[:] = v[b]
        n_active = active_of(s[b], silence, active)
        for t in range(alive.shape[0]):
            if alive[t, b] == 0:
                state[:] = 0
                n_active = 0
            total[:] = sums[code[t, b]]
            add_rows(rows, heard[t, b, : n_heard[t, b]], part, total)
            if own.size:
                add_own(own, active[:n_active], part, total)
            advance(state, total, keep, threshold, steps, peak[t, b])
            n_active = active_of(peak[t, b], low, active)
            n_spikes += n_active
            count = n_heard[t, b]
            at = (t * batch + first + b) * n
            for k in range(n_active):
                if limit == 0 or kept(at + active[k], key, limit):
                    heard[t, b, count] = line + active[k]
                    count += 1
            n_heard[t, b] = count
        v[b] = state
        s[b] = 0
        for k in range(n_active):
            s[b, active[k]] = 1
    return n_spikes


@exact
def play_readout(rows: I8, sums: I32, code: I64, heard: I32, n_heard: I32, voltage: F32) -> None:
    """Play a readout: writes its voltages [T, B, D]; see `play_layer`."""
    total, part = np.empty(rows.shape[1], np.int32), np.empty(rows.shape[1], np.int16)
    for t in range(voltage.shape[0]):
        for b in range(voltage.shape[1]):
            total[:] = sums[code[t, b]]
            add_rows(rows, heard[t, b, : n_heard[t, b]], part, total)
            for i in range(total.size):
                voltage[t, b, i] = min(max(current(total[i]), -STATE_MAX), STATE_MAX)
