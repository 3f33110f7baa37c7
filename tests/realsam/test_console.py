"""Exit codes of every command: bad input is 1, an interruption 130."""

from io import StringIO

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from realsam import console
from realsam.console import Command, Group, stages
from realsam.errors import CheckpointError


def raised(error: BaseException, cause: type[BaseException] | None = None) -> Result:
    """A command that raises an error, while it handles another if one is given."""

    @click.command(cls=Command)
    def command() -> None:
        if cause is None:
            raise error
        try:
            raise cause
        except cause:
            raise error from None

    group = Group("main", {"fly": command})
    return CliRunner().invoke(group, ["fly"])


@pytest.mark.parametrize("error", [CheckpointError("gone", "train"), OSError("gone; train")])
def test_bad_input_is_exit_code_1(error: Exception) -> None:
    """One line with the cure."""
    result = raised(error)

    assert (result.exit_code, result.output) == (1, "Error: gone; train\n")


def test_stages_show_a_bar_for_each_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing where there was nothing to show."""
    screen = Console(file=StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(console, "STDERR", screen)

    with stages():
        pass
    nothing = screen.file.getvalue()
    with stages() as show:
        show("sampling", 1, 4)
        show("sampling", 4, 4)
        show("labelling", 7, 9)

    text = screen.file.getvalue()
    assert nothing == ""
    assert "sampling" in text
    assert "4/4" in text
    assert "7/9" in text


def test_interruption_is_exit_code_130() -> None:
    """One line that names the command."""
    result = raised(KeyboardInterrupt())

    assert result.exit_code == 130
    assert result.output.startswith("Error: fly was interrupted; ")


def test_interruption_told_by_the_command_is_exit_code_130() -> None:
    """A command may know better what to do next."""
    result = raised(CheckpointError("interrupted", "use --resume"), KeyboardInterrupt)

    assert (result.exit_code, result.output) == (130, "Error: interrupted; use --resume\n")


def test_error_after_another_is_exit_code_1() -> None:
    """Only an interruption is one."""
    assert raised(CheckpointError("gone", "train"), ValueError).exit_code == 1
