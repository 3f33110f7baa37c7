"""What training sets besides parameters: the stress of the environment, thresholds of neurons.

Both follow what was measured in the window before, are written in place, so that a captured graph
goes on reading them, and stay as they are when a model is lowered.
"""

from math import log

import torch
from torch import Tensor, nn

_SHARE = 0.01  # of a window in the running stress
_HASTE = 0.002  # of a window: change of a log threshold where a neuron fires at twice the target
_THRESHOLDS = (0.25, 4.0)  # what a homeostatic threshold keeps to


class Environment(nn.Module):
    """One stress for all neurons: the running loss as a share of a model's that knows nothing."""

    stress: Tensor  # [] 0..1

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self._worst = log(vocab_size)  # nats per token
        self.register_buffer("stress", torch.ones(()))

    @torch.no_grad()
    def hear(self, nats: Tensor) -> None:
        """Take the loss [] of a window in, in nats per token."""
        self.stress.lerp_((nats / self._worst).clamp(0, 1), _SHARE)


@torch.no_grad()
def settle(thresholds: Tensor, fired: Tensor, target: Tensor) -> None:
    """Raise the thresholds [N] of neurons that fire too often, lower the others'; in place.

    Args:
        thresholds: [N] in units of the layer's threshold.
        fired: [N] spikes per token.
        target: [] spikes per token, positive.
    """
    thresholds.mul_(torch.exp(_HASTE * (fired / target - 1))).clamp_(*_THRESHOLDS)
