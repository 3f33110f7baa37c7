"""What a teacher expects after each token, and the loss that agrees with it.

Sources: Hinton, Vinyals and Dean 2015, arXiv 1503.02531 (distillation).
"""

from dataclasses import dataclass

from torch import Tensor

_LEAST = 1e-6  # probability of all unlikely tokens together


@dataclass(frozen=True)
class Labels:
    """What a teacher expects after each token."""

    ids: Tensor  # [M, K] int32, its most likely next tokens
    probabilities: Tensor  # [M, K] float16
    share: float  # of the teacher in the loss


def token_losses(target: Tensor, likely: Tensor | None, labels: Labels | None) -> Tensor:
    """Losses [M] of log-probabilities of targets [M] and of a teacher's likely tokens [M, K]."""
    if labels is None or likely is None:
        return -target
    q = labels.probabilities.float()
    p_rest = (1 - likely.exp().sum(-1)).clamp(min=_LEAST)
    q_rest = (1 - q.sum(-1)).clamp(min=0)
    divergence = -(q * likely).sum(-1) - q_rest * p_rest.log()
    return labels.share * divergence - (1 - labels.share) * target
