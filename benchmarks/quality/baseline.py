"""What the baselines share: a tied decoder, a state that can be carried, one way to be played."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from realsam.nn.config import ModelConfig


class Played(NamedTuple):
    """What a baseline did in T tokens of B documents."""

    z: Tensor  # [T, B, D] readout, decoded by the embedding
    state: list[Tensor]  # after the last token, without gradients
    n_fired: Tensor  # [T, B, L] how many neurons of each spiking layer fired; L may be 0


class Baseline(nn.Module, ABC):
    """A language model over tokens [T, B] whose decoder is its embedding."""

    neurons: tuple[int, ...]  # of each spiking layer

    def __init__(self, config: ModelConfig, neurons: Sequence[int], carried: Sequence[int]) -> None:
        """`carried` are the widths of the pieces of the state."""
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(config.vocab_size, config.code_bits) * 0.05)
        self.output_bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.neurons = tuple(neurons)
        self._carried = tuple(carried)

    @abstractmethod
    def forward(self, tokens: Tensor, alive: Tensor, state: list[Tensor]) -> Played:
        """Play tokens.

        Args:
            tokens: [T, B].
            alive: [T, B] 0 where a document starts (the state is cleared before it), else 1.
            state: before the first token, each [B, ...].
        """

    def adapt(self, nats: Tensor, state: list[Tensor], target: Tensor) -> None:
        """Let what is no parameter follow a window of training, in place; nothing does by default.

        Args:
            nats: [] loss per token.
            state: after the window.
            target: [] spikes per neuron and token.
        """

    def start(self, batch: int, device: torch.device) -> list[Tensor]:
        """The state after a reset, each [B, ...]."""
        return [torch.zeros(batch, width, device=device) for width in self._carried]

    def nats(self, z: Tensor, targets: Tensor) -> Tensor:
        """Negative log-likelihood [M] of targets [M] under readouts [M, D]."""
        logits = linear(z, self.embedding, self.output_bias)
        return cross_entropy(logits, targets, reduction="none")

    @property
    def n_parameters(self) -> int:
        """Trained numbers, the tied embedding counted once."""
        return sum(p.numel() for p in self.parameters())


def normal(rows: int, columns: int, deviation: float) -> nn.Parameter:
    """A matrix [rows, columns] of normal numbers."""
    return nn.Parameter(torch.randn(rows, columns) * deviation)
