"""Projections: even weights, delays and exponents at the ends of their ranges, refusals beyond."""

import numpy as np
import pytest

from realsam.errors import NetworkError, RegisterRangeError
from realsam.ir import Projection


def projection(
    weight: object = ((2, -4),), delay: object = (0, 1), exponent: int = 0
) -> Projection:
    """One target neuron, two source neurons."""
    return Projection("b", ("a", "in"), np.array(weight), np.array(delay), exponent)


@pytest.mark.parametrize("weight", [-256, -254, 0, 254])
def test_even_weights_of_eight_bits_are_accepted(weight: int) -> None:
    """Both ends and zero."""
    assert weight == projection([[0, weight]]).weight[0, 1]


@pytest.mark.parametrize("weight", [-258, -257, -1, 1, 253, 255, 256, 2**15, 2**31])
def test_other_weights_are_named(weight: int) -> None:
    """The error names projection, place, value and range; nothing wraps into 16 bits."""
    with pytest.raises(NetworkError) as raised:
        projection([[0, weight]])

    expected = f"a+in->b: weight[0, 1] = {weight} is not an even number in -256..254"
    assert raised.value.message == expected


@pytest.mark.parametrize("delay", [0, 62])
def test_ends_of_the_delays_are_accepted(delay: int) -> None:
    """6 bits, as lava-dl clamps them."""
    assert delay == projection(delay=[0, delay]).delay[1]


@pytest.mark.parametrize("delay", [-1, 63])
def test_other_delays_are_named(delay: int) -> None:
    """The error names the source neuron."""
    with pytest.raises(RegisterRangeError) as raised:
        projection(delay=[0, delay])

    assert raised.value.message == f"a+in->b[1]: delay = {delay} is outside 0..62"


@pytest.mark.parametrize("exponent", [-8, 7])
def test_ends_of_the_exponents_are_accepted(exponent: int) -> None:
    """4 bits with sign."""
    assert exponent == projection(exponent=exponent).weight_exp


@pytest.mark.parametrize("exponent", [-9, 8])
def test_other_exponents_are_named(exponent: int) -> None:
    """The error names the projection."""
    with pytest.raises(RegisterRangeError) as raised:
        projection(exponent=exponent)

    assert raised.value.message == f"a+in->b: weight_exp = {exponent} is outside -8..7"


@pytest.mark.parametrize(
    ("weight", "delay"), [([[2, 4]], [0]), ([[2, 4]], [[0, 0]]), ([2, 4], [0, 0]), ([[2]], 0)]
)
def test_shapes_must_fit(weight: object, delay: object) -> None:
    """A matrix of weights and one delay per column."""
    with pytest.raises(NetworkError, match="does not fit delay"):
        projection(weight, delay)


def test_projection_needs_a_source() -> None:
    """From nobody to b."""
    with pytest.raises(NetworkError, match="->b: no sources; name the populations"):
        Projection("b", (), np.zeros((1, 0)), np.zeros(0))


def test_arrays_are_read_only() -> None:
    """A projection is a value."""
    for array in (projection().weight, projection().delay):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
