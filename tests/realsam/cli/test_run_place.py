"""Backends and places of `realsam run`: all that can be wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from export.netx import to_netx
from realsam.cli import run_command
from realsam.cli.backends import BACKENDS, installed
from realsam.errors import RealSamError
from tests.realsam.cli.conftest import call, error, everything
from tests.realsam.cli.runs import overflowing, run

Patch = pytest.MonkeyPatch


def test_unknown_backend_is_named(folder: Path) -> None:
    """With the ones there are."""
    line = error(call(*run(folder, "--backend", "loihi3")), exit_code=2)

    assert line.endswith(f"'loihi3' is not one of {', '.join(map(repr, BACKENDS))}.")


def test_backend_that_cannot_run_the_network_says_why(folder: Path) -> None:
    """Torch follows the token clock only; nothing is written."""
    if "torch" not in installed():
        pytest.skip("torch is not installed")
    to_netx(overflowing(), folder / "network.net")

    line = error(call(*run(folder, "--backend", "torch", "--out", folder / "saved.run")))

    assert line.startswith("the network does not follow the token clock: ")
    assert line.endswith("; run it with the reference or lava-graph backend")
    assert not (folder / "saved.run").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("", ": is a folder; name a file with --out"),
        ("nowhere/a.run", ": cannot be written; give --out a place in a folder that is there"),
        ("network.net/a.run", ": cannot be written; give --out a place in a folder that is there"),
        ("network.net", ": is what the run reads; give another --out"),
        ("spikes.npz", ": is what the run reads; give another --out"),
    ],
)
def test_unusable_place_is_named_before_the_run(
    folder: Path, out: str, message: str, monkeypatch: Patch
) -> None:
    """A long run would be lost."""
    monkeypatch.setitem(BACKENDS, "sim", interrupt)
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / out)))

    assert line.startswith(f"{folder / out}{message}")
    assert before == everything(folder)


def test_bundle_is_not_written_over(small: Path, folder: Path) -> None:
    """Its files are what the run reads, too."""
    before = everything(small)

    line = error(
        call("run", small, "--input", folder / "spikes.npz", "--out", small / "network.net")
    )

    assert line == f"{small / 'network.net'}: is what the run reads; give another --out"
    assert before == everything(small)


def test_folder_of_others_is_named(folder: Path, monkeypatch: Patch) -> None:
    """One that must not be written to."""
    monkeypatch.setattr("os.access", lambda *_: False)

    assert "saved.run: cannot be written; " in error(
        call(*run(folder, "--out", folder / "saved.run"))
    )


def interrupt(*_: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def full(*_: object) -> None:
    """No space left."""
    raise RealSamError("saved.run: cannot be written", "free some room")


@pytest.mark.parametrize(
    ("stop", "exit_code", "message"),
    [
        (interrupt, 130, "run was interrupted; nothing half-written is left, run it again"),
        (full, 1, "saved.run: cannot be written; free some room"),
    ],
)
@pytest.mark.parametrize("where", ["play", "save"])
def test_stopped_run_keeps_what_was_there(
    folder: Path,
    monkeypatch: Patch,
    where: str,
    stop: Callable[..., None],
    exit_code: int,
    message: str,
) -> None:
    """An older run, to the last byte."""
    words = run(folder, "--out", folder / "saved.run")
    assert call(*words, "--steps", 3).exit_code == 0
    before = everything(folder)
    if where == "play":
        monkeypatch.setitem(BACKENDS, "sim", stop)
    else:
        monkeypatch.setattr(run_command, "save_run", stop)

    assert error(call(*words), exit_code) == message
    assert before == everything(folder)


@pytest.mark.parametrize(
    "words", [(), ("a.net",), ("a.net", "--input", "b.npz", "--steps", "many"), ("a", "b")]
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """The file and the input are required; steps are a number."""
    result = call("run", *words)

    assert (result.exit_code, result.stdout) == (2, "")


def test_help_tells_rows_from_steps() -> None:
    """And shows an example."""
    text = " ".join(call("run", "--help").stdout.split())

    assert "Example: " in text
    assert "A row of the input is one time step." in text
    assert "a row is one token" in text
