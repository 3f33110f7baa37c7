"""Lines: what a person types at a terminal, or what comes through a pipe."""

import signal
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Protocol

import click

from realsam.data.conversation import USER
from realsam.errors import PromptError

MAX_LINE = 1 << 20  # bytes


class Lines(Protocol):
    """Where the next line comes from."""

    is_terminal: bool  # mistakes can be mended
    interrupted: bool  # Ctrl-C since the last line

    def read(self) -> str | None:
        """The next line without its end, or None if there is none."""


class Piped:
    """Lines of a pipe or a file; Ctrl-C ends the command."""

    is_terminal = False
    interrupted = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._n = 0

    def read(self) -> str | None:
        """See Lines.

        Raises:
            PromptError: if it is not UTF-8, or longer than MAX_LINE.
        """
        line = self._stream.readline(MAX_LINE + 1)
        self._n += 1
        if len(line) > MAX_LINE:
            raise PromptError(f"line {self._n} is longer than {MAX_LINE:,} bytes", "break it up")
        try:
            return line.decode("utf-8").rstrip("\r\n") if line else None
        except UnicodeDecodeError as error:
            raise PromptError(
                f"line {self._n}: byte {error.start} is not UTF-8", "convert it to UTF-8"
            ) from error


class _GivenUpError(Exception):
    """Ctrl-C, while a line is typed."""


class Terminal:
    """Lines of a person: Ctrl-C gives up the line, or stops the answer; Ctrl-D is the end.

    A second Ctrl-C before the next line is the usual one.
    """

    is_terminal = True

    def __init__(self) -> None:
        self.interrupted = False
        self._is_typing = False
        with suppress(ImportError):
            import readline  # noqa: F401  # where it is, input() can edit and knows earlier lines

    def __enter__(self) -> "Terminal":
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, *_: object) -> None:
        if self._is_typing:
            raise _GivenUpError
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

    def read(self) -> str | None:
        """See Lines.

        Raises:
            PromptError: if it is not UTF-8.
        """
        self.interrupted = False
        while True:
            try:
                self._is_typing = True
                line = input(f"{USER}: ")
                line.encode("utf-8")
                return line
            except UnicodeError as error:
                cure = "set the terminal to UTF-8 or retype it"
                raise PromptError("the line is not UTF-8", cure) from error
            except EOFError:
                click.echo()
                return None
            except _GivenUpError:
                click.echo()
            finally:
                self._is_typing = False
