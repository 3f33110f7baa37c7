"""Answer: what the model says in one turn, as it comes."""

import time
from typing import Any

from realsam.data.conversation import REPLY, STOP
from realsam.vocab import Stops, TextStream, Vocabulary


class Answer:
    """The tokens of an answer, their text, and why it ended."""

    def __init__(self, vocabulary: Vocabulary, message: str, n_tokens: int) -> None:
        # "turn" (the next one began), "reply" (another answer did), "text", "tokens", "interrupt"
        self.ended_by = ""
        self._message = message
        self._n_tokens = n_tokens  # at most
        self._end_of_text = vocabulary.end_of_text
        self._turn, self._any = Stops(vocabulary, [STOP]), Stops(vocabulary, [STOP, REPLY])
        self._stream = TextStream(vocabulary, self._any)
        self._tokens: list[int] = []
        self._text = ""
        self._begin = time.perf_counter()
        self._first_seconds = self._seconds = 0.0

    def add(self, token: int, interrupted: bool) -> str:
        """The characters that a token completes; with the last token, all that are left."""
        self._tokens.append(token)
        self._seconds = time.perf_counter() - self._begin
        self._first_seconds = self._first_seconds or self._seconds
        if token == self._end_of_text:
            self.ended_by = "text"
        elif self._any(self._tokens):
            self.ended_by = "turn" if self._turn(self._tokens) else "reply"
        elif len(self._tokens) == self._n_tokens:
            self.ended_by = "tokens"
        elif interrupted:
            self.ended_by = "interrupt"
        text = self._stream.add(token) + (self._stream.end() if self.ended_by else "")
        self._text += text
        return text

    def turn(self, number: int) -> dict[str, Any]:
        """What there is to say about it."""
        return {
            "turn": number,
            "user": self._message,
            "sam": self._text.strip(),
            "ended_by": self.ended_by,
            "tokens": len(self._tokens),
            "first_token_seconds": self._first_seconds,
            "tokens_per_second": len(self._tokens) / self._seconds,
        }
