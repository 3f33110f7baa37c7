"""The usual recurrent language model: two LSTM layers (cuDNN on CUDA) with as many weights."""

import torch
from torch import Tensor, nn

from benchmarks.training.frame import LanguageModel, n_weights, training
from benchmarks.training.protocol import Sizes, Training

_LAYERS = 2
_MULTIPLE = 8  # of units: what matrix units like


class Lstm(nn.Module):
    """LSTM layers without their final state."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, units, num_layers=_LAYERS)

    def forward(self, code: Tensor) -> Tensor:
        """Outputs [T, B, N] of the last layer for inputs [T, B, D]."""
        outputs: Tensor = self.lstm(code)[0]
        return outputs


def units_for(sizes: Sizes) -> int:
    """Units per layer that come closest to the number of weights of the spiking model."""

    def weights(units: int) -> int:
        lstm = 4 * units * (sizes.code_bits + units + (_LAYERS - 1) * 2 * units)
        return lstm + sizes.code_bits * (units + sizes.vocab_size)

    choices = range(_MULTIPLE, 8 * sizes.width * sizes.layers, _MULTIPLE)
    return min(choices, key=lambda units: abs(weights(units) - sizes.n_weights))


def build(sizes: Sizes, device: torch.device, variant: str) -> Training:
    """Variants: float32, bf16."""
    units = units_for(sizes)
    model = LanguageModel(sizes, Lstm(sizes.code_bits, units), units, spikes=False)
    note = f"nn.LSTM, {_LAYERS} x {units}, {n_weights(model) / 1e6:.1f} M weights"
    bf16 = variant == "bf16"
    return training(model, device, note + (", bf16 autocast" if bf16 else ""), bf16=bf16)
