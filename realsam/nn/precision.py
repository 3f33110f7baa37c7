"""Matrix product precision on CUDA, set for a block of code and put back after it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def matmul_precision(level: str) -> Iterator[None]:
    """Use "high" (TF32) or "highest" (float32) products.

    TF32 keeps 11 bits of each factor and sums in float32: spikes times 8-bit weights stay exact.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(level)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
