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


@pytest.mark.parametrize("at", [[0, 30, 31], [32, 69, 0], [79, 79, 79]])
@pytest.mark.parametrize(("kind", "error"), [(torch.float32, 1e-6), (torch.bfloat16, 1e-2)])
def test_recall_is_attention(at: list[int], kind: torch.dtype, error: float) -> None:
    """Of float64, within the rounding of the result; later positions are not read."""
    device = "cuda" if CUDA else "cpu"
    generator = torch.Generator().manual_seed(sum(at))
    q = torch.randn(3, 2, 1, 16, generator=generator).to(device, kind)
    k, v = torch.randn(2, 3, 2, 80, 16, generator=generator).to(device, kind)
    for stream, last in enumerate(at):
        k[stream, :, last + 1 :] = v[stream, :, last + 1 :] = float("nan")

    found = recall(q, k, v, torch.tensor(at, device=device)).double()

    for stream, last in enumerate(at):
        heard = (x[stream, :, : last + 1].double() for x in (k, v))
        expected = scaled_dot_product_attention(q[stream].double(), *heard)
        assert float((expected - found[stream]).norm() / expected.norm()) < error
