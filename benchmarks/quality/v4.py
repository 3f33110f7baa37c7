"""Baseline `v4`: the block that Real Sam grew from, a spiking chain with gated residuals.

Token -> binary code (embedding, sigmoid, threshold; straight through backward) -> linear into a
stream x -> blocks -> linear readout, decoded by the embedding. A block hears the stream and its own
spikes one token ago; what it fires is added to the stream through a gate of its own:

    s = lif(fc_in(x) + fc_rec(s a token ago));  x = x + sigmoid(fc_gate(x)) * s

Its published size, 6,047,238 parameters at 6 layers of 512, needs three matrices per block: the
gate hears the stream. What is not published (starting values, dropout, the reset to zero) is as in
the model it is compared with; gates start open, with which it learns faster.
"""

from math import log

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding, linear

from benchmarks.quality.baseline import Baseline, Played, normal
from benchmarks.quality.lif import lif_tokens
from realsam.nn.config import ModelConfig

_OPEN = 2.0  # bias of the gates at the start


class Block(nn.Module):
    """LIF neurons beside a stream of the same width."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        n = config.width
        self.fc_in, self.fc_in_bias = normal(n, n, 0.5 / n**0.5), nn.Parameter(torch.zeros(n))
        self.fc_rec = normal(n, n, 0.2 / (0.1 * n) ** 0.5)
        self.fc_gate = normal(n, n, 0.5 / n**0.5)
        self.fc_gate_bias = nn.Parameter(torch.full((n,), _OPEN))
        low, high = map(log, config.half_life)
        half_lives = torch.linspace(low, high, n).exp()
        self.decay = nn.Parameter(torch.logit(0.5 ** (1 / half_lives)))
        self.threshold = nn.Parameter(torch.ones(1))
        self._dropout = config.dropout

    def forward(
        self, x: Tensor, v: Tensor, s: Tensor, alive: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The stream [T, B, N] after the block, its spikes, and its last voltages [B, N].

        Args:
            x: [T, B, N] stream.
            v: [B, N] voltages before the first token.
            s: [B, N] spikes of the token before the first.
            alive: [T, B] 0 where a document starts, else 1.
        """
        a = linear(x, self.fc_in, self.fc_in_bias)
        keep = torch.sigmoid(self.decay)
        spikes, v_end = lif_tokens(a, self.fc_rec, keep, self.threshold, v, s, alive)
        gate = torch.sigmoid(linear(x, self.fc_gate, self.fc_gate_bias))
        return x + gate * dropout(spikes, self._dropout, self.training), spikes, v_end


class V4(Baseline):
    """A chain of blocks without skips other than the stream."""

    def __init__(self, config: ModelConfig) -> None:
        widths = [config.width] * config.layers
        super().__init__(config, widths, [width for width in widths for _ in "vs"])
        bits, width = config.code_bits, config.width
        self.enter = normal(width, bits, (bits / 2) ** -0.5)  # half of the lines are on
        self.enter_bias = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.readout = normal(bits, width, 0.5 / width**0.5)
        self.readout_bias = nn.Parameter(torch.zeros(bits))

    def forward(self, tokens: Tensor, alive: Tensor, state: list[Tensor]) -> Played:
        """See `Baseline`."""
        p = torch.sigmoid(self.embedding)
        code = p + ((p > 0.5).to(p.dtype) - p).detach()
        x = linear(embedding(tokens, code), self.enter, self.enter_bias)
        after, n_fired = [], []
        for block, v, s in zip(self.blocks, state[::2], state[1::2], strict=True):
            x, spikes, v_end = block(x, v, s, alive)
            after += [v_end.detach(), spikes[-1].detach()]
            n_fired.append(spikes.sum(-1))
        z = linear(x, self.readout, self.readout_bias)
        return Played(z, after, torch.stack(n_fired, -1))
