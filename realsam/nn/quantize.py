"""Straight-through quantization: exact register values forward, smooth gradients backward.

Forward results are integers held in float32, which is exact below 2**24.
Source: Bengio et al. 2013, arXiv 1308.3432 (straight-through estimator).
"""

from typing import Any

import torch
from torch import Tensor

WEIGHT_UNIT = 256  # integer weight of a float weight of 1; also the mantissa of a threshold of 1
WEIGHT_LIMIT = 254  # largest even 8-bit magnitude that every sign mode of Lava keeps
DECODE_UNIT = 256  # integer decoder weight of a float weight of 1
DECODE_LIMIT = 127
_MANY = 1 << 16  # weights, from which on a kernel of our own pays on a CPU


class _RoundThrough(torch.autograd.Function):
    """step * round(x / step), clamped; the gradient passes where nothing was clamped."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, step: float, low: float, high: float) -> Tensor:
        rounded = torch.round(x / step) * step
        ctx.save_for_backward((rounded >= low) & (rounded <= high))
        return rounded.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (inside,) = ctx.saved_tensors
        return grads[0] * inside, None, None, None


def round_through(x: Tensor, low: float, high: float, step: float = 1.0) -> Tensor:
    """Round x to multiples of step in low..high, with a straight-through gradient."""
    result: Tensor = _RoundThrough.apply(x, step, low, high)  # type: ignore[no-untyped-call]
    return result


def even_weight(weight: Tensor) -> Tensor:
    """Quantize float weights (1.0 is `WEIGHT_UNIT`) to even integers in -254..254."""
    if weight.device.type == "cpu" and weight.numel() >= _MANY:
        from realsam.nn.cpu.rounding import threaded_even_weight

        return threaded_even_weight(weight, WEIGHT_UNIT, WEIGHT_LIMIT)
    return round_through(weight * WEIGHT_UNIT, -WEIGHT_LIMIT, WEIGHT_LIMIT, step=2.0)


def decoder_weight(weight: Tensor) -> Tensor:
    """Quantize float decoder weights (1.0 is `DECODE_UNIT`) to integers in -127..127."""
    return round_through(weight * DECODE_UNIT, -DECODE_LIMIT, DECODE_LIMIT)


def decay_register(rate: Tensor) -> Tensor:
    """Quantize a decay to its register dv in 1..4095.

    Args:
        rate: [...] log of the decay rate per chip step: exp(-exp(rate)) is kept.
    """
    return round_through(4096 * -torch.expm1(-torch.exp(rate)), 1, 4095)


def threshold_register(threshold: Tensor) -> Tensor:
    """Quantize float thresholds (1.0 is `WEIGHT_UNIT`) to mantissas vth in 1..131071."""
    return round_through(threshold * WEIGHT_UNIT, 1, 131071)
