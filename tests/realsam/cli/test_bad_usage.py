"""Wrong usage: exit code 2."""

from pathlib import Path

import pytest

from tests.realsam.cli.conftest import call, error, generate

PROMPT = ("--prompt", "One day")


@pytest.mark.parametrize("command", ["generate", "run", "eval", "verify"])
def test_unknown_backend_is_wrong_usage(command: str, tmp_path: Path) -> None:
    """The same exit code from every command, before anything is read."""
    option = {"generate": ("--prompt", "a"), "run": (tmp_path, "--input", "a")}.get(command, ())
    given = ("--data", "a") if command == "eval" else option
    name = "--backends" if command == "verify" else "--backend"

    line = error(call(command, *given, name, "loihi3"), exit_code=2)

    assert line.startswith(f"Invalid value for '{name}': 'loihi3' is not one of ")


@pytest.mark.parametrize(
    "words",
    [
        ("fly",),
        ("train", "--wings"),
        ("train", "--preset", "huge"),
        ("train", "--steps", "many"),
        ("train", "--dropout", "1"),
        ("train", "--device", "abacus"),
        ("teach",),
        ("teach", "--out", "a", "--preset", "small"),
        ("teach", "--out", "a", "--members", "0"),
        ("eval",),
        ("export", "--format", "onnx"),
        ("export", "--profile", "own"),
        ("verify", "--tokens", "0"),
        ("verify", "--format", "xml"),
        ("data", "toy"),
        ("data", "toy", "--out", "a", "--stories", "0"),
        ("data", "prepare", "--out", "a"),
        ("data", "prepare", "a.txt"),
        ("data", "prepare", "a.txt", "--out", "b", "--valid-share", "1"),
        ("data", "download", "wikipedia", "--out", "a"),
    ],
    ids="-".join,
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """Unknown commands, options and choices; nothing on stdout."""
    result = call(*words)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        (*PROMPT, "--tokens", "0"),
        (*PROMPT, "--mode", "fast"),
        (*PROMPT, "--target", "brain"),
        (*PROMPT, "--format", "xml"),
        (*PROMPT, "story"),
    ],
)
def test_wrong_usage_of_generate_is_exit_code_2(words: tuple[str, ...]) -> None:
    """The prompt is required; choices are choices."""
    result = generate(*words)

    assert result.exit_code == 2
    assert result.stdout == ""
