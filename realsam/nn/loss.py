"""The loss of a window: next-token cross-entropy, and agreement with a teacher's probabilities.

Sources: Hinton, Vinyals and Dean 2015, arXiv 1503.02531 (distillation).
"""

from importlib.util import find_spec

import torch
from torch import Tensor

from realsam.nn.labels import Labels, token_losses


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
    if z.device.type == "cpu":
        from realsam.nn.cpu.cross_entropy import threaded_loss

        return threaded_loss(z, decode, bias, targets, labels)
    return plain_loss(z, decode, bias, targets, labels)


def plain_loss(
    z: Tensor, decode: Tensor, bias: Tensor, targets: Tensor, labels: Labels | None = None
) -> tuple[Tensor, Tensor]:
    """The loss in plain torch; see `window_loss`."""
    log_p = torch.log_softmax(torch.nn.functional.linear(z, decode, bias), -1)
    target = log_p.gather(-1, targets[:, None]).squeeze(-1)
    likely = None if labels is None else log_p.gather(-1, labels.ids.long())
    return token_losses(target, likely, labels).mean(), -target.detach().mean()
