"""The measurement of several processes, on the smallest model."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ("--device", "cpu", "--batch", "2", "--window", "16", "--model", "1,64,300,16")

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("snntorch")), reason="needs the train extra"
)


def scaling(*words: str) -> subprocess.CompletedProcess[str]:
    """Call the command."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling", *SMALL, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_speed_of_one_process_and_of_two() -> None:
    """All tokens of all processes are counted, and the ratio is to the first row."""
    done = scaling("--repeats", "1", "--steps", "2", "--format", "json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    one, two = found["rows"]
    assert (one["processes"], two["processes"]) == (1, 2)
    assert (one["ratio"], two["ratio"]) == (1, two["median"] / one["median"])
    assert found["batch"] == 2


def test_impossible_model_is_one_line() -> None:
    """With the exit code of wrong usage."""
    done = scaling("--model", "1,64")

    assert done.returncode == 2
    assert "give layers, width, vocabulary, code bits" in done.stderr
