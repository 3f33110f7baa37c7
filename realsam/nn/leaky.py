"""Layers for snnTorch networks that run on the chip's integers: `QuantLinear`, `QuantLeaky`.

`QuantLeaky` stands where `snn.Leaky` stands. It differs in what the chip differs: the reset is to
zero and at once, and the membrane is a 24-bit integer in units of 1/64 weight.
Source: snnTorch 1.0.0 (`snn.Leaky`) for the interface; `realsam.nn.lif` for the arithmetic.
"""

import torch
from snntorch import surrogate
from torch import Tensor, nn

from realsam.errors import DataError
from realsam.nn.lif import STATE_ONE, Surrogate, lif_tokens
from realsam.nn.quantize import WEIGHT_UNIT, even_weight, round_through, threshold_register


class QuantLinear(nn.Linear):
    """A linear layer without bias whose weights are even 8-bit integers over 256."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of nn.Linear)
        """Weighted sum [..., out] of spikes [..., in]; exact for binary input."""
        return nn.functional.linear(input, even_weight(self.weight) / WEIGHT_UNIT)


class QuantLeaky(nn.Module):
    """A leaky integrate-and-fire layer in Loihi's fixed point, one chip step per call.

    v = clip(decay(v, dv) + wrap(a << 6));  s = v > vth << 6;  v = 0 where s
    """

    def __init__(
        self,
        beta: float,
        threshold: float = 1.0,
        spike_grad: Surrogate | None = None,
        init_hidden: bool = False,
        learn_beta: bool = False,
        learn_threshold: bool = False,
        output: bool = False,
    ) -> None:
        """Set up the layer.

        Args:
            beta: share of the membrane kept per step, 0..1; rounded to 12 bits.
            threshold: firing threshold, in units of a weight of 1.
            spike_grad: surrogate of `snntorch.surrogate`; arctangent by default.
            init_hidden: keep the membrane inside, as snnTorch does.
            learn_beta: train beta.
            learn_threshold: train the threshold.
            output: with init_hidden, return the membrane too.
        """
        super().__init__()
        if not 0 <= beta <= 1:
            raise DataError(f"beta = {beta} is outside 0..1", "give the share kept per step")
        if not 0 < threshold < 512:
            raise DataError(f"threshold = {threshold} is outside 0..512", "scale the weights")
        self.beta = nn.Parameter(torch.tensor(float(beta)), requires_grad=learn_beta)
        self.threshold = nn.Parameter(torch.tensor(float(threshold)), learn_threshold)
        self.init_hidden = init_hidden
        self.output = output
        self.mem = torch.zeros(0)
        self._spike_grad = spike_grad or surrogate.atan(alpha=2.0)

    def registers(self) -> tuple[Tensor, Tensor]:
        """Decay register dv and threshold mantissa vth, differentiable scalars."""
        return round_through(4096 * (1 - self.beta), 0, 4096), threshold_register(self.threshold)

    def init_leaky(self) -> Tensor:
        """A membrane at rest, for the first call; takes the shape of its input there."""
        return torch.zeros(0)

    def reset_mem(self) -> None:
        """Forget the hidden membrane; snnTorch's `utils.reset` does not know this layer."""
        self.mem = torch.zeros(0)

    def forward(self, input_: Tensor, mem: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """Advance one step.

        Args:
            input_: [...] synaptic input; a multiple of 1/256 passes unrounded.
            mem: [...] membrane of the step before, unless init_hidden.

        Returns:
            Spikes and membrane, shaped as the input; only the spikes with init_hidden.

        Raises:
            DataError: if the membrane has another shape than the input.
        """
        before = self.mem if mem is None else mem
        if before.numel() == 0:
            before = torch.zeros_like(input_)
        if before.shape != input_.shape:
            raise DataError(
                f"membrane {tuple(before.shape)} does not fit input {tuple(input_.shape)}",
                "start each batch with init_leaky() or reset_mem()",
            )
        unit = STATE_ONE * WEIGHT_UNIT
        dv, vth = (register.expand(input_.numel()) for register in self.registers())
        a = round_through(input_ * WEIGHT_UNIT, -(2.0**17), 2.0**17).reshape(1, 1, -1)
        v = before.reshape(1, -1) * unit
        alive = torch.ones(1, 1, 1, device=input_.device)
        spikes, v = lif_tokens(a, None, dv, vth, v, v, alive, 1, self._spike_grad)
        fired, after = spikes.reshape(input_.shape), v.reshape(input_.shape) / unit
        if not self.init_hidden:
            return fired, after
        self.mem = after
        return (fired, after) if self.output else fired
