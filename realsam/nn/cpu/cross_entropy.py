"""The loss of a window and its gradients on CPU threads, while the logits are at hand.

A task takes some of the tokens; its logits are never in memory together with those of others.
Sources: `realsam.nn.loss`, which is the plain equal.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from realsam.nn.cpu.pool import product, run, shares
from realsam.nn.labels import Labels, token_losses

_TOKENS = 512  # of a task


def threaded_loss(
    z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None = None
) -> tuple[Tensor, Tensor]:
    """Give what `realsam.nn.loss.plain_loss` gives."""
    result: tuple[Tensor, Tensor] = _Loss.apply(  # type: ignore[no-untyped-call]
        z, decode, bias, targets, labels
    )
    return result


class _Loss(torch.autograd.Function):
    """Mean loss and mean nats of a window; see `threaded_loss`."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None
    ) -> tuple[Tensor, Tensor]:
        z, decode, bias = z.detach(), decode.detach(), bias.detach()
        differentiable = any(ctx.needs_input_grad)
        tasks = [
            partial(
                _piece, z[span], targets[span], _some(labels, span), decode, bias, differentiable
            )
            for span in shares(len(z), len(z) // _TOKENS)
        ]
        nats, losses, *gradients = zip(*run(tasks), strict=True)
        if gradients:
            z_grads, decode_grads, bias_grads = gradients
            decode_grad = sum(decode_grads).T.contiguous()
            ctx.gradients = torch.cat(z_grads), decode_grad, sum(bias_grads)
        ctx.count = len(z)
        mean = torch.stack(nats).sum() / len(z)
        ctx.mark_non_differentiable(mean)
        return torch.stack(losses).sum() / len(z), mean

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        scale = grads[0] / ctx.count
        return *(g * scale for g in ctx.gradients), None, None


def _some(labels: Labels | None, span: slice) -> Labels | None:
    return labels and Labels(labels.ids[span], labels.probabilities[span], labels.share)


def _piece(
    z: Tensor,
    targets: Tensor,
    labels: Labels | None,
    decode: Tensor,
    bias: Tensor,
    differentiable: bool,
) -> tuple[Tensor, ...]:
    """Sums of nats and of the loss; then gradients of z, of decode [D, V] and of the bias."""
    log_p = torch.log_softmax(product(z, decode.T, bias), -1)
    places = targets[:, None]
    if labels is not None:
        places = torch.cat([places, labels.ids.long()], 1)
    with torch.enable_grad():
        known = log_p.gather(1, places).requires_grad_()
        losses = token_losses(known[:, 0], known[:, 1:], labels)
        (pulls,) = torch.autograd.grad(losses.sum(), known)
    sums = -known[:, 0].detach().sum(), losses.detach().sum()
    if not differentiable:
        return sums
    # Pulled at the log-probabilities of a few tokens, the logits of all others give way.
    grad = log_p.exp_().mul_(-pulls.sum(1, keepdim=True)).scatter_add_(1, places, pulls)
    return *sums, product(grad, decode), product(z.T.contiguous(), grad), grad.sum(0)
