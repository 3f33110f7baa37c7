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
from realsam.ir.sampler import PENALTY_WINDOW, Sampler

Ends = Callable[[Sequence[int]], bool]  # whether these tokens end a text; called after each


class Driver(Protocol):
    """What a backend needs to know of the host."""

    length: int  # tokens fed at most

    def spikes(self) -> Spikes | None:
        """[M] input spikes or payloads of the next token, or None at the end."""

    def take(self, voltage: I64) -> int | None:
        """Receive the readout voltages [D] of the token fed last; returns the next, if chosen."""

    def follow(self, voltage: I64, choice: int | None, /) -> None:
        """Do what `take` did with this voltage in a twin, where it returned this choice."""

    def twin(self) -> "Driver":
        """A silent copy at the same place, to be played in a process that is forked later."""


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

    def follow(self, voltage: I64, choice: int | None, /) -> None:
        """See Driver."""

    def twin(self) -> "Replay":
        """See Driver."""
        return copy.copy(self)


class ClosedLoop:
    """Feed a prompt, then up to n_new sampled tokens; by default stop at the end of the text.

    `ends` says of the tokens after the prompt whether they end the text, too.
    """

    def __init__(
        self,
        host: Host,
        prompt: Sequence[int],
        sampler: Sampler,
        n_new: int,
        on_token: Callable[[int], None] | None = None,
        stop_at_end: bool = True,
        ends: Ends | None = None,
    ) -> None:
        self._host = host
        self._sampler = sampler
        self._on_token = on_token
        self._stop_at_end = stop_at_end
        self._ends = ends
        self._n_prompt = len(prompt)
        self._fed = 0
        self.tokens = list(prompt)
        self.length = len(prompt) + n_new - 1  # the last token needs no pass

    def spikes(self) -> U8 | None:
        """See Driver."""
        if self._has_ended() or self._fed >= self.length:
            return None
        row: U8 = self._host.code[self.tokens[self._fed]]
        self._fed += 1
        return row

    def _has_ended(self) -> bool:
        if len(self.tokens) == self._n_prompt:
            return False
        if self._stop_at_end and self.tokens[-1] == self._host.end_of_text:
            return True
        return self._ends is not None and self._ends(self.generated)

    def take(self, voltage: I64) -> int | None:
        """See Driver."""
        if self._fed < len(self.tokens):
            return None
        logits = self._host.logits(voltage)
        past = self.tokens[-PENALTY_WINDOW:]
        token = self._sampler.pick(logits, self._host.nats_per_logit, self._fed, past)
        self.follow(voltage, token)
        return token

    def follow(self, _: I64, choice: int | None, /) -> None:
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
