"""Populations: registers at the ends of their ranges, and named refusals beyond."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError, RegisterRangeError, RunError
from realsam.ir import Input, Lif, Reset, readout, split_bias
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


@pytest.mark.parametrize(
    ("bits", "payloads"),
    [(0, (0, 1)), (2, (-2, 1)), (8, (-128, 127)), (24, (-(2**23), 2**23 - 1))],
)
def test_message_bits_give_the_range_of_a_payload(bits: int, payloads: tuple[int, int]) -> None:
    """With its sign; plain spikes are 0 and 1."""
    assert payloads == Input("in", 1, bits).payloads


@pytest.mark.parametrize("bits", [-1, 1, 25])
def test_other_message_bits_are_named(bits: int) -> None:
    """One bit could only hold the sign."""
    with pytest.raises(NetworkError) as raised:
        Input("in", 1, bits)

    assert raised.value.message == f"in: message_bits = {bits} is neither 0 nor in 2..24"


@pytest.mark.parametrize("bits", [0, 2, 24])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float64])
def test_ends_of_the_payloads_are_accepted(bits: int, dtype: type) -> None:
    """In any type of integers; fractions are not looked at, their type is refused."""
    lines = Input("in", 2, bits)
    row = np.array(lines.payloads, dtype)
    if dtype is np.float64:
        with pytest.raises(RunError, match="in: input is float64, not integers; round the values"):
            lines.refuse(row)
    else:
        lines.refuse(row)


@pytest.mark.parametrize(
    ("bits", "values", "message"),
    [
        (0, [0, 2], "in: input line 1 = 2 is outside 0..1; give spikes as 0 and 1"),
        (0, [-1, 1], "in: input line 0 = -1 is outside 0..1; give spikes as 0 and 1"),
        (8, [0, 128], "in: input line 1 = 128 is outside -128..127; scale the values"),
        (8, [-129, 128], "in: input line 0 = -129 is outside -128..127; scale the values"),
        (24, [0, 2**40], f"in: input line 1 = {2**40} is outside {-(2**23)}..{2**23 - 1}; scale"),
        (8, [1], "in: input (1,) is not (2,); give one value per input line"),
        (8, [[1, 1]], "in: input (1, 2) is not (2,); give one value per input line"),
    ],
)
def test_what_the_lines_cannot_carry_is_named(bits: int, values: object, message: str) -> None:
    """The first line, its value and what it may be."""
    with pytest.raises(RunError) as raised:
        Input("in", 2, bits).refuse(np.array(values))

    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(("interval", "offset"), [(1, 0), (2, 1), (2**31 - 1, 2**31 - 2)])
def test_ends_of_a_reset_are_accepted(interval: int, offset: int) -> None:
    """Every step, and hardly ever."""
    reset = Reset(interval, offset)

    assert Lif("a", *np.zeros((4, 1)), reset).reset == reset
    assert [reset.is_due(step) for step in (offset, offset + interval)] == [True, True]


def test_reset_is_due_at_its_offset() -> None:
    """And an interval later; a readout may have one too."""
    reset = Reset(3, 1)

    assert [step for step in range(9) if reset.is_due(step)] == [1, 4, 7]
    assert replace(readout("out", 2), reset=reset).reset == reset


@pytest.mark.parametrize(
    ("interval", "offset", "message"),
    [
        (0, 0, "a: reset interval = 0 is outside 1..2147483647; give the steps from one"),
        (-5, 0, "a: reset interval = -5 is outside 1..2147483647; give the steps from one"),
        (2**31, 0, "a: reset interval = 2147483648 is outside 1..2147483647; give"),
        (4, -1, "a: reset offset = -1 is outside 0..3; take it modulo the interval"),
        (4, 4, "a: reset offset = 4 is outside 0..3; take it modulo the interval"),
    ],
)
def test_impossible_reset_is_named(interval: int, offset: int, message: str) -> None:
    """Population, value and range."""
    with pytest.raises(NetworkError) as raised:
        Lif("a", *np.zeros((4, 1)), Reset(interval, offset))

    assert str(raised.value).startswith(message)


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
