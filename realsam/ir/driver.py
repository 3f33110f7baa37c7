"""Drivers: who feeds a network its tokens and takes its readout, the same on every backend.

A backend calls `spikes()` for the input of the next token until it returns None, and hands the
readout voltages of that token to `take()`. `Replay` plays recorded spikes; `ClosedLoop` plays a
prompt and then goes on with the tokens that it samples.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Protocol

from realsam.arrays import I64, U8, Spikes
from realsam.ir.host import Host
from realsam.ir.sampler import Sampler


class Driver(Protocol):
    """What a backend needs to know of the host."""

    length: int  # tokens fed at most

    def spikes(self) -> Spikes | None:
        """[M] input spikes or payloads of the next token, or None at the end."""

    def take(self, voltage: I64) -> int | None:
        """Receive the readout voltages [D] of the token fed last; returns the next, if chosen."""

    def follow(self, choice: int | None) -> None:
        """Do what `take` did in a twin that returned this choice."""

    def twin(self) -> "Driver":
        """A silent copy at the same place, to be played in another process."""


class Replay:
    """Feed recorded input spikes, or the payloads of graded ones."""

    def __init__(self, spikes: Spikes) -> None:
        self._spikes = spikes  # [K, M]
        self._next = 0
        self.length = len(spikes)

    def spikes(self) -> Spikes | None:
        """See Driver."""
        if self._next == self.length:
            return None
        self._next += 1
        row: Spikes = self._spikes[self._next - 1]
        return row

    def take(self, voltage: I64) -> int | None:
        """See Driver; a replay needs no answer."""

    def follow(self, choice: int | None) -> None:
        """See Driver."""

    def twin(self) -> "Replay":
        """See Driver."""
        return copy.copy(self)


class ClosedLoop:
    """Feed a prompt, then up to n_new sampled tokens; by default stop at the end of the text."""

    def __init__(
        self,
        host: Host,
        prompt: Sequence[int],
        sampler: Sampler,
        n_new: int,
        on_token: Callable[[int], None] | None = None,
        stop_at_end: bool = True,
    ) -> None:
        self._host = host
        self._sampler = sampler
        self._on_token = on_token
        self._stop_at_end = stop_at_end
        self._n_prompt = len(prompt)
        self._fed = 0
        self.tokens = list(prompt)
        self.length = len(prompt) + n_new - 1  # the last token needs no pass

    def spikes(self) -> U8 | None:
        """See Driver."""
        ended = self.generated[-1:] == [self._host.end_of_text]
        if (ended and self._stop_at_end) or self._fed >= self.length:
            return None
        row: U8 = self._host.code[self.tokens[self._fed]]
        self._fed += 1
        return row

    def take(self, voltage: I64) -> int | None:
        """See Driver."""
        if self._fed < len(self.tokens):
            return None
        logits = self._host.logits(voltage)
        token = self._sampler.pick(logits, self._host.nats_per_logit, self._fed)
        self.follow(token)
        return token

    def follow(self, choice: int | None) -> None:
        """See Driver."""
        if choice is None:
            return
        self.tokens.append(choice)
        if self._on_token:
            self._on_token(choice)

    def twin(self) -> "ClosedLoop":
        """See Driver; the copy does not call on_token."""
        other = copy.copy(self)
        other._on_token = None
        other.tokens = list(self.tokens)
        return other

    @property
    def generated(self) -> list[int]:
        """The tokens after the prompt."""
        return self.tokens[self._n_prompt :]
