"""What a curriculum brings: as many tokens both ways, and no effect where there is but noise."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="the train extra is not installed")

from benchmarks import curriculum
from benchmarks.curriculum import CURRICULUM, PLAIN, compared
from tests import tiny


def rows(with_it: list[float], without: list[float]) -> list[dict[str, Any]]:
    """Trainings with these validation losses."""
    return [
        {"way": way, "nats_per_token": nats}
        for way, found in ((CURRICULUM, with_it), (PLAIN, without))
        for nats in found
    ]


@pytest.mark.parametrize(
    ("with_it", "without", "verdict"),
    [
        ([2.0, 2.1, 2.2], [2.0, 2.1, 2.2], "inside the noise"),
        ([2.0, 2.1, 2.2], [2.1, 2.0, 2.3], "inside the noise"),
        ([2.0, 2.0, 2.0], [2.1, 2.12, 2.11], "the curriculum is better"),
        ([2.1, 2.12, 2.11], [2.0, 2.0, 2.0], "the curriculum is worse"),
        ([2.0, 2.0], [2.1, 2.2], "inside the noise"),  # two seeds would need far more
        ([2.0], [2.9], "one seed says nothing of the noise"),
    ],
)
def test_effect_must_leave_the_noise(
    with_it: list[float], without: list[float], verdict: str
) -> None:
    """Whichever way it goes."""
    assert compared(rows(with_it, without))["verdict"] == verdict


def test_interval_is_students() -> None:
    """Differences of -1, -2 and -3: mean -2, deviation 1, t of two degrees of freedom."""
    found = compared(rows([1.0, 1.0, 1.0], [2.0, 3.0, 4.0]))

    assert found["difference"] == -2
    assert found["interval"] == pytest.approx([-2 - 4.303 / 3**0.5, -2 + 4.303 / 3**0.5])
    assert found[PLAIN] == {"mean": 3.0, "deviation": 1.0}


@pytest.mark.parametrize("text", ["", "a", "1,1", "0.5", ",".join(map(str, range(11)))])
def test_unusable_seeds_are_wrong_usage(text: str, tmp_path: Path) -> None:
    """Before any training."""
    told = CliRunner().invoke(
        curriculum.main, [str(tmp_path), "--valid", str(tmp_path), "--seeds", text]
    )

    assert told.exit_code == 2


@pytest.mark.parametrize(("talking", "seeds"), [(False, (3, 5)), (True, (3,))])
def test_both_ways_hear_as_many_tokens(
    tmp_path: Path, talking: bool, seeds: tuple[int, ...]
) -> None:
    """On the toy corpus; the record says what was run, and all that it came to."""
    text, out = tiny.corpus(tmp_path), tmp_path / "found.json"
    talks = ["--conversations", str(tiny.conversations(tmp_path))] if talking else []
    words = [str(text), *talks, "--valid", str(text), "--preset", "tiny"]
    words += ["--seeds", ",".join(map(str, seeds)), "--steps", "8", "--device", "cpu"]
    words += ["--runs", str(tmp_path / "runs"), "--out", str(out)]

    told = CliRunner().invoke(curriculum.main, words)

    assert told.exit_code == 0, told.output
    found = json.loads(out.read_text())
    assert [(row["way"], row["seed"]) for row in found["rows"]] == [
        (way, seed) for seed in seeds for way in (CURRICULUM, PLAIN)
    ]
    for row in found["rows"]:
        assert row["tokens"] == 8 * 32 * 32
        assert row["documents"] == 60
    assert len(found["rows"][0]["phases"]) == (7 if talking else 4)
    assert found["command"].startswith("python -m benchmarks.curriculum stories.txt ")
    assert {"commit", "device", "machine", "compared"} <= found.keys()
    assert told.stdout.splitlines()[-1].startswith("difference ")
    vocabularies = {p.read_text() for p in (tmp_path / "runs").rglob("tokenizer.json")}
    assert len(vocabularies) == 1
