"""Straight-through quantization: register values forward, the gradient where nothing is clamped."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from realsam.nn.precision import matmul_precision
from realsam.nn.quantize import (
    decay_register,
    decoder_weight,
    even_weight,
    round_through,
    threshold_register,
)

floats = st.floats(-8, 8, width=32)


def gradient(function: Callable[[Tensor], Tensor], *values: float) -> list[float]:
    """Derivative of the sum."""
    x = torch.tensor(values, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


@pytest.mark.parametrize(
    ("weight", "integer"),
    [(0.0, 0), (1 / 256, 0), (3 / 256, 4), (0.5, 128), (0.9999, 254), (9.0, 254), (-9.0, -254)],
)
def test_even_weight_of_the_edges(weight: float, integer: int) -> None:
    """Multiples of two in -254..254; halves go to the even multiple."""
    assert integer == even_weight(torch.tensor(weight)).item()


@given(weight=floats)
def test_even_weight_is_even_and_near(weight: float) -> None:
    """An even integer at most one away, unless clamped."""
    integer = even_weight(torch.tensor(weight)).item()

    assert integer % 2 == 0
    assert abs(integer) <= 254
    assert abs(integer - weight * 256) <= 1 or abs(weight) * 256 > 254


@given(weight=floats)
def test_decoder_weight_is_near(weight: float) -> None:
    """Integers in -127..127, half a unit away at most unless clamped."""
    integer = decoder_weight(torch.tensor(weight)).item()

    assert integer == round(integer)
    assert abs(integer) <= 127
    assert abs(integer - weight * 256) <= 0.5 or abs(weight) * 256 > 127


@given(rate=st.floats(-30, 10, width=32))
def test_decay_register_is_in_range_and_near(rate: float) -> None:
    """1..4095, half a register off the exact decay at most unless clamped."""
    exact = 4096 * -torch.expm1(-torch.exp(torch.tensor(rate, dtype=torch.float64))).item()

    register = decay_register(torch.tensor(rate)).item()

    assert register == round(register)
    assert 1 <= register <= 4095
    assert abs(register - min(max(exact, 1), 4095)) <= 0.51


def test_decay_register_grows_with_the_rate() -> None:
    """A faster rate never decays less."""
    registers = decay_register(torch.linspace(-15, 5, 200))

    assert (registers.diff() >= 0).all()


@pytest.mark.parametrize(
    ("threshold", "mantissa"), [(-1.0, 1), (0.0, 1), (1.0, 256), (2.5, 640), (1e6, 131071)]
)
def test_threshold_register_of_the_edges(threshold: float, mantissa: int) -> None:
    """17 bits and never zero."""
    assert mantissa == threshold_register(torch.tensor(threshold)).item()


def test_gradient_passes_straight_through() -> None:
    """Rounding is not seen; the unit is."""
    assert gradient(even_weight, 0.1, -0.7) == [256.0, 256.0]
    assert gradient(decoder_weight, 0.1) == [256.0]
    assert gradient(threshold_register, 1.0) == [256.0]


def test_gradient_stops_at_the_clamp() -> None:
    """A weight beyond the range gets no gradient, one on its end does."""
    assert gradient(even_weight, 1.1, -1.1, 254 / 256) == [0.0, 0.0, 256.0]


def test_round_through_multiples() -> None:
    """Any step and range."""
    x = torch.tensor([-5.0, 0.4, 1.0, 7.4])

    assert round_through(x, -3, 6, step=3.0).tolist() == [-3.0, 0.0, 0.0, 6.0]


def test_matmul_precision_is_put_back() -> None:
    """Even when the block fails."""
    before, inside = torch.get_float32_matmul_precision(), []

    def fail() -> None:
        with matmul_precision("high"):
            inside.append(torch.get_float32_matmul_precision())
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert inside == ["high"]
    assert before == torch.get_float32_matmul_precision()
