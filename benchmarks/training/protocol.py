"""What every peer of the benchmark agrees on: the sizes, the text and the shape of a training."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from torch import Tensor

from realsam.arrays import I64

END_OF_TEXT = 0
_DOCUMENT = 200  # tokens, about the length of a short story
_N_WINDOWS = 4  # different ones, used in turn


@dataclass(frozen=True)
class Sizes:
    """One model and the piece of text that a step trains it on."""

    layers: int = 6
    width: int = 512
    vocab_size: int = 4096
    code_bits: int = 256  # input lines, and readout neurons
    batch: int = 128
    window: int = 128  # tokens

    @property
    def heard(self) -> tuple[int, ...]:
        """Inputs of each layer and of the readout: the code and all earlier layers."""
        return tuple(self.code_bits + i * self.width for i in range(self.layers + 1))

    @property
    def n_weights(self) -> int:
        """Entries of the spiking model's matrices, the tied embedding counted once."""
        layers = self.width * (sum(self.heard[:-1]) + self.layers * self.width)
        return layers + self.code_bits * (self.heard[-1] + self.vocab_size)


@dataclass(frozen=True)
class Training:
    """A peer's model, ready to train."""

    step: Callable[[I64, I64], Tensor]  # tokens, targets [T, B] -> loss in nats, on the device
    n_weights: int  # entries of its matrices, each used once a token
    note: str  # how it is run


def windows(sizes: Sizes, seed: int = 0) -> Iterator[tuple[I64, I64]]:
    """Endless tokens and targets [T, B] with the frequencies of text: rank 1 / (rank + 2)."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(2, sizes.vocab_size + 1)
    shape = (_N_WINDOWS, sizes.window + 1, sizes.batch)
    text = 1 + rng.choice(sizes.vocab_size - 1, size=shape, p=share / share.sum())
    text[rng.random(shape) < 1 / _DOCUMENT] = END_OF_TEXT
    return cycle([(piece[:-1].copy(), piece[1:].copy()) for piece in text])
