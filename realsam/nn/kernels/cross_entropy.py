"""The loss of a window on a GPU: the decoder's product, and `softmax` on its result.

Sources: `realsam.nn.loss`, which is the plain equal.
"""

from typing import Any

import torch
import triton
from torch import Tensor

from realsam.nn.kernels.layer import factor, product
from realsam.nn.kernels.softmax import softmax
from realsam.nn.labels import Labels

_PROGRAMS = 1024  # each takes every 1024th token and sums up its share of the bias gradient


class _Loss(torch.autograd.Function):
    """Mean loss and mean nats of a window; see `window_loss`."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None
    ) -> tuple[Tensor, Tensor]:
        z, decode = z.to(factor(z.device)), decode.to(factor(z.device))
        logits = z @ decode.T
        m, v = logits.shape
        programs = min(_PROGRAMS, m)
        nats, loss = z.new_empty(m, dtype=torch.float32), z.new_empty(m, dtype=torch.float32)
        bias_grad = z.new_empty(programs, v, dtype=torch.float32)
        softmax[(programs,)](
            logits,
            bias,
            targets,
            labels.ids if labels else None,
            labels.probabilities if labels else None,
            nats,
            loss,
            bias_grad,
            labels.share if labels else 0.0,
            m,
            v,
            WIDTH=triton.next_power_of_2(v),
            K=labels.ids.shape[-1] if labels else 0,
            num_warps=8,
        )
        ctx.save_for_backward(z, decode, logits, bias_grad)
        nats = nats.mean()
        ctx.mark_non_differentiable(nats)
        return loss.mean(), nats

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        z, decode, logits_grad, bias_grad = ctx.saved_tensors
        scale = grads[0] / len(z)
        z_grad = product(logits_grad, decode) * scale
        decode_grad = product(logits_grad.T, z) * scale
        return z_grad, decode_grad, bias_grad.sum(0) * scale, None, None


def fused_loss(
    z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None = None
) -> tuple[Tensor, Tensor]:
    """Give what `realsam.nn.loss.plain_loss` gives."""
    result: tuple[Tensor, Tensor] = _Loss.apply(  # type: ignore[no-untyped-call]
        z, decode, bias, targets, labels
    )
    return result
