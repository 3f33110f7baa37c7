"""The kernel of sampling's attention, interpreted where there is no CUDA device."""

import os

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

CUDA = torch.cuda.is_available()
if not CUDA:
    os.environ["TRITON_INTERPRET"] = "1"  # read when the kernel is imported
pytest.importorskip("triton", reason="Triton is not installed")

from realsam.train.teacher.recall import recall  # noqa: E402 - after the variable


@pytest.mark.parametrize("length", [1, 31, 32, 33, 70])
@pytest.mark.parametrize(("kind", "error"), [(torch.float32, 1e-6), (torch.bfloat16, 1e-2)])
def test_recall_is_attention(length: int, kind: torch.dtype, error: float) -> None:
    """Of float64, within the rounding of the result; positions beyond the length are not read."""
    device = "cuda" if CUDA else "cpu"
    generator = torch.Generator().manual_seed(length)
    q = torch.randn(3, 2, 1, 16, generator=generator).to(device, kind)
    pair = torch.randn(2, 3, 2, 80, 16, generator=generator).to(device, kind)
    pair[:, :, :, length:] = float("nan")
    k, v = pair[0, :, :, :length], pair[1, :, :, :length]
    expected = scaled_dot_product_attention(q.double(), k.double(), v.double())

    found = recall(q, k, v).double()

    assert float((expected - found).norm() / expected.norm()) < error
