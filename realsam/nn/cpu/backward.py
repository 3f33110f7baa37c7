"""Kernels of the backward pass through LIF layers; only gradients are rounded.

The steps of a token are loops of their own over few arrays: only such loops become vector code.
Sources: `realsam.nn.lif`, whose gradients these are.
"""

import numpy as np

from realsam.arrays import F32, I32
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT
from realsam.nn.cpu.forward import active_of, kept
from realsam.nn.cpu.jit import rounded

_ZERO, _ONE = np.float32(0), np.float32(1)
_UNIT = np.float32(1 << STATE_SHIFT)
_MAX = np.float32(STATE_MAX)
_ATAN_SLOPE = np.float32(np.pi)  # of snntorch.surrogate.atan(alpha=2)


@rounded
def retrace_layer(
    peak: F32,
    heard_grad: F32,
    rate_grad: float,
    own: F32,
    keep: F32,
    threshold: F32,
    alive: F32,
    v: F32,
    s: F32,
    key: int,
    limit: int,
    first: int,
    batch: int,
    place: int,
    a_grad: F32,
    sums: F32,
    own_grad: F32,
    later: F32,
    scratch: F32,
) -> None:
    """Go back through a layer; nothing comes back from after the last token.

    Args:
        peak: [T, B, N] voltages before the threshold.
        heard_grad: [T, B, N] gradients of the spikes that others heard; overwritten.
        rate_grad: gradient of every spike through the firing rate.
        own: [G, n, n] recurrent weights, target by source; [0, 0, 0] for none.
        keep: [N] share of v that a token keeps.
        threshold: [N] thresholds in units of v.
        alive: [T, B] 0 where a document starts, else 1.
        v: [B, N] voltages before the first token.
        s: [B, N] spikes of the token before the first.
        key: of the dropout.
        limit: of the dropout.
        first: place of the first stream in the batch.
        batch: all streams.
        place: where the layer's sums begin in a_grad.
        a_grad: [T, B, K] receives the gradients of the sums.
        sums: [3, N] receives those of constant, keep and threshold.
        own_grad: [N, n] receives those of the recurrent weights, source by target.
        later: [2, B, N] scratch: gradients of v and s that come back from the next token.
        scratch: [2, N].
    """
    tokens, streams, n = peak.shape
    later_v, later_s = later[0], later[1]
    spike, before = scratch[0], scratch[1]
    active = np.empty(n + 1, np.int32)
    nothing = np.zeros(n, np.float32)
    later[:] = 0
    sums[:] = 0
    own_grad[:] = 0
    for t in range(tokens - 1, -1, -1):
        for b in range(streams):
            if limit:
                drop(heard_grad[t, b], (t * batch + first + b) * n, key, limit)
            for i in range(n):
                spike[i] = heard_grad[t, b, i] + later_s[b, i]
            grad = a_grad[t, b, place : place + n]
            through_step(peak[t, b], threshold, np.float32(rate_grad), spike, sums[2])
            through_leak(peak[t, b], threshold, spike, later_v[b], grad)
            for i in range(n):
                sums[0, i] += grad[i]
            if alive[t, b] == 0:
                later_v[b] = 0
                continue
            if t:
                reset(peak[t - 1, b], threshold, before)
            else:
                before[:] = v[b]
            back_in_time(grad, keep, before, later_v[b], sums[1])
            if own.size:
                if t:
                    n_active = active_of(peak[t - 1, b], threshold, active)
                else:
                    n_active = active_of(s[b], nothing, active)
                add_outer(grad, active[:n_active], own_grad)
        if own.size:
            own_product(a_grad[t], place, own, alive[t], later_s)


@rounded
def drop(x: F32, at: int, key: int, limit: int) -> None:
    """Set x [N] to zero where neurons are dropped, the first at index `at` of the mask."""
    for i in range(x.size):
        x[i] = x[i] if kept(at + i, key, limit) else _ZERO


@rounded
def through_step(peak: F32, threshold: F32, rate_grad: float, spike: F32, total: F32) -> None:
    """Take gradients [N] of spikes through the surrogate; adds those of thresholds to total."""
    for i in range(peak.size):
        x = _ATAN_SLOPE * (peak[i] / threshold[i] - _ONE)
        spike[i] = (spike[i] + rate_grad) / ((_ONE + x * x) * threshold[i])
    for i in range(peak.size):
        total[i] += spike[i] * peak[i]


@rounded
def through_leak(peak: F32, threshold: F32, spike: F32, later_v: F32, grad: F32) -> None:
    """Write the gradients [N] of the sums."""
    for i in range(peak.size):
        stays = later_v[i] if peak[i] <= threshold[i] else _ZERO
        grad[i] = (spike[i] + stays) * _UNIT if abs(peak[i]) < _MAX else _ZERO


@rounded
def reset(peak: F32, threshold: F32, v: F32) -> None:
    """Write the voltages [N] after the threshold."""
    for i in range(peak.size):
        v[i] = _ZERO if peak[i] > threshold[i] else peak[i]


@rounded
def back_in_time(grad: F32, keep: F32, before: F32, later_v: F32, total: F32) -> None:
    """Write the gradients [N] of the voltages before a token; adds those of keep to total."""
    for i in range(grad.size):
        later_v[i] = grad[i] / _UNIT * keep[i]
    for i in range(grad.size):
        total[i] += grad[i] / _UNIT * before[i]


@rounded
def add_outer(grad: F32, active: I32, own_grad: F32) -> None:
    """Add the gradients [N] of a block's sums to the rows [N, n] of its active sources."""
    n = own_grad.shape[1]
    for k in range(active.size):
        j = active[k]
        row, block = own_grad[j], grad[j // n * n : (j // n + 1) * n]
        for i in range(n):
            row[i] += block[i]


@rounded
def own_product(a_grad: F32, place: int, own: F32, alive: F32, later_s: F32) -> None:
    """Write gradients [B, N] of the spikes a token ago; `a_grad` [B, K] of the sums they gave."""
    n = own.shape[1]
    later_s[:] = 0
    for g in range(own.shape[0]):
        left, right = g * n, (g + 1) * n
        for j in range(0, n - n % 8, 8):
            p, q, r, s = own[g, j], own[g, j + 1], own[g, j + 2], own[g, j + 3]
            w, x, y, z = own[g, j + 4], own[g, j + 5], own[g, j + 6], own[g, j + 7]
            for b in range(later_s.shape[0]):
                if alive[b] == 0:
                    continue
                c, row = a_grad[b, place + left + j : place + left + j + 8], later_s[b, left:right]
                c0, c1, c2, c3, c4, c5, c6, c7 = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
                for i in range(n):
                    row[i] += (c0 * p[i] + c1 * q[i] + c2 * r[i] + c3 * s[i]) + (
                        c4 * w[i] + c5 * x[i] + c6 * y[i] + c7 * z[i]
                    )
        for j in range(n - n % 8, n):
            p = own[g, j]
            for b in range(later_s.shape[0]):
                c0, row = a_grad[b, place + left + j] * alive[b], later_s[b, left:right]
                for i in range(n):
                    row[i] += c0 * p[i]
