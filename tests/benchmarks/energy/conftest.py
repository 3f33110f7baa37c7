"""The kernels run on the CUDA device, or in Triton's interpreter where there is none."""

import os

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("snntorch", reason="needs the train extra")

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when the kernels are imported
