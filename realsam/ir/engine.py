"""Engine: a Network in motion, token by token, whose state can be taken out and put back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from realsam.arrays import I64, Spikes
from realsam.ir.driver import Driver

# All that a network carries from one token to the next, by name. Engines differ in what they keep;
# one takes back what another gave if names, shapes and types are the same.
Snapshot = Mapping[str, npt.NDArray[Any]]
Hear = Callable[[Spikes, I64], None]  # all spikes of a token, and its readout voltages [D]


class Engine(Protocol):
    """What plays a Network in this process; all state is zero at first."""

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """Advance one token; returns all its spikes and the readout voltages [D].

        The next token may write both arrays again.
        """

    def snapshot(self) -> Snapshot:
        """A copy of the state between two tokens: registers, spikes in flight, time."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go on where a snapshot of the same network was taken, bit for bit."""


def play(engine: Engine, driver: Driver, hear: Hear) -> None:
    """Play a network to the end of its driver; `hear` is told what happened before it is."""
    while (row := driver.spikes()) is not None:
        spikes, voltage = engine.token(row)
        hear(spikes, voltage)
        driver.take(voltage)


@dataclass(frozen=True)
class Motion:
    """A network at rest on one backend, to be played once from there or from a snapshot."""

    play: Callable[[Driver, Hear], object]
    engine: Engine | None  # None: the backend keeps its state to itself
