"""The language model: spike encoder, LIF layers with dense skips, readout tied to the encoder.

Every layer hears the input, all earlier layers, and itself one token ago. All parameters are
floats in training and pass through `quantize` in every forward, so the network that runs is
always the integer one. Source: ADR-0003.
"""

from dataclasses import asdict, dataclass
from math import log
from typing import Any

import torch
from snntorch import surrogate
from torch import Tensor, nn

from realsam.errors import DataError
from realsam.ir import IO_PHASES
from realsam.limits import STEPS_PER_TOKEN_MAX
from realsam.nn.dropout import Dropout
from realsam.nn.labels import Labels
from realsam.nn.lif import STATE_ONE
from realsam.nn.loss import window_loss
from realsam.nn.play import play
from realsam.nn.population import Played, Population, ReadoutWeights, State
from realsam.nn.quantize import (
    DECODE_UNIT,
    WEIGHT_UNIT,
    decay_register,
    decoder_weight,
    even_weight,
    threshold_register,
)


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of a model; they fix its network."""

    vocab_size: int = 4096
    code_bits: int = 256  # input lines besides the always-on line, and readout neurons
    layers: int = 6
    width: int = 512
    steps_per_token: int = 10  # P: layers + IO_PHASES makes room for chip I/O
    recurrent_block: int | None = 64  # neurons that hear each other a token later; None: none do
    groups: int = 8  # time constants per layer
    half_life: tuple[float, float] = (0.7, 60.0)  # tokens, at the start of training
    dropout: float = 0.15
    tags: int | None = None  # outputs of a tagger; None: a language model, which says tokens

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise DataError(f"dropout = {self.dropout} is outside 0..1", "use a share below 1")
        if self.steps_per_token > STEPS_PER_TOKEN_MAX:
            raise DataError(
                f"layers = {self.layers} take {self.steps_per_token} chip steps per token, more "
                f"than {STEPS_PER_TOKEN_MAX}",
                f"use at most {STEPS_PER_TOKEN_MAX - IO_PHASES} layers",
            )
        if self.width % self.groups:
            raise DataError(
                f"width = {self.width} is no multiple of groups = {self.groups}",
                "give each time constant the same number of neurons",
            )
        if self.recurrent_block is not None and self.width % self.block:
            raise DataError(
                f"width = {self.width} is no multiple of recurrent_block = {self.recurrent_block}",
                f"use a width that {self.recurrent_block} divides",
            )

    @property
    def block(self) -> int:
        """Neurons of a block of the recurrence, 0 without one; a narrow layer is one block."""
        return min(self.recurrent_block or 0, self.width)

    @staticmethod
    def of(layers: int, width: int, vocab_size: int, **others: Any) -> "ModelConfig":
        """A model of that depth, width and vocabulary with the default token clock."""
        steps = layers + IO_PHASES
        return ModelConfig(
            vocab_size=vocab_size, layers=layers, width=width, steps_per_token=steps, **others
        )

    def to_json(self) -> dict[str, object]:
        """Plain values for a config file."""
        return asdict(self)


class Layer(nn.Module):
    """Weights, decays and threshold of one LIF layer."""

    def __init__(self, config: ModelConfig, heard: int) -> None:
        super().__init__()
        width = config.width
        active = config.code_bits / 2 + 0.1 * (heard - config.code_bits)
        self.weight = nn.Parameter(torch.randn(width, heard) * 0.5 / active**0.5)
        self.constant = nn.Parameter(torch.zeros(width))
        self.recurrent: nn.Parameter | None = None
        if n := config.block:
            self.recurrent = nn.Parameter(torch.randn(width // n, n, n) * 0.2 / (0.1 * n) ** 0.5)
        low, high = (log(log(2) / h / config.steps_per_token) for h in config.half_life)
        self.rate = nn.Parameter(torch.linspace(low, high, config.groups))
        self.threshold = nn.Parameter(torch.ones(1))

    def integers(self) -> Population:
        """Quantized parameters, differentiable."""
        width = len(self.constant)
        return Population(
            even_weight(self.weight),
            even_weight(self.constant),
            None if self.recurrent is None else even_weight(self.recurrent),
            decay_register(self.rate).repeat_interleave(width // len(self.rate)),
            threshold_register(self.threshold).expand(width),
        )


class SpikingLM(nn.Module):
    """Tokens in, readout voltages and logits out: of the next token, or of tags."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        bits, width = config.code_bits, config.width
        self.embedding = nn.Parameter(torch.randn(config.vocab_size, bits) * 0.05)
        self.output_bias = nn.Parameter(torch.zeros(config.tags or config.vocab_size))
        self.layers = nn.ModuleList(Layer(config, bits + i * width) for i in range(config.layers))
        heard = bits + config.layers * width
        active = bits / 2 + 0.1 * config.layers * width
        self.readout = nn.Parameter(torch.randn(bits, heard) * 0.5 / active**0.5)
        self.readout_constant = nn.Parameter(torch.zeros(bits))
        self.tag_decoder: nn.Parameter | None = None
        if config.tags:
            self.tag_decoder = nn.Parameter(torch.randn(config.tags, bits) * 0.05)
        self._encode = surrogate.sigmoid(slope=20)

    def forward(
        self,
        tokens: Tensor,
        alive: Tensor,
        state: State | None = None,
        dropout_seed: Tensor | None = None,
        record: bool = False,
    ) -> Played:
        """Play tokens [T, B]; see `play` for `alive`. Dropout needs a seed [], an int64."""
        layers = [layer.integers() for layer in self.layers]  # type: ignore[operator]
        readout = ReadoutWeights(even_weight(self.readout), even_weight(self.readout_constant))
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

    def _z(self, voltage: Tensor) -> Tensor:
        """The readout in units of a weight of 1."""
        return voltage / (STATE_ONE * WEIGHT_UNIT)

    def _decode(self) -> Tensor:
        """[V, D] decoder weights; of a tagger [tags, D]."""
        return decoder_weight(self.decoder) / DECODE_UNIT
