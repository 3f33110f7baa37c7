"""The measurement of several processes, on the smallest model."""

import json
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from click.testing import CliRunner, Result

if not (find_spec("torch") and find_spec("snntorch")):
    pytest.skip("needs the train extra", allow_module_level=True)

from benchmarks.scaling import __main__ as scaling

SMALL = ("--device", "cpu", "--batch", "2", "--window", "16", "--model", "1,64,300,16")


def call(*words: str) -> Result:
    """Call the command."""
    return CliRunner().invoke(scaling.main, [*SMALL, *words])


def test_speed_of_two_processes() -> None:
    """They train together; the main one tells."""
    done = call("--processes", "2", "--repeats", "1", "--steps", "2", "--format", "json")

    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    (two,) = found["rows"]
    assert (two["processes"], two["ratio"]) == (2, 1)
    assert 0 < two["min"] <= two["median"] <= two["max"]
    assert found["batch"] == 2


def test_ratio_is_to_the_first_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the medians; each number of processes is timed with the sizes that were asked for."""
    medians: Iterator[float] = iter([200.0, 300.0])
    asked = []

    def timed(n: int, options: dict[str, int], device: str) -> dict[str, float]:
        asked.append((n, options["batch"], options["steps"], device))
        return {"median": next(medians), "min": 1.0, "max": 400.0}

    monkeypatch.setattr(scaling, "timed", timed)

    found = json.loads(call("--steps", "2", "--format", "json").stdout)

    assert [(row["processes"], row["ratio"]) for row in found["rows"]] == [(1, 1), (2, 1.5)]
    assert asked == [(1, 2, 2, "cpu"), (2, 2, 2, "cpu")]


def test_impossible_model_is_one_line() -> None:
    """With the exit code of wrong usage."""
    done = call("--model", "1,64")

    assert done.exit_code == 2
    assert "give layers, width, vocabulary, code bits" in done.stderr
