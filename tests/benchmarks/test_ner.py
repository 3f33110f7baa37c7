"""The benchmark of taggers: a BiLSTM as large as the spiking tagger, trained and scored alike."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.ner import bilstm
from benchmarks.ner.__main__ import main
from realsam.train import tagging
from realsam.train.tagging import TAGGER, TaggerData
from tests.realsam.ner import synthetic

SIZES, CONFIG = TAGGER.changed({"vocab_size": 300, "steps": 60, "batch": 8, "lr": 1e-2})


@pytest.fixture(autouse=True)
def few_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each sentence."""
    monkeypatch.setattr(tagging, "COPIES", 2)


def test_the_bilstm_has_as_many_parameters_as_wanted() -> None:
    """Within a step of its units."""
    model = bilstm.built(SIZES, 9, 60_000)

    assert abs(bilstm.parameters(model) - 60_000) < 6_000


def test_the_bilstm_learns_and_finds() -> None:
    """What it was shown, after some steps."""
    torch.manual_seed(0)
    data = TaggerData.of(synthetic.sentences(), 300, 0, delay=0)
    model = bilstm.built(SIZES, len(data.tags), 60_000)

    bilstm.train(model, data, CONFIG, torch.device("cpu"))

    find = bilstm.tagger(model, data)
    sentence = synthetic.sentences()[1]
    assert list(sentence.spans) == find(sentence.text)


def test_the_command_writes_a_row_per_tagger_and_seed(tmp_path: Path) -> None:
    """And names what was measured."""
    path, out = synthetic.written(tmp_path / "a.json"), tmp_path / "out.json"
    options = ("--fold", "1", "--seeds", "3,4", "--steps", "2", "--device", "cpu", "--out", out)

    result = CliRunner().invoke(main, [str(path), *map(str, options)])

    assert result.exit_code == 0, result.output
    stored = json.loads(out.read_text())
    rows = [(r["fold"], r["seed"], r["name"]) for r in stored["rows"]]
    assert rows == [(1, s, name) for s in (3, 4) for name in ("spiking", "bilstm")]
    assert {"commit", "command", "cores", "delay", "steps"} <= set(stored)
    assert len(result.stdout.splitlines()) >= 5
