"""A talk without a person: lines in, answers out, as `realsam chat` gives them through a pipe."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from realsam.chat.session import Session, Setting
from realsam.cli.backends import begin
from realsam.cli.models import network_of
from realsam.errors import RealSamError
from realsam.ir import Sampler
from realsam.live import Activity

_TOKENS = 120  # of an answer at most, as `realsam chat` has them


class Blank:
    """A screen that shows nothing."""

    def begin(self, activity: Activity, /) -> None:
        """See Screen."""

    def add(self, text: str) -> None:
        """See Screen."""

    def end(self, turn: Mapping[str, Any], /) -> None:
        """See Screen."""

    def tell(self, command: str, values: Mapping[str, Any], /) -> None:
        """See Screen."""

    def toggle_live(self) -> bool:
        """See Screen."""
        return False

    def complain(self, error: RealSamError) -> None:
        """See Screen."""

    def close(self) -> None:
        """See Screen."""


class _Kept(Blank):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def end(self, turn: Mapping[str, Any], /) -> None:
        """See Screen."""
        self.said.append(str(turn["sam"]))


class _Given:
    """Lines that were written before."""

    is_terminal = False
    interrupted = False

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)

    def read(self) -> str | None:
        """See Lines."""
        return next(self._lines, None)


def answers(model: Path, lines: Iterable[str], sampler: Sampler) -> list[str]:
    """What the model answers to the messages among the lines, on the simulator.

    Args:
        model: bundle or run.
        lines: messages and commands, as somebody would type them.
        sampler: of the answers.
    """
    network, host, vocabulary = network_of(model)
    setting = Setting(network, host, vocabulary, "sim", partial(begin, "sim", network), _TOKENS)
    screen = _Kept()
    Session(setting, sampler, _Given(lines), screen).run()
    return screen.said
