"""Every way to play the streams gives the spikes, voltages and tokens of the reference."""

import numpy as np
import pytest
import torch

from benchmarks.energy import on_torch
from benchmarks.energy.on_torch import Fused, OnTorch
from benchmarks.energy.streams import REFERENCE, SIM, truth, windows
from realsam.lower import lower
from tests import tiny
from tests.benchmarks.energy.small import B, T, expected, model, text


def test_streams_are_windows_of_one_text() -> None:
    """One token apart; the first begins a document, and the reference writes the same."""
    assert text().shape == (T, B)
    assert text()[1:, :-1].tolist() == text()[:-1, 1:].tolist()
    assert text()[0, 0] == model()[1].end_of_text
    assert text().tolist() == windows(*model(), REFERENCE, T, B, seed=0).tolist()


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_simulator_does_what_the_reference_does(jobs: int) -> None:
    """However many processes share the streams; and something happens in them."""
    assert truth(*model(), text(), SIM, jobs).differences(expected()) == 0
    assert expected().spikes.any()
    assert len(np.unique(expected().chosen)) > 1


@pytest.mark.parametrize("batch", [1, B])
def test_torch_does_the_same_round_after_round(batch: int) -> None:
    """Playing before leaves nothing behind."""
    streams = OnTorch(*model(), text()[:, :batch], torch.device("cpu"), graph=False)

    for _ in range(2):
        streams.play()
        assert streams.played().differences(expected()) == 0


@pytest.mark.parametrize(
    "config",
    [{}, {"width": 32, "recurrent_block": 16}, {"layers": 3, "width": 20}],
    ids=["full", "blocks", "odd"],
)
def test_the_kernels_do_the_same(config: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """In Triton's interpreter, whatever the recurrence."""
    pytest.importorskip("triton", reason="Triton is not installed")
    monkeypatch.setattr(on_torch, "Plain", Fused)
    network, host = lower(tiny.model(**config), end_of_text=0)
    tokens = windows(network, host, SIM, T, B, seed=1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    found = OnTorch(network, host, tokens, device, graph=False).played()

    assert found.differences(truth(network, host, tokens, SIM, jobs=1)) == 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("batch", [1, B])
def test_a_captured_step_does_the_same_round_after_round(batch: int) -> None:
    """What the warm-up and the capture leave behind is forgotten."""
    streams = OnTorch(*model(), text()[:, :batch], torch.device("cuda"), graph=True)

    for _ in range(2):
        assert streams.played().differences(expected()) == 0
        streams.play()
