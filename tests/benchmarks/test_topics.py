"""The benchmark of what a story is about."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import topics
from export.bundle import TALKS


def test_shares_are_those_of_the_answers() -> None:
    """A pair that is told of counts for itself, and as chance for all others."""
    answers = ["A Dog."] + ["Cats and a hat, and a dog. What a firearm!"] * 19

    assert topics.kept(answers) == pytest.approx(
        {"first": 2 / 20, "second": 1 / 20, "chance": (19 + 18 + 18) / (20 * 19 * 2)}
    )


@pytest.mark.skipif(not TALKS.exists(), reason="no model is shipped")
def test_every_pair_is_asked_for_from_reset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So an answer does not depend on the questions before it."""
    out = tmp_path / "topics.json"
    monkeypatch.setattr(topics, "PAIRS", ("dog ball", "cat hat", "dog ball"))

    result = CliRunner().invoke(
        topics.main, ["--temperature", "0", "--seeds", "3", "--out", str(out)]
    )

    assert result.exit_code == 0, result.output
    record = json.loads(out.read_text())
    first, other, again = record["rows"][0]["answers"]
    assert first == again != other
    assert record["command"].endswith(f"{TALKS.name} --temperature 0.0 --seeds 3")
