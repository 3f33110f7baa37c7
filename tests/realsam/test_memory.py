"""A record that cannot fit is refused by name before anything is allocated."""

import pytest

from realsam import memory
from realsam.errors import RunError
from tests import tiny

MB = 10**6


@pytest.fixture(autouse=True)
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte."""
    monkeypatch.setattr(memory, "_memory", lambda: MB)


def test_largest_record_is_taken() -> None:
    """2 lines, 6 spikes, 2 voltages and a time: 62 bytes a row, the growth included."""
    memory.refuse_record(tiny.network(), MB // 62, "steps")


def test_larger_record_is_refused() -> None:
    """With what it takes, what there is, and what is possible."""
    with pytest.raises(RunError) as raised:
        memory.refuse_record(tiny.network(), MB // 62 + 1, "steps")

    assert str(raised.value) == (
        "steps = 16,130: their record takes 0.0 GB, more than the 0.0 GB of this machine; "
        "ask for at most 16,129"
    )


def test_machine_that_does_not_say_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then only the memory itself is the bound."""
    monkeypatch.setattr(memory, "_memory", lambda: 0)

    memory.refuse_record(tiny.network(), 10**15, "steps")
