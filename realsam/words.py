"""The words of a text as they come, in the plain way; `realsam.live` is the other one."""

from types import TracebackType

import click

from realsam.console import STDERR
from realsam.vocab import Stops, TextStream, Vocabulary


class Words:
    """Says that something runs until the first token, then streams the text; ends its line."""

    def __init__(self, vocabulary: Vocabulary, prompt: str, waiting: str, stops: Stops) -> None:
        self._stream = TextStream(vocabulary, stops)
        self._prompt = prompt
        self._status = STDERR.status(waiting)
        self._begun = False

    def __enter__(self) -> "Words":
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()
        if self._begun:
            click.echo(self._stream.end())

    def add(self, token: int) -> None:
        """Print what a new token completes."""
        if not self._begun:
            self._status.stop()  # from here on the words are the progress
            click.echo(self._prompt, nl=False)
            self._begun = True
        click.echo(self._stream.add(token), nl=False)  # flushes
