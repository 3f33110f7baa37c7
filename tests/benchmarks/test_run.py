"""The speed benchmark runs, in its smallest size, and the memory that is promised is kept."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import run
from export.bundle import SHIPPED

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")
LIMIT_MB = 150  # of generation, above a bare interpreter


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two backends, two stories, one command."""
    monkeypatch.setattr(run, "installed", lambda: ["reference", "sim"])
    monkeypatch.setattr(run, "STORIES", 2)
    monkeypatch.setattr(run, "COMMANDS", ("realsam.cli generate",))


def test_command_prints_and_writes_what_it_measured(tmp_path: Path) -> None:
    """Speeds by backend, fastest first, with their ratio to the slowest; scoring, first word."""
    words = ["--tokens", "2", "--repeats", "2", "--out", str(tmp_path / "out.json")]

    result = CliRunner().invoke(run.main, words)

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["one", "sim", "reference", "scoring"]
    assert lines[2].endswith(" 1.0x")
    assert lines[4].startswith("first word of `python -m realsam.cli generate`: ")
    assert lines[5].startswith("peak memory, MB: interpreter ")
    written = json.loads((tmp_path / "out.json").read_text())
    assert set(written["tokens_per_second"]) == {"reference", "sim"}
    assert all(len(values) == 2 for values in written["tokens_per_second"].values())
    assert written["tokens"] == 2
    assert written["commit"]
    assert written["python"]


def test_generation_takes_the_memory_that_is_promised() -> None:
    """With compiled kernels, which the first of these processes leaves."""
    if not run.memory_mb():
        pytest.skip("this system does not say what a process took")

    found = run.memory_mb()

    assert list(found) == ["interpreter", "libraries", "kernels", "generate"]
    assert found["generate"] - found["interpreter"] < LIMIT_MB


@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0]])
def test_spread_is_median_minimum_maximum(values: list[float]) -> None:
    """In that order."""
    assert run._spread(values).split() == ["2.0", "1.0", "3.0"]
