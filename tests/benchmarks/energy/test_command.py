"""The command writes a row per variant, or says in one line why it does not."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from benchmarks.energy import __main__ as command
from benchmarks.energy.streams import REFERENCE, Played, truth
from sim import simulator
from tests.benchmarks.energy.small import model

ROW = {
    "where",
    "batch",
    "seconds_per_token",
    "seconds_spread",
    "energy_j_per_token",
    "energy_spread_j",
    "idle_watts",
    "differences",
    "n_tokens",
    "source",
}
ABOUT = {"format", "network", "machine", "commit", "command", "date", "rows"}  # at least


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], Any]:
    """The command on the small model, for a moment."""
    network, host = model()
    bundle = SimpleNamespace(network=network, host=host)
    monkeypatch.setattr(command, "load_bundle", lambda _: bundle)
    monkeypatch.setattr(command, "cpu_meter", lambda: "no counter")
    words = "--device cpu --batch 3,2 --tokens 4 --seconds 0.01 --repeats 2 --jobs 1 --out"
    return lambda: CliRunner().invoke(command.main, [*words.split(), str(tmp_path / "out.json")])


def test_command_writes_a_row_per_variant(run: Callable[[], Any], tmp_path: Path) -> None:
    """Simulator, torch with one stream and with several; all say what they are."""
    result = run()

    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "out.json").read_text())
    assert written.keys() > ABOUT
    assert written["network"] == model()[0].digest
    assert written["command"].startswith("python -m benchmarks.energy --device cpu --batch 3,2 ")
    assert all(row.keys() == ROW for row in written["rows"])
    assert [(row["where"], row["batch"], row["differences"]) for row in written["rows"]] == [
        ("CPU simulator, one core", 1, 0),
        ("CPU, torch", 1, 0),
        ("CPU, torch", 3, 0),
        ("CPU, torch", 2, 0),
    ]


def test_without_kernels_the_simulator_is_left_out(
    run: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reference says what must happen, and the note names the cause."""

    def missing() -> None:
        raise ImportError

    monkeypatch.setattr(simulator, "load_kernels", missing)

    result = run()

    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["compared_with"] == REFERENCE
    assert {row["where"] for row in written["rows"]} == {"CPU, torch"}
    assert "CPU simulator, one core: left out, its kernels need numba" in result.stderr


def test_differences_leave_no_file(
    run: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line, exit code 1, nothing written."""

    def wrong(*arguments: Any) -> Played:
        played = truth(*arguments)
        played.spikes[0, 0, 0] ^= 1
        return played

    monkeypatch.setattr(command, "truth", wrong)

    result = run()

    assert result.exit_code == 1
    assert "1 spikes, voltages or tokens differ" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
def test_without_a_gpu_the_command_says_so() -> None:
    """Before anything is played."""
    result = CliRunner().invoke(command.main, [])

    assert result.exit_code == 1
    assert "no CUDA device: use --device cpu" in result.output
