"""Populations: registers at the ends of their ranges, and named refusals beyond."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError, RegisterRangeError
from realsam.ir import Input, Lif, readout, split_bias
from tests import tiny


@pytest.mark.parametrize(
    ("register", "low", "high"),
    [("du", 0, 4095), ("dv", 0, 4096), ("vth", 0, 131072), ("bias", -4095 << 7, 4095 << 7)],
)
def test_ends_of_the_range_are_accepted(register: str, low: int, high: int) -> None:
    """Both ends are register values."""
    for value in (low, high):
        assert value == getattr(tiny.lif(**{register: value}), register)[0]


@pytest.mark.parametrize(
    ("register", "value", "allowed"),
    [
        ("du", -1, "0..4095"),
        ("du", 4096, "0..4095"),
        ("dv", -1, "0..4096"),
        ("dv", 4097, "0..4096"),
        ("vth", -1, "0..131072"),
        ("vth", 131073, "0..131072"),
        ("bias", 4097, "-524160..524160"),  # needs 13 bits and has an odd end
        ("bias", 4096 << 7, "-524160..524160"),
        ("bias", -4096 << 7, "-524160..524160"),
    ],
)
def test_value_beyond_the_range_is_named(register: str, value: int, allowed: str) -> None:
    """The error names layer, neuron, register, value and range."""
    values = {name: np.zeros(3) for name in ("du", "dv", "bias", "vth")}
    values[register] = np.array([0, 0, value])

    with pytest.raises(RegisterRangeError) as raised:
        Lif("layer1", **values)

    assert raised.value.message == f"layer1[2]: {register} = {value} is outside {allowed}"


@pytest.mark.parametrize("sizes", [(2, 2, 2, 3), (1, 2, 2, 2), (0, 0, 0, 0)])
def test_registers_need_one_value_per_neuron(sizes: tuple[int, ...]) -> None:
    """Arrays of different lengths, or of none, are refused."""
    with pytest.raises(NetworkError, match="layer1: registers have shapes"):
        Lif("layer1", *map(np.zeros, sizes))


def test_registers_are_vectors() -> None:
    """A matrix of neurons is refused."""
    with pytest.raises(NetworkError, match="registers have shapes"):
        Lif("layer1", *[np.zeros((2, 2))] * 4)


def test_registers_are_read_only() -> None:
    """A population is a value."""
    with pytest.raises(ValueError, match="read-only"):
        tiny.lif().vth[0] = 5


def test_registers_are_copied() -> None:
    """Writing to the array that was given changes nothing."""
    vth = np.array([1, 2])
    lif = Lif("a", *np.zeros((3, 2)), vth)

    vth[0] = 9

    assert lif.vth.tolist() == [1, 2]


def test_input_needs_a_line() -> None:
    """An input of no lines is refused."""
    with pytest.raises(NetworkError, match="in: 0 input lines"):
        Input("in", 0)


def test_readout_is_memoryless_and_silent() -> None:
    """Its voltage is the weighted input and can not pass its threshold."""
    population = readout("readout", 2)

    registers = (population.du, population.dv, population.bias, population.vth)
    assert [r[0] for r in registers] == [4095, 4096, 0, 131072]
    assert population.size == 2


@given(mantissa=st.integers(-4095, 4095), exponent=st.integers(0, 7))
def test_split_bias_multiplies_back(mantissa: int, exponent: int) -> None:
    """Mantissa << exponent is the bias, the mantissa fits, the exponent is the smallest."""
    bias = mantissa << exponent

    m, e = (int(x[0]) for x in split_bias(np.array([bias])))

    assert bias == m << e
    assert abs(m) <= 4095
    assert 0 <= e <= exponent


def test_split_bias_leaves_the_given_array() -> None:
    """The argument is not written."""
    bias = np.array([4095 << 7])

    split_bias(bias)

    assert bias.tolist() == [4095 << 7]
