"""How turns and the answers to commands are shown: words as they come, or JSON."""

from collections.abc import Mapping
from typing import Any, Protocol

import click

from realsam.chat.live import AnswerView
from realsam.console import STDERR, emit_json, note
from realsam.data.conversation import SAM
from realsam.errors import PromptError, RealSamError
from realsam.live import Activity


class Screen(Protocol):
    """Where a session shows itself."""

    def begin(self, activity: Activity, /) -> None:
        """An answer begins, of a network whose activity is there."""

    def add(self, text: str) -> None:
        """It goes on."""

    def end(self, turn: Mapping[str, Any], /) -> None:
        """It is complete."""

    def tell(self, command: str, values: Mapping[str, Any], /) -> None:
        """A command was done."""

    def toggle_live(self) -> bool:
        """Show who fires while an answer comes, or no more; whether it is shown from now on.

        Raises:
            PromptError: if there is no terminal to show it.
        """

    def complain(self, error: RealSamError) -> None:
        """A line could not be used."""

    def close(self) -> None:
        """Nothing more comes, perhaps in the middle of an answer."""


class TextScreen:
    """For people: the form of the turns that the network hears."""

    def __init__(self) -> None:
        self._is_mid_line = self._is_live = False
        self._view: AnswerView | None = None

    def begin(self, activity: Activity, /) -> None:
        """See Screen."""
        if self._is_live:
            self._view = AnswerView(activity)
            return
        self._is_mid_line = True
        click.echo(f"{SAM}:", nl=False)

    def add(self, text: str) -> None:
        """See Screen."""
        if self._view:
            self._view.add(text)
        else:
            click.echo(text, nl=False)  # flushes

    def end(self, _: Mapping[str, Any], /) -> None:
        """See Screen."""
        self.close()

    def tell(self, _: str, values: Mapping[str, Any], /) -> None:
        """See Screen."""
        for name, value in values.items():
            click.echo(f"{name.replace('_', ' '):<18} {_shown(value)}")

    def toggle_live(self) -> bool:
        """See Screen."""
        if not STDERR.is_terminal:
            raise _no_terminal()
        self._is_live = not self._is_live
        return self._is_live

    def complain(self, error: RealSamError) -> None:
        """See Screen."""
        note(f"Error: {error}")

    def close(self) -> None:
        """See Screen."""
        if self._view:
            click.echo(f"{SAM}:{self._view.close()}")
            self._view = None
        if self._is_mid_line:
            self._is_mid_line = False
            click.echo()


class JsonScreen:
    """For programs: one object per turn and per command."""

    def begin(self, activity: Activity, /) -> None:
        """See Screen."""

    def add(self, text: str) -> None:
        """See Screen."""

    def end(self, turn: Mapping[str, Any], /) -> None:
        """See Screen."""
        emit_json(dict(turn))

    def tell(self, command: str, values: Mapping[str, Any], /) -> None:
        """See Screen."""
        emit_json({"command": command, **values})

    def toggle_live(self) -> bool:
        """See Screen."""
        raise _no_terminal()

    def complain(self, error: RealSamError) -> None:
        """See Screen."""
        emit_json({"error": str(error)})

    def close(self) -> None:
        """See Screen."""


def _no_terminal() -> PromptError:
    return PromptError("/live needs a terminal", "leave it out")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {share:.1%}" for name, share in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return str(value)
