"""Errors are one line with the cure, and travel between processes."""

import pickle
from collections.abc import Iterator

import pytest

from realsam.errors import CurrentOverflowError, RealSamError, RegisterRangeError

ARGUMENTS = {
    RegisterRangeError: ("block2.lif[17]", "du", 4100, 0, 4095),
    CurrentOverflowError: ("layer1[3]", 2**24, 7),
}


def kinds(base: type[RealSamError] = RealSamError) -> Iterator[type[RealSamError]]:
    """RealSamError and everything below it."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def raised(kind: type[RealSamError]) -> RealSamError:
    """An error of that kind as the code raises it."""
    return kind(*ARGUMENTS.get(kind, ("layer1: something is wrong", "do something else")))


every_kind = pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)


@every_kind
def test_pickle_keeps_kind_message_and_cure(kind: type[RealSamError]) -> None:
    """An error that comes out of a child process is the one that went in."""
    error = raised(kind)

    copy = pickle.loads(pickle.dumps(error))

    assert kind is type(copy)
    assert (error.message, error.cure) == (copy.message, copy.cure)
    assert str(error) == str(copy)


@every_kind
def test_prints_one_line_with_the_cure(kind: type[RealSamError]) -> None:
    """Message, semicolon, cure."""
    error = raised(kind)

    assert f"{error.message}; {error.cure}" == str(error)
    assert len(str(error).splitlines()) == 1
    assert error.cure


def test_message_stands_alone_without_a_cure() -> None:
    """No empty tail."""
    assert str(RealSamError("gone")) == "gone"


def test_register_error_names_place_register_value_and_range() -> None:
    """Layer, neuron, register, value, range."""
    error = RegisterRangeError("block2.lif[17]", "du", 4100, 0, 4095)

    assert error.message == "block2.lif[17]: du = 4100 is outside 0..4095"


def test_overflow_error_names_place_value_and_step() -> None:
    """Layer, neuron, value, timestep."""
    error = CurrentOverflowError("layer1[3]", 2**24, 7)

    assert error.message == (
        "layer1[3]: current u = 16777216 at timestep 7 is outside -(2**23)+1..2**23-1"
    )
