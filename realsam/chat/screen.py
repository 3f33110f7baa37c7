"""How turns and the answers to commands are shown: words as they come, or JSON."""

from collections.abc import Mapping
from typing import Any, Protocol

import click

from realsam.console import emit_json, note
from realsam.data.conversation import SAM
from realsam.errors import RealSamError


class Screen(Protocol):
    """Where a session shows itself."""

    def begin(self) -> None:
        """An answer begins."""

    def add(self, text: str) -> None:
        """It goes on."""

    def end(self, turn: Mapping[str, Any], /) -> None:
        """It is complete."""

    def tell(self, command: str, values: Mapping[str, Any], /) -> None:
        """A command was done."""

    def complain(self, error: RealSamError) -> None:
        """A line could not be used."""

    def close(self) -> None:
        """Nothing more comes, perhaps in the middle of an answer."""


class TextScreen:
    """For people: the form of the turns that the network hears."""

    def __init__(self) -> None:
        self._is_mid_line = False

    def begin(self) -> None:
        """See Screen."""
        self._is_mid_line = True
        click.echo(f"{SAM}:", nl=False)

    def add(self, text: str) -> None:
        """See Screen."""
        click.echo(text, nl=False)  # flushes

    def end(self, _: Mapping[str, Any], /) -> None:
        """See Screen."""
        self.close()

    def tell(self, _: str, values: Mapping[str, Any], /) -> None:
        """See Screen."""
        for name, value in values.items():
            click.echo(f"{name.replace('_', ' '):<18} {_shown(value)}")

    def complain(self, error: RealSamError) -> None:
        """See Screen."""
        note(f"Error: {error}")

    def close(self) -> None:
        """See Screen."""
        if self._is_mid_line:
            self._is_mid_line = False
            click.echo()


class JsonScreen:
    """For programs: one object per turn and per command."""

    def begin(self) -> None:
        """See Screen."""

    def add(self, text: str) -> None:
        """See Screen."""

    def end(self, turn: Mapping[str, Any], /) -> None:
        """See Screen."""
        emit_json(dict(turn))

    def tell(self, command: str, values: Mapping[str, Any], /) -> None:
        """See Screen."""
        emit_json({"command": command, **values})

    def complain(self, error: RealSamError) -> None:
        """See Screen."""
        emit_json({"error": str(error)})

    def close(self) -> None:
        """See Screen."""


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {share:.1%}" for name, share in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
