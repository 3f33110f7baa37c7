"""Exit codes of every command: bad input is 1, an interruption 130."""

import click
import pytest
from click.testing import CliRunner, Result

from realsam.console import Command, Group
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
