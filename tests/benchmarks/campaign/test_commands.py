"""The commands end with totals and 0, or with a file that replays the failure and 1."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.campaign.__main__ import main
from benchmarks.campaign.case import load_case
from benchmarks.campaign.hunt import SURELY


def called(*words: str) -> Result:
    """What a command does."""
    return CliRunner().invoke(main, list(map(str, words)))


def test_totals_are_printed_and_written(tmp_path: Path) -> None:
    """As lines and as JSON that names command, commit and machine."""
    out = tmp_path / "new" / "found.json"

    result = called("fuzz", "--networks", "6", "--seed", "2", "--jobs", "1", "--out", str(out))

    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert found["totals"]["networks"] == 6
    assert found["totals"]["networks that differ"] == 0
    assert found["command"] == "python -m benchmarks.campaign fuzz --networks 6 --seed 2"
    assert {"commit", "machine", "cores", "python", "numpy", "seconds"} < found.keys()
    assert f"{found['totals']['neuron updates']:,}" in result.stdout


def test_processes_find_the_same(tmp_path: Path) -> None:
    """Two of them count what one counts."""
    totals = []
    for jobs in "12":
        out = tmp_path / f"{jobs}.json"
        called("fuzz", "--networks", "20", "--jobs", jobs, "--out", str(out))
        totals.append(json.loads(out.read_text())["totals"])

    assert totals[0] == totals[1]


@pytest.mark.usefixtures("broken_simulator")
def test_failure_is_saved_and_replayed(tmp_path: Path) -> None:
    """Exit code 1, the smaller case on disk, and the command that plays it."""
    words = ["fuzz", "--networks", "3", "--jobs", "1", "--failures", str(tmp_path)]

    result = called(*words)

    assert result.exit_code == 1
    assert "networks differ" in result.output
    saved = sorted(tmp_path.iterdir())
    assert f"python -m benchmarks.campaign fuzz --replay {saved[0]}" in result.output.replace(
        "\n", ""
    )
    assert len(load_case(saved[0]).spikes) == 1
    again = called("fuzz", "--replay", str(saved[0]))
    assert again.exit_code == 1
    assert "voltage" in again.output


def test_one_case_is_played_alone() -> None:
    """By its index, with what it met."""
    result = called("fuzz", "--seed", "4", "--only", "7")

    assert result.exit_code == 0
    assert "4/7: 0 differences" in result.stdout


def test_campaign_without_edges_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never met what it must have met is worthless."""
    monkeypatch.setattr("benchmarks.campaign.hunt.SURELY", 2)

    result = called("fuzz", "--networks", "2", "--jobs", "1")

    assert SURELY == 200
    assert result.exit_code == 1
    assert "the campaign met no " in result.output


def test_missing_replay_is_named(tmp_path: Path) -> None:
    """In one line."""
    result = called("fuzz", "--replay", str(tmp_path / "none.npz"))

    assert result.exit_code == 1
    assert "none.npz: not a readable case" in result.output
