"""The layers for snnTorch networks: the interface of `snn.Leaky`, the integers of the chip."""

import numpy as np
import pytest
import snntorch
import torch
from hypothesis import given
from hypothesis import strategies as st

from realsam.fixedpoint import clip, decay
from realsam.nn.leaky import QuantLeaky, QuantLinear


@given(
    beta=st.floats(0, 1),
    threshold=st.floats(0.01, 4),
    inputs=st.lists(st.integers(-600, 600), min_size=1, max_size=12),
)
def test_steps_equal_the_integer_arithmetic(
    beta: float, threshold: float, inputs: list[int]
) -> None:
    """Spikes and membrane of every step."""
    layer = QuantLeaky(beta, threshold)
    dv, vth = (int(register) for register in layer.registers())
    v, mem = np.int64(0), layer.init_leaky()

    for a in inputs:
        v = clip(decay(v, dv) + (a << 6))
        fired = v > vth << 6
        v = np.where(fired, 0, v)
        spikes, mem = layer(torch.tensor([[a / 256]]), mem)
        assert (float(fired), float(v)) == (spikes.item(), mem.item() * 64 * 256)


@pytest.mark.parametrize(("beta", "dv"), [(0.0, 4096), (1.0, 0), (0.5, 2048), (0.9, 410)])
def test_beta_becomes_a_register(beta: float, dv: int) -> None:
    """Rounded to 12 bits; no memory and no leak are both possible."""
    assert dv == int(QuantLeaky(beta).registers()[0])


def test_linear_layer_has_even_weights() -> None:
    """Integers over 256."""
    layer = QuantLinear(5, 4)

    rows = layer(torch.eye(5)) * 256

    assert torch.equal(rows, torch.round(rows / 2) * 2)
    assert layer.bias is None


@pytest.mark.parametrize("output", [False, True])
def test_hidden_membrane_is_kept_between_calls(output: bool) -> None:
    """With init_hidden the layer takes the input alone, like `snn.Leaky`."""
    hidden, plain = QuantLeaky(0.9, init_hidden=True, output=output), QuantLeaky(0.9)
    mem = plain.init_leaky()

    for x in torch.full((6, 2, 3), 0.3):
        result = hidden(x)
        spikes, mem = plain(x, mem)
        assert torch.equal(spikes, result[0] if output else result)
        assert torch.equal(mem, hidden.mem)


def test_hidden_membrane_can_be_reset() -> None:
    """A new sequence starts at rest."""
    layer = QuantLeaky(0.9, init_hidden=True)
    first = layer(torch.full((1, 2), 0.5)).tolist(), layer.mem.tolist()

    layer.reset_mem()

    assert first == (layer(torch.full((1, 2), 0.5)).tolist(), layer.mem.tolist())


def test_results_have_the_shapes_of_snntorch() -> None:
    """Spikes and membrane, each like the input."""
    x = torch.rand(4, 3)
    theirs = snntorch.Leaky(beta=0.9)
    ours = QuantLeaky(beta=0.9)

    expected = [r.shape for r in theirs(x, theirs.init_leaky())]

    assert expected == [r.shape for r in ours(x, ours.init_leaky())]


def test_beta_and_threshold_learn_on_request() -> None:
    """Fixed by default."""
    fixed, learned = QuantLeaky(0.9), QuantLeaky(0.9, learn_beta=True, learn_threshold=True)
    x = torch.full((2, 3), 0.9)

    spikes, mem = learned(x, learned(x)[1])
    (spikes.sum() + mem.sum()).backward()

    assert not any(p.requires_grad for p in fixed.parameters())
    assert all(p.grad is not None and p.grad.any() for p in learned.parameters())
