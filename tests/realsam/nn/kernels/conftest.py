"""The kernels run on the CUDA device, or in Triton's interpreter where there is none."""

import os

import pytest
import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when the kernels are imported

pytest.importorskip("triton", reason="Triton is not installed")


@pytest.fixture
def device() -> torch.device:
    """Where the kernels run."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.fixture
def tolerance(device: torch.device) -> float:
    """Of gradients, over their norm: products of bfloat16 on CUDA, of float32 elsewhere."""
    return 1e-2 if device.type == "cuda" else 1e-5
