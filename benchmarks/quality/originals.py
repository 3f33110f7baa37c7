"""Baselines `v1` to `v4`: the networks that Real Sam grew from, in floats.

Token -> binary code (embedding, sigmoid, threshold; straight through backward) -> linear into a
stream x -> blocks -> linear readout, decoded by the embedding. A block hears the stream and its own
spikes one token ago:

    s = lif(fc_in(norm(x)) + fc_rec(s a token ago))
    v1: x = s    v2: x = x + s    v3, v4: x = x + sigmoid(fc_gate(x)) * s

v2 and v3 normalise the stream (LayerNorm). Neurons of v3 have homeostatic thresholds, those of v4
differ, and stress raises their gain; both follow the training by the rules of
`realsam.nn.environment`, and stay as they are while a text is scored.

v4's published size, 6,047,238 parameters at 6 layers of 512, needs three matrices per block: the
gate hears the stream. v3 is as large, so that it has them, too. What is not published (starting
values, dropout, the reset to zero, the strength of the environment) is as in the model it is
compared with; gates start open, with which it learns faster.
"""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding, linear

from benchmarks.quality.baseline import Baseline, Played, normal
from benchmarks.quality.lif import lif_tokens
from realsam.nn.config import ModelConfig
from realsam.nn.environment import Environment, settle
from realsam.train.config import PRESETS

_OPEN = 2.0  # bias of the gates at the start


@dataclass(frozen=True)
class Version:
    """Mechanisms of a version."""

    residual: bool = True
    norm: bool = False
    gates: bool = False
    homeostasis: bool = False
    environment: float = 0.0  # gain that full stress adds to a neuron of median sensitivity
    diversity: float = 0.0  # sigma of log-normal factors of gains and sensitivities


_V4 = PRESETS["v4"].model
VERSIONS = {
    "v1": Version(residual=False),
    "v2": Version(norm=True),
    "v3": Version(norm=True, gates=True, homeostasis=True),
    "v4": Version(gates=True, environment=_V4.environment, diversity=_V4.diversity),
}


class Block(nn.Module):
    """LIF neurons beside a stream of the same width."""

    thresholds: Tensor  # [N] of the neurons, in units of the block's
    traits: Tensor  # [2, N] gain of each neuron, and its sensitivity to stress

    def __init__(self, config: ModelConfig, version: Version, active: float) -> None:
        """`active` is how much of the stream is on at the start, in neurons."""
        super().__init__()
        n = config.width
        self.fc_in, self.fc_in_bias = normal(n, n, active**-0.5 / 2), nn.Parameter(torch.zeros(n))
        self.fc_rec = normal(n, n, 0.2 / (0.1 * n) ** 0.5)
        if version.gates:
            self.fc_gate = normal(n, n, 0.5 / n**0.5)
            self.fc_gate_bias = nn.Parameter(torch.full((n,), _OPEN))
        low, high = map(log, config.half_life)
        half_lives = torch.linspace(low, high, n).exp()
        self.decay = nn.Parameter(torch.logit(0.5 ** (1 / half_lives)))
        self.threshold = nn.Parameter(torch.ones(1))
        self.norm = nn.LayerNorm(n) if version.norm else nn.Identity()
        self.register_buffer("thresholds", torch.ones(n))
        self.register_buffer("traits", torch.exp(version.diversity * torch.randn(2, n)))
        self._version, self._dropout = version, config.dropout

    def forward(
        self, x: Tensor, v: Tensor, s: Tensor, alive: Tensor, stress: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The stream [T, B, N] after the block, its spikes, and its last voltages [B, N].

        Args:
            x: [T, B, N] stream.
            v: [B, N] voltages before the first token.
            s: [B, N] spikes of the token before the first.
            alive: [T, B] 0 where a document starts, else 1.
            stress: [] of the environment.
        """
        gain = self.traits[0] * (1 + self._version.environment * stress * self.traits[1])
        a = linear(self.norm(x), self.fc_in, self.fc_in_bias) * gain
        threshold = self.threshold * self.thresholds
        keep = torch.sigmoid(self.decay)
        spikes, v_end = lif_tokens(a, self.fc_rec * gain[:, None], keep, threshold, v, s, alive)
        heard = dropout(spikes, self._dropout, self.training)
        if self._version.gates:
            heard = torch.sigmoid(linear(x, self.fc_gate, self.fc_gate_bias)) * heard
        return x + heard if self._version.residual else heard, spikes, v_end


class Original(Baseline):
    """Blocks on a stream, without other skips."""

    def __init__(self, config: ModelConfig, version: Version) -> None:
        widths = [config.width] * config.layers
        super().__init__(config, widths, [width for width in widths for _ in "vs"])
        bits, width = config.code_bits, config.width
        self.enter = normal(width, bits, (bits / 2) ** -0.5)  # half of the lines are on
        self.enter_bias = nn.Parameter(torch.zeros(width))
        # Without the residual, what follows a block hears nothing but its spikes.
        after = float(width) if version.residual else 0.1 * width
        self.blocks = nn.ModuleList(
            Block(config, version, after if i else width) for i in range(config.layers)
        )
        self.readout = normal(bits, width, after**-0.5 / 2)
        self.readout_bias = nn.Parameter(torch.zeros(bits))
        self.environment = Environment(config.vocab_size)
        self._version = version

    def forward(self, tokens: Tensor, alive: Tensor, state: list[Tensor]) -> Played:
        """See `Baseline`."""
        p = torch.sigmoid(self.embedding)
        code = p + ((p > 0.5).to(p.dtype) - p).detach()
        x = linear(embedding(tokens, code), self.enter, self.enter_bias)
        after, n_fired = [], []
        for block, v, s in zip(self.blocks, state[::2], state[1::2], strict=True):
            x, spikes, v_end = block(x, v, s, alive, self.environment.stress)
            after += [v_end.detach(), spikes[-1].detach()]
            n_fired.append(spikes.sum(-1))
        z = linear(x, self.readout, self.readout_bias)
        return Played(z, after, torch.stack(n_fired, -1))

    def adapt(self, nats: Tensor, state: list[Tensor], target: Tensor) -> None:
        """See `Baseline`."""
        self.environment.hear(nats)
        if self._version.homeostasis:
            for block, s in zip(self.blocks, state[1::2], strict=True):
                settle(block.thresholds, s.mean(0), target)
