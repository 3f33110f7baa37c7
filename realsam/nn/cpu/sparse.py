"""Kernels: gradients of weights whose sources spike seldom.

A weight's gradient is a sum over the rows (a token of a stream) in which its source was heard. The
lists by row that the forward pass made are turned into lists by source; each source then gathers.
"""

import numpy as np

from realsam.arrays import F32, I8, I32
from realsam.nn.cpu.jit import exact, rounded


@exact
def by_source(heard: I32, n_heard: I32, start: I32, row: I32) -> None:
    """Turn lists by row into lists by source.

    Args:
        heard: [R, M] sources heard in each row.
        n_heard: [R] how many.
        start: [M + 2] zeros; receives where the list of each source begins and, after it, ends.
        row: [n] receives the rows of all lists.
    """
    for r in range(n_heard.size):
        for k in range(n_heard[r]):
            start[heard[r, k] + 2] += 1
    for m in range(2, start.size):
        start[m] += start[m - 1]
    for r in range(n_heard.size):
        for k in range(n_heard[r]):
            m = heard[r, k] + 1
            row[start[m]] = r
            start[m] += 1


@rounded
def gather(start: I32, row: I32, grad: F32, total: F32) -> None:
    """Add to each source the gradients of the rows in which it was heard.

    Args:
        start: [M + 2] see `by_source`.
        row: [n] see `by_source`.
        grad: [R, C] gradients of some sums.
        total: [S, C] sums of the first S sources; written.
    """
    for m in range(total.shape[0]):
        rows = row[start[m] : start[m + 1]]
        out, k = total[m], 0
        while k + 8 <= rows.size:
            a, b, c, d = grad[rows[k]], grad[rows[k + 1]], grad[rows[k + 2]], grad[rows[k + 3]]
            e, f, g, h = grad[rows[k + 4]], grad[rows[k + 5]], grad[rows[k + 6]], grad[rows[k + 7]]
            for i in range(out.size):
                out[i] += ((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + (g[i] + h[i]))
            k += 8
        while k < rows.size:
            a = grad[rows[k]]
            for i in range(out.size):
                out[i] += a[i]
            k += 1


@exact
def halve(weight: F32, halves: I8) -> int:
    """Write half the weights [n]; returns how many are not even or not in -256..254."""
    wrong = 0
    for i in range(weight.size):
        half = np.int32(weight[i] * np.float32(0.5))
        halves[i] = np.int8(half)
        wrong += (np.float32(half + half) != weight[i]) | (half < -128) | (half > 127)
    return wrong
