"""Gradients of weights and codes from those of the sums.

A weight's gradient is a sum over the rows (a token of a stream) in which its source was heard.
Layers spike seldom: their weights gather those rows. Half of a code's lines are active, but rows
with the same code can be added up first: what is left are two small dense products.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from realsam.nn.cpu.pool import product, run, shares
from realsam.nn.cpu.streams import Streams

_SUMS = 128  # of a task: their gradients stay in a core's cache


def weight_grads(
    parts: Sequence[Streams], codes: Tensor, weights: Sequence[Tensor]
) -> tuple[list[Tensor], Tensor]:
    """Gradients [N, M] of the weights of all layers and the readout, and [U, K] of codes' sums.

    Args:
        parts: all streams, played backward.
        codes: [U, M].
        weights: of all layers and the readout, [N, M] each.
    """
    grads = [torch.empty(w.shape) for w in weights]
    by_code = torch.empty(len(codes), sum(len(w) for w in weights))
    lines = codes.T.contiguous()
    tasks, place = [], 0
    for grad in grads:
        for begin in range(0, len(grad), _SUMS):
            piece = grad[begin : begin + _SUMS]
            columns = by_code[:, place + begin : place + begin + len(piece)]
            tasks.append(partial(_gather, parts, place + begin, lines, piece, columns))
        place += len(grad)
    run(tasks[::-1])  # the largest first
    return grads, by_code


def _gather(
    parts: Sequence[Streams], place: int, lines: Tensor, grad: Tensor, by_code: Tensor
) -> None:
    """Write the gradients [C, M] of the weights of some sums, and those [U, C] of their codes."""
    inputs, count = len(lines), len(grad)
    spikes = torch.zeros(grad.shape[1] - inputs, count)
    codes = torch.zeros(by_code.shape)
    for part in parts:
        sums = part.a_grad[:, place : place + count].clone(memory_format=torch.contiguous_format)
        part.spikes.gather(sums.numpy(), spikes.numpy())
        part.codes.gather(sums.numpy(), codes.numpy())
    grad[:, inputs:] = spikes.T
    grad[:, :inputs] = product(lines, codes).T
    by_code.copy_(codes)


def code_grads(by_code: Tensor, weights: Tensor) -> Tensor:
    """Gradients [U, M] of codes: of their sums [U, K] times weights [K, M]."""
    return torch.cat(
        run([partial(product, by_code[span], weights) for span in shares(len(by_code))])
    )
