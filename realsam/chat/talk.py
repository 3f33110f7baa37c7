"""Talk: a conversation as a driver, so that every backend can hold one.

A backend asks it for the next token; where an answer has ended, the talk asks for the next message.
Whatever was said has been heard by the network when it asks. It keeps the latest tokens only.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from realsam.arrays import I64, U8
from realsam.ir import Host, Sampler
from realsam.ir.sampler import PENALTY_WINDOW

# The tokens of the next message, not none of them; None ends the run.
Listen = Callable[[], Sequence[int] | None]
Say = Callable[[int], bool]  # is given each token of an answer; whether the answer goes on


@dataclass(frozen=True)
class Place:
    """Where a talk stands while it listens, beside the state of its network."""

    position: int = 0  # tokens heard
    tail: tuple[int, ...] = ()  # the latest of them, PENALTY_WINDOW at most


class Talk:
    """Feeds messages and the answers that it samples, until nobody says anything more."""

    length = 1 << 40  # tokens: more than anybody says

    def __init__(
        self, host: Host, place: Place, sampler: Sampler, listen: Listen, say: Say
    ) -> None:
        self.sampler = sampler  # may be another one for the next answer
        self._host = host
        self._listen, self._say = listen, say
        self._heard, self._tail = place.position, deque(place.tail, PENALTY_WINDOW)
        # A talk is a document, which begins with the end of the one before.
        self._waiting = deque[int]() if place.position else deque([host.end_of_text])
        self._answering = False
        self._far: Connection | None = None  # where a twin plays what is fed here

    @property
    def place(self) -> Place:
        """Where it stands; to be asked while it listens."""
        return Place(self._heard, tuple(self._tail))

    def spikes(self) -> U8 | None:
        """See Driver."""
        begins = self._heard == 0
        row = self._next()
        if self._far and not begins:
            self._far.send(row)
        return row

    def _next(self) -> U8 | None:
        if not self._waiting:
            if (message := self._listen()) is None:
                return None
            self._waiting.extend(message)
            self._answering = True
        token = self._waiting.popleft()
        self._tail.append(token)
        self._heard += 1
        row: U8 = self._host.code[token]
        return row

    def take(self, voltage: I64) -> int | None:
        """See Driver."""
        if self._waiting or not self._answering:
            return None
        logits, unit = self._host.logits(voltage), self._host.nats_per_logit
        token = self.sampler.pick(logits, unit, self._heard, tuple(self._tail))
        self._answering = self._say(token)
        if token != self._host.end_of_text:  # which would end the document
            self._waiting.append(token)
        return token

    def follow(self, voltage: I64, _: int | None, /) -> None:
        """See Driver; a twin chooses nothing."""
        self.take(voltage)

    def twin(self) -> "Far":
        """A driver for another process that plays what is fed here, from the beginning."""
        receiver, self._far = Pipe(duplex=False)
        return Far(self._host.code[self._waiting[0]], receiver)


class Far:
    """A driver that feeds what another process sends: that one samples, and talks to people."""

    length = Talk.length

    def __init__(self, first: U8, received: Connection) -> None:
        self._first: U8 | None = first  # is asked for before the other side can send anything
        self._received = received

    def spikes(self) -> U8 | None:
        """See Driver."""
        row, self._first = self._first, None
        return self._received.recv() if row is None else row

    def take(self, voltage: I64) -> int | None:
        """See Driver."""

    def follow(self, voltage: I64, choice: int | None, /) -> None:
        """See Driver."""

    def twin(self) -> "Far":
        """See Driver."""
        return self
