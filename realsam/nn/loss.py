"""The loss of a window: next-token cross-entropy, and agreement with a teacher's probabilities.

Sources: Hinton, Vinyals and Dean 2015, arXiv 1503.02531 (distillation).
"""

from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch import Tensor

_LEAST = 1e-6  # probability of all unlikely tokens together


@dataclass(frozen=True)
class Labels:
    """What a teacher expects after each token."""

    ids: Tensor  # [M, K] int32, its most likely next tokens
    probabilities: Tensor  # [M, K] float16
    share: float  # of the teacher in the loss


def window_loss(
    z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None = None
) -> tuple[Tensor, Tensor]:
    """Mean loss, differentiable, and mean nats per token.

    Args:
        z: [M, D] readout in units of a weight of 1.
        decode: [V, D] decoder weights.
        bias: [V] nats.
        targets: [M] next tokens.
        labels: a teacher's share of the loss: the divergence from its probabilities, all tokens
            but its K most likely ones taken as one.
    """
    if z.is_cuda and find_spec("triton"):
        from realsam.nn.kernels.cross_entropy import fused_loss

        return fused_loss(z, decode, bias, targets, labels)
    return plain_loss(z, decode, bias, targets, labels)


def plain_loss(
    z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None = None
) -> tuple[Tensor, Tensor]:
    """The loss in plain torch; see `window_loss`."""
    log_p = torch.log_softmax(torch.nn.functional.linear(z, decode, bias), -1)
    nats = torch.nn.functional.nll_loss(log_p, targets)
    if labels is None:
        return nats, nats.detach()
    q = labels.probabilities.float()
    likely = log_p.gather(-1, labels.ids.long())
    p_rest = (1 - likely.exp().sum(-1)).clamp(min=_LEAST)
    q_rest = (1 - q.sum(-1)).clamp(min=0)
    divergence = (-(q * likely).sum(-1) - q_rest * p_rest.log()).mean()
    return (1 - labels.share) * nats + labels.share * divergence, nats.detach()
