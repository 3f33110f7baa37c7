"""One row: check the spikes, let the machine rest, play for seconds, several times, rest again."""

import time
from dataclasses import dataclass
from math import ceil
from statistics import fmean, stdev
from typing import Any

from benchmarks.energy.meters import Meter
from benchmarks.energy.streams import Played, Streams
from realsam.errors import MismatchError, RealSamError


@dataclass(frozen=True)
class Budget:
    """How long to measure: every repetition and each rest takes about so many seconds."""

    repeats: int  # at least 2, or there is no spread
    seconds: float


@dataclass(frozen=True)
class Repetition:
    """One reading of clock and counter."""

    n_tokens: int  # of all streams
    seconds: float
    joules: float | None  # idle included

    def energy_per_token(self, idle_watts: float) -> float:
        """Joules beyond what the idle machine would have taken."""
        assert self.joules is not None
        return (self.joules - idle_watts * self.seconds) / self.n_tokens


def measure(
    where: str, streams: Streams, meter: Meter | str, expected: Played, budget: Budget
) -> dict[str, Any]:
    """Measure one variant.

    Args:
        where: its name.
        streams: its streams, ready to play.
        meter: counts its energy; a text says why none does.
        expected: what the first streams must do.
        budget: how long to measure.

    Raises:
        MismatchError: if a spike, a voltage or a chosen token differs.
        RealSamError: if the machine took no more power than at rest.
    """
    batch = streams.shape[1]
    if differences := streams.played().differences(expected):
        raise MismatchError(
            f"{where}, {batch} streams: {differences} spikes, voltages or tokens differ",
            "nothing was written; report this as a bug of realsam",
        )
    counter = meter if isinstance(meter, Meter) else None
    before = _idle_watts(counter, budget.seconds)
    rounds = ceil(budget.seconds / _warm_up(streams, budget.seconds / 4))
    done = [_repetition(streams, counter, rounds) for _ in range(budget.repeats)]
    after = _idle_watts(counter, budget.seconds)
    return {
        "where": where,
        "batch": batch,
        "seconds_per_token": fmean(r.seconds / r.n_tokens for r in done),
        "seconds_spread": stdev(r.seconds / r.n_tokens for r in done),
        **_energy(where, done, [watts for watts in (before, after) if watts is not None]),
        "differences": differences,
        "n_tokens": sum(r.n_tokens for r in done),
        "source": counter.source if counter else f"time only; {meter}",
    }


def _energy(where: str, done: list[Repetition], idle_watts: list[float]) -> dict[str, float | None]:
    """Mean and standard deviation of the repetitions; nothing where nothing was counted."""
    if not idle_watts:
        return {"energy_j_per_token": None, "energy_spread_j": None, "idle_watts": None}
    idle = fmean(idle_watts)
    each = [repetition.energy_per_token(idle) for repetition in done]
    if min(each) <= 0:
        raise RealSamError(
            f"{where}: took no more power than the {idle:.1f} W of the machine at rest",
            "let nothing else run on it, or give more --seconds",
        )
    return {"energy_j_per_token": fmean(each), "energy_spread_j": stdev(each), "idle_watts": idle}


def _idle_watts(meter: Meter | None, seconds: float) -> float | None:
    """Power of the machine at rest, after clocks and voltages had time to fall."""
    if meter is None:
        return None
    time.sleep(seconds / 4)
    begin, before = time.perf_counter(), meter.joules()
    time.sleep(seconds)
    return (meter.joules() - before) / (time.perf_counter() - begin)


def _warm_up(streams: Streams, seconds: float) -> float:
    """Seconds of one round, after some rounds that let the clocks rise."""
    begin, rounds, taken = time.perf_counter(), 0, 0.0
    while taken < seconds:
        streams.play()
        streams.wait()
        rounds, taken = rounds + 1, time.perf_counter() - begin
    return taken / rounds


def _repetition(streams: Streams, meter: Meter | None, rounds: int) -> Repetition:
    length, batch = streams.shape
    before = meter.joules() if meter else 0.0
    begin = time.perf_counter()
    for _ in range(rounds):
        streams.play()
    streams.wait()
    seconds = time.perf_counter() - begin
    return Repetition(rounds * length * batch, seconds, meter.joules() - before if meter else None)
