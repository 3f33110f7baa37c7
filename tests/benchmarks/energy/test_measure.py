"""Idle power is subtracted, repetitions have a spread, and what is not exact is refused."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from benchmarks.energy import measure as measuring
from benchmarks.energy.measure import Budget, measure
from benchmarks.energy.meters import Meter
from benchmarks.energy.streams import SIM, OnCpu, Played
from realsam.errors import MismatchError, RealSamError
from tests.benchmarks.energy.small import expected, model, text


class World:
    """Time and energy as the tests want them: streams that play, and a machine at rest."""

    def __init__(self, extra_watts: list[float], idle_watts: list[float]) -> None:
        """`extra_watts` of each round in turn; `idle_watts` before and after all rounds."""
        self.shape = (2, 3)
        self.seconds = self.joules = 0.0
        self._extra, self._idle = cycle(extra_watts), idle_watts
        self._played = False

    def perf_counter(self) -> float:
        """See time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """See time."""
        self._pass(seconds, self._idle[self._played])

    def play(self) -> None:
        """See Streams; one second."""
        self._played = True
        self._pass(1.0, sum(self._idle) / 2 + next(self._extra))

    def wait(self) -> None:
        """See Streams."""

    def played(self) -> Played:
        """See Streams."""
        return nothing()

    def _pass(self, seconds: float, watts: float) -> None:
        self.seconds += seconds
        self.joules += seconds * watts


def nothing() -> Played:
    """Two tokens of three streams in which nothing happens."""
    zeros = np.zeros((2, 3), np.int64)
    return Played(np.zeros((2, 3, 4), np.uint8), np.zeros((2, 3, 5), np.int64), zeros)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], dict[str, Any]]:
    """The row of a world; a repetition is one round of a second, six tokens."""

    def row(world: World) -> dict[str, Any]:
        monkeypatch.setattr(measuring, "time", world)
        meter = Meter("a counter", lambda: world.joules)
        return measure("here", world, meter, nothing(), Budget(repeats=2, seconds=1.0))

    return row


def test_energy_is_what_the_idle_machine_would_not_have_taken(measured: Any) -> None:
    """12 W more than at rest for a second are 2 J for each of six tokens."""
    row = measured(World([12.0], [40.0, 40.0]))

    assert row["energy_j_per_token"] == pytest.approx(2.0)
    assert row["energy_spread_j"] == pytest.approx(0.0, abs=1e-9)
    assert row["seconds_per_token"] == pytest.approx(1 / 6)
    assert row["n_tokens"] == 12


def test_idle_power_is_the_mean_of_before_and_after(measured: Any) -> None:
    """A machine that warms up rests at another power."""
    row = measured(World([12.0], [40.0, 60.0]))

    assert row["idle_watts"] == pytest.approx(50.0)
    assert row["energy_j_per_token"] == pytest.approx(2.0)


def test_spread_is_the_standard_deviation_of_the_repetitions(measured: Any) -> None:
    """The warm-up takes the first round, the repetitions 6 W and 18 W: 1 J and 3 J a token."""
    row = measured(World([99.0, 6.0, 18.0], [40.0, 40.0]))

    assert row["energy_j_per_token"] == pytest.approx(2.0)
    assert row["energy_spread_j"] == pytest.approx(2**0.5)


def test_energy_not_above_idle_is_refused(measured: Any) -> None:
    """Something else ran on the machine while it should have rested."""
    with pytest.raises(RealSamError, match=r"here: took no more power than the 40\.0 W"):
        measured(World([-1.0], [40.0, 40.0]))


def test_without_a_counter_there_is_time_and_a_reason() -> None:
    """Never a guess."""
    streams = OnCpu(*model(), text()[:, :1], SIM)

    row = measure("here", streams, "no counter", expected(), Budget(2, 0.01))

    assert row["seconds_per_token"] > 0
    assert [row[name] for name in ("energy_j_per_token", "energy_spread_j", "idle_watts")] == (
        [None] * 3
    )
    assert row["source"] == "time only; no counter"


@pytest.mark.parametrize("field", ["spikes", "voltage", "chosen"])
def test_one_difference_is_refused(field: str) -> None:
    """A spike, a voltage or a token that is another."""
    other = nothing()
    getattr(other, field)[1, 2] += 1
    n = getattr(other, field)[1, 2].size

    with pytest.raises(MismatchError, match=f"here, 3 streams: {n} spikes, voltages or tokens"):
        measure("here", World([1.0], [1.0, 1.0]), "no counter", other, Budget(2, 1.0))
