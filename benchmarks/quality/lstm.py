"""Baseline `lstm`: two LSTM layers with as many parameters as the spiking model.

The cells are a loop of our own: those of cuDNN cannot be cleared where a document starts.
Source: Hochreiter and Schmidhuber 1997; Gers et al. 2000 (forget gates, open at the start).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding, linear, rms_norm

from benchmarks.quality.baseline import Baseline, Played, normal
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM

_LAYERS = 2
_MULTIPLE = 8  # of units: what matrix units like
_TINY = 1e-6  # added to mean squares


class LstmLayer(nn.Module):
    """LSTM cells; the matrices of the four gates are stacked, so that Muon takes each alone."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        bound = units**-0.5
        self.weight = nn.Parameter(torch.empty(4, units, inputs).uniform_(-bound, bound))
        self.own = nn.Parameter(torch.empty(4, units, units).uniform_(-bound, bound))
        open_ = torch.zeros(4, units)
        open_[1] = 1.0
        self.bias = nn.Parameter(open_.flatten())  # [4 N]: no matrix for Muon

    def forward(
        self, x: Tensor, h: Tensor, c: Tensor, alive: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Outputs [T, B, N], the last output and the last cells [B, N].

        Args:
            x: [T, B, M] inputs.
            h: [B, N] outputs of the token before the first.
            c: [B, N] cells before the first token.
            alive: [T, B] 0 where a document starts, else 1.
        """
        inputs = linear(x, self.weight.flatten(0, 1), self.bias)
        own = self.own.flatten(0, 1).T
        outputs = []
        for one, awake in zip(inputs.unbind(), alive[..., None].unbind(), strict=True):
            gates = torch.addmm(one, h * awake, own)
            enter, forget, new, leave = gates.chunk(4, -1)
            c = forget.sigmoid() * (c * awake) + enter.sigmoid() * new.tanh()
            h = leave.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs), h, c


class Lstm(Baseline):
    """Embedding, normalised to 1 for the cells; LSTM layers; readout."""

    def __init__(self, config: ModelConfig) -> None:
        units, bits = units_for(config), config.code_bits
        super().__init__(config, (), [units] * 2 * _LAYERS)
        self.layers = nn.ModuleList(
            LstmLayer(bits if i == 0 else units, units) for i in range(_LAYERS)
        )
        self.readout = normal(bits, units, 8 / units**0.5)  # outputs start near 1/16
        self.readout_bias = nn.Parameter(torch.zeros(bits))
        self._bits, self._dropout = bits, config.dropout

    def forward(self, tokens: Tensor, alive: Tensor, state: list[Tensor]) -> Played:
        """See `Baseline`."""
        # What decodes well is far too small to open a gate.
        x, after = rms_norm(embedding(tokens, self.embedding), (self._bits,), eps=_TINY), []
        for layer, h, c in zip(self.layers, state[::2], state[1::2], strict=True):
            x, *last = layer(x, h, c, alive)
            after += [piece.detach() for piece in last]
            x = dropout(x, self._dropout, self.training)
        z = linear(x, self.readout, self.readout_bias)
        return Played(z, after, z.new_zeros(*tokens.shape, 0))


def units_for(config: ModelConfig) -> int:
    """Units per layer that come closest to the number of parameters of the spiking model."""
    with torch.device("meta"):
        wanted = sum(p.numel() for p in SpikingLM(config).parameters())
    bits = config.code_bits

    def parameters(units: int) -> int:
        layers = 4 * units * (bits + units + 1 + (_LAYERS - 1) * (2 * units + 1))
        return layers + bits * (units + 1) + config.vocab_size * (bits + 1)

    choices = range(_MULTIPLE, 8 * config.width * config.layers, _MULTIPLE)
    return min(choices, key=lambda units: abs(parameters(units) - wanted))
