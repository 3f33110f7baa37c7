"""Even weights in one pass over memory per direction; `realsam.nn.quantize` is the plain equal."""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import F32
from realsam.nn.cpu.jit import exact
from realsam.nn.cpu.pool import run, shares


@exact
def round_even(weight: F32, unit: float, limit: float, even: F32) -> None:
    """Write weights [n] in `unit`s, rounded to even integers in -limit..limit."""
    half, top = np.float32(unit / 2), np.float32(limit)
    for i in range(weight.size):
        x = np.rint(weight[i] * half) * np.float32(2)
        even[i] = top if x > top else -top if x < -top else x  # nan stays nan


@exact
def through(weight: F32, unit: float, limit: float, grad: F32, found: F32) -> None:
    """Write the gradients [n] of the weights: `grad` in units where nothing was clamped."""
    half, top, one = np.float32(unit / 2), np.float32(limit), np.float32(unit)
    for i in range(weight.size):
        x = np.rint(weight[i] * half) * np.float32(2)
        found[i] = grad[i] * one if abs(x) <= top else np.float32(0)


class _EvenWeight(torch.autograd.Function):
    """See `threaded_even_weight`."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, unit: int, limit: int) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.options = unit, limit
        even = torch.empty(weight.shape)
        flat, result = weight.detach().contiguous().view(-1).numpy(), even.view(-1).numpy()
        run([partial(round_even, flat[s], unit, limit, result[s]) for s in shares(flat.size)])
        return even

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        found = torch.empty(weight.shape)
        flat, grad = (x.detach().contiguous().view(-1).numpy() for x in (weight, grads[0]))
        result = found.view(-1).numpy()
        run(
            [partial(through, flat[s], *ctx.options, grad[s], result[s]) for s in shares(flat.size)]
        )
        return found, None, None


def threaded_even_weight(weight: Tensor, unit: int, limit: int) -> Tensor:
    """Give what `realsam.nn.quantize.even_weight` gives."""
    result: Tensor = _EvenWeight.apply(weight, unit, limit)  # type: ignore[no-untyped-call]
    return result
