"""Dropout masks from a counter: the same on every device, and repeatable in a backward pass.

Element i of layer l is kept if mix(mix(i) + key[l]) >= p, where the keys come from one seed. A
mask is never stored, and a resumed run needs no state of a generator.
Source: Appleby 2008, MurmurHash3 (the 32-bit finalizer).
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

WORD = 0xFFFFFFFF
FIRST, SECOND = 0x85EBCA6B, 0xC2B2AE35


@dataclass(frozen=True)
class Dropout:
    """Which spikes of the layers are not heard by others."""

    keys: Tensor  # [L] int64 32-bit words, one per layer
    p: float  # probability

    @staticmethod
    def of(seed: Tensor, layers: int, p: float) -> "Dropout":
        """Masks of an int64 seed []."""
        low, high = seed & WORD, seed >> 32 & WORD
        lanes = mix(torch.arange(1, layers + 1, device=seed.device))
        return Dropout(mix(mix(lanes + high & WORD) ^ low), p)


def mix(x: Tensor) -> Tensor:
    """Scramble 32-bit words held in int64 tensors."""
    x = x ^ (x >> 16)
    x = x * FIRST & WORD
    x = x ^ (x >> 13)
    x = x * SECOND & WORD
    return x ^ (x >> 16)


def limit(p: float) -> int:
    """Words below it, of 31 bits, are dropped."""
    return round(p * 2**31)


def kept(key: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """Mask of that shape, True where an element is kept, with probability 1 - p."""
    index = torch.arange(prod(shape), device=key.device) & WORD
    return (mix(mix(index) + key & WORD) >> 1 >= limit(p)).reshape(shape)
