"""Versions: measured beside their float originals, and sized as their page says."""

import json
import re
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.quality.baselines import BASELINES
from benchmarks.versions import main
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.config import PRESETS
from realsam.train.runs import load_run_folder
from tests import tiny

SIZES = ("--width", 16, "--steps", 3, "--batch", 4, "--window", 8, "--vocab-size", 300)
PAGE = (Path(__file__).parents[2] / "docs" / "versions.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(\w+)` \|[^|]*\|[^|]*\| ([\d,]+) \| ([\d,]+|the same) \| ([\d,]+) \|$", re.M
)
STATED = {found[1]: found.groups()[1:] for found in ROW.finditer(PAGE)}


def test_both_are_trained_on_the_same_tokens_and_scored(tmp_path: Path) -> None:
    """One row each, with what a published number must name."""
    text, out = tiny.corpus(tmp_path), tmp_path / "found.json"
    words = ("v4", text, "--valid", text, *SIZES, "--device", "cpu", "--seed", 5)
    places = ("--run", tmp_path / "run", "--out", out, "--format", "json")

    result = CliRunner().invoke(main, [str(word) for word in (*words, *places)])

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found == json.loads(out.read_text(encoding="utf-8"))
    ours, original = found["rows"]
    assert [ours["name"], original["name"]] == ["v4", "v4 float"]
    for key in ("steps", "batch", "window", "seed"):
        assert ours[key] == original[key]
    assert ours["seed"] == 5
    assert ours["scores"].keys() == original["scores"].keys() == {"stories"}
    assert ours["frozen"].keys() == {"stress"}
    data = load_run_folder(tmp_path / "run").config["data"]
    assert found["train_sha256"] == data["sha256"]


def test_ablation_needs_ours_alone(tmp_path: Path) -> None:
    """Without the environment there is no stress; a table for people."""
    text = tiny.corpus(tmp_path)
    words = ("v4", text, "--valid", text, *SIZES, "--device", "cpu", "--run", tmp_path / "run")

    result = CliRunner().invoke(
        main, [str(w) for w in (*words, "--only", "ours", "--environment", 0)]
    )

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("v4 ")
    run = load_run_folder(tmp_path / "run")
    assert run.model().config.environment == 0
    assert run.model().config.diversity > 0


def n_synapses(config: ModelConfig) -> int:
    """Entries of all weight matrices that lowering writes."""
    rows = [config.width] * config.layers + [config.code_bits]
    heard = (
        config.hears_code(i) * (config.code_bits + 1) + config.width * len(config.heard_layers(i))
        for i in range(config.layers + 1)
    )
    own = config.layers * config.width**2
    return sum(n * m for n, m in zip(rows, heard, strict=True)) + own


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "v4", "base"])
def test_sizes_are_those_of_the_preset(name: str) -> None:
    """Parameters, those of the float original, synapses."""
    config = PRESETS[name].model
    with torch.device("meta"):
        ours = sum(p.numel() for p in SpikingLM(config).parameters())
        original = BASELINES[name](config).n_parameters if name in BASELINES else "the same"

    stated = tuple(int(n.replace(",", "")) if n[0].isdigit() else n for n in STATED[name])
    assert stated == (ours, original, n_synapses(config))


def test_every_version_has_a_table() -> None:
    """Of what became of its mechanisms."""
    assert all(f"**V{n}**" in PAGE for n in (1, 2, 3, 4))
