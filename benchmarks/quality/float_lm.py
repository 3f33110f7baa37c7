"""Baseline `float`: the spiking model of `realsam.nn.model`, in floats from end to end.

Parameters, their names and their start are those of `SpikingLM`; weights, decays and thresholds
are not rounded, nothing is clamped, and a token leaves exp(-P exp(rate)) of a voltage.
"""

import torch
from snntorch import surrogate
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from benchmarks.quality.baseline import Baseline, Played
from benchmarks.quality.lif import lif_tokens
from realsam.nn.config import ModelConfig
from realsam.nn.layer import Layer
from realsam.nn.model import SpikingLM


class FloatLM(Baseline):
    """LIF layers that hear the input, all earlier layers, and themselves one token ago."""

    def __init__(self, config: ModelConfig) -> None:
        source = SpikingLM(config)  # first: a seed then gives the parameters that it gives there
        widths = [config.width] * config.layers
        super().__init__(config, widths, [width for width in widths for _ in "vs"])
        self.embedding, self.output_bias = source.embedding, source.output_bias
        self.layers = source.layers
        self.readout, self.readout_constant = source.readout, source.readout_constant
        self._config = config
        self._encode = surrogate.sigmoid(slope=20)

    def forward(self, tokens: Tensor, alive: Tensor, state: list[Tensor]) -> Played:
        """See `Baseline`."""
        heard = [embedding(tokens, self._encode(self.embedding))]
        after, n_fired = [], []
        for layer, v, s in zip(self.layers, state[::2], state[1::2], strict=True):
            spikes, v_end = self._play(layer, torch.cat(heard, -1), v, s, alive)
            after += [v_end.detach(), spikes[-1].detach()]
            n_fired.append(spikes.sum(-1))
            heard.append(self._thinned(spikes))
        z = linear(torch.cat(heard, -1), self.readout, self.readout_constant)
        return Played(z, after, torch.stack(n_fired, -1))

    def _play(
        self, layer: nn.Module, heard: Tensor, v: Tensor, s: Tensor, alive: Tensor
    ) -> tuple[Tensor, Tensor]:
        assert isinstance(layer, Layer)
        a = linear(heard, layer.weight, layer.constant)
        own = None if layer.recurrent is None else torch.block_diag(*layer.recurrent)
        keep = torch.exp(-self._config.steps_per_token * torch.exp(layer.rate))
        keep = keep.repeat_interleave(self._config.width // self._config.groups)
        threshold = layer.threshold.expand(self._config.width)
        return lif_tokens(a, own, keep, threshold, v, s, alive)

    def _thinned(self, spikes: Tensor) -> Tensor:
        """The spikes that others hear; not rescaled, as in the model."""
        if not self.training or not self._config.dropout:
            return spikes
        return spikes * (torch.rand_like(spikes) >= self._config.dropout)
