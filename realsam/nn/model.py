"""The language model: spike encoder, LIF layers, readout tied to the encoder.

Every layer hears what its wiring says, and itself one token ago. All parameters are floats in
training and pass through `quantize` in every forward, so the network that runs is always the
integer one. Source: ADR-0003.
"""

from typing import cast

import torch
from snntorch import surrogate
from torch import Tensor, nn

from realsam.nn.config import ModelConfig
from realsam.nn.dropout import Dropout
from realsam.nn.environment import Environment, settle
from realsam.nn.labels import Labels
from realsam.nn.layer import Layer, spread, start
from realsam.nn.lif import STATE_ONE
from realsam.nn.loss import window_loss
from realsam.nn.play import play
from realsam.nn.population import Played, Population, ReadoutWeights, State
from realsam.nn.quantize import DECODE_UNIT, WEIGHT_UNIT, decoder_weight, even_weight


class SpikingLM(nn.Module):
    """Tokens in, readout voltages and logits out: of the next token, or of tags."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        bits = config.code_bits
        self.embedding = nn.Parameter(torch.randn(config.vocab_size, bits) * 0.05)
        self.output_bias = nn.Parameter(torch.zeros(config.tags or config.vocab_size))
        self.layers = nn.ModuleList(Layer(config, i) for i in range(config.layers))
        self.readout = start(config, config.layers, bits)
        hears_code = config.hears_code(config.layers)  # and with it the always-on line
        self.readout_constant = nn.Parameter(torch.zeros(bits)) if hears_code else None
        self.environment = Environment(config.vocab_size) if config.environment else None
        self.tag_decoder: nn.Parameter | None = None
        if config.tags:
            self.tag_decoder = nn.Parameter(torch.randn(config.tags, bits) * 0.05)
        self._encode = surrogate.sigmoid(slope=20)

    def integers(self) -> tuple[list[Population], ReadoutWeights]:
        """Quantized parameters of the layers and the readout, differentiable."""
        layers = [cast(Layer, layer) for layer in self.layers]
        shares = [layer.share() for layer in layers]
        stress = self.environment.stress if self.environment else None
        constant = self.readout_constant
        return (
            [layer.integers(shares[:i], stress) for i, layer in enumerate(layers)],
            ReadoutWeights(
                even_weight(spread(self.readout, self.config, shares)),
                None if constant is None else even_weight(constant),
            ),
        )

    def forward(
        self,
        tokens: Tensor,
        alive: Tensor,
        state: State | None = None,
        dropout_seed: Tensor | None = None,
        record: bool = False,
    ) -> Played:
        """Play tokens [T, B]; see `play` for `alive`. Dropout needs a seed [], an int64."""
        layers, readout = self.integers()
        embedding: Tensor = self.embedding
        if tokens.device.type == "cpu":  # each token is encoded once
            used, tokens = torch.unique(tokens, return_inverse=True)
            embedding = embedding.index_select(0, used)
        state = state or State.zeros(layers, tokens.shape[1], tokens.device)
        dropout = None
        if dropout_seed is not None and self.config.dropout:
            dropout = Dropout.of(dropout_seed, len(layers), self.config.dropout)
        return play(
            layers,
            readout,
            self._encode(embedding),
            alive,
            state,
            self.config.steps_per_token,
            dropout,
            record,
            tokens,
        )

    @property
    def decoder(self) -> Tensor:
        """Decoder weights as floats; those of a language model are its embedding."""
        return self.embedding if self.tag_decoder is None else self.tag_decoder

    def logits(self, voltage: Tensor) -> Tensor:
        """Logits in nats [..., V] or [..., tags] of readout voltages [..., D]."""
        return nn.functional.linear(self._z(voltage), self._decode(), self.output_bias)

    def loss(
        self, voltage: Tensor, targets: Tensor, labels: Labels | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean loss and nats per token of readout voltages [..., D]; see `window_loss`."""
        z = self._z(voltage).flatten(0, -2)
        return window_loss(z, self._decode(), self.output_bias, targets.flatten(), labels)

    def adapt(self, nats: Tensor, fired: Tensor, target: Tensor) -> None:
        """Let stress and thresholds follow a window, in place; see `environment`.

        Args:
            nats: [] loss per token.
            fired: [L, N] spikes per token.
            target: [L] spikes per neuron and token.
        """
        if self.environment:
            self.environment.hear(nats)
        for layer, own, wanted in zip(self.layers, fired, target, strict=True):
            if (thresholds := cast(Layer, layer).thresholds) is not None:
                settle(thresholds, own, wanted)

    def frozen(self) -> dict[str, float]:
        """What `adapt` has set, as it is when the model is lowered."""
        found = {"stress": float(self.environment.stress)} if self.environment else {}
        own = [cast(Layer, layer).thresholds for layer in self.layers]
        if thresholds := [t for t in own if t is not None]:
            low, high = torch.aminmax(torch.stack(thresholds))
            found |= {"threshold_min": float(low), "threshold_max": float(high)}
        return found

    def _z(self, voltage: Tensor) -> Tensor:
        """The readout in units of a weight of 1."""
        return voltage / (STATE_ONE * WEIGHT_UNIT)

    def _decode(self) -> Tensor:
        """[V, D] decoder weights; of a tagger [tags, D]."""
        return decoder_weight(self.decoder) / DECODE_UNIT
