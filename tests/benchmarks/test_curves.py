"""The curves of a run: what is drawn and kept are its metrics."""

import json
from pathlib import Path
from statistics import fmean

import pytest
from click.testing import CliRunner

from benchmarks import curves


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder of 1,000 reports with two layers, some of them with a validation."""
    folder = tmp_path / "run"
    folder.mkdir()
    train = {"batch": 8, "window": 16, "accumulate": 2, "steps": 10_000, "target_firing": 0.08}
    config = {"model": {"layers": 2}, "train": train, "data": {"n_tokens": 5}, "teacher": None}
    (folder / "config.json").write_text(json.dumps(config))
    rows = [
        {
            "step": 10 * i,
            "train_nats_per_token": 5 / i,
            "firing_rates": [0.05, 0.1],
            "tokens_per_second": 100.0,
            **({"validation": {"nats_per_token": 6 / i}} if i % 97 == 0 else {}),
        }
        for i in range(1, 1001)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_record_thins_metrics_to_means(run: Path) -> None:
    """No validation is lost or moved, and every report counts once."""
    record = curves.read(run)
    rows = record["rows"]

    assert len(rows) == 200
    assert rows[0]["train_nats_per_token"] == round(fmean(5 / i for i in range(1, 6)), 4)
    assert rows[-1]["step"] == 10_000
    assert record["validations"] == [[10 * i, round(6 / i, 4)] for i in range(97, 1001, 97)]


def test_record_gives_the_picture_of_its_run(run: Path, tmp_path: Path) -> None:
    """Byte for byte; the number of tokens counts accumulated windows."""
    pytest.importorskip("matplotlib", reason="needs the dev extra")
    first, second, kept = tmp_path / "a.svg", tmp_path / "b.svg", tmp_path / "kept.json"

    told = CliRunner().invoke(
        curves.main, [str(run), "--picture", str(first), "--record", str(kept)]
    )
    again = CliRunner().invoke(curves.main, [str(kept), "--picture", str(second)])

    assert told.exit_code == again.exit_code == 0, told.output + again.output
    assert told.stdout == f"{first}: 3 million tokens\n"
    assert first.read_bytes() == second.read_bytes()
    assert "layer 2" in first.read_text(encoding="utf-8")


def test_shipped_record_is_of_the_shipped_model() -> None:
    """It was trained as the bundle says."""
    root = Path(__file__).parents[2]
    record = json.loads((root / "docs/experiments/tinystories-6x512.json").read_text())
    manifest = json.loads((root / "realsam/models/tinystories-6x512/manifest.json").read_text())

    assert record["train"] == manifest["provenance"]["train"]
    assert record["rows"][-1]["step"] == manifest["provenance"]["step"]


def test_run_without_validation_is_drawn(run: Path, tmp_path: Path) -> None:
    """One of few steps."""
    pytest.importorskip("matplotlib", reason="needs the dev extra")
    rows = (run / "metrics.jsonl").read_text().splitlines()[:5]
    (run / "metrics.jsonl").write_text("\n".join(rows))

    told = CliRunner().invoke(curves.main, [str(run), "--picture", str(tmp_path / "a.svg")])

    assert told.exit_code == 0, told.output


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}", "no training run"), ("no JSON", "no training run"), (None, "has not reported yet")],
)
def test_what_is_no_run_is_one_line(run: Path, content: str | None, message: str) -> None:
    """A file of another kind, or a run that has only begun."""
    (run / "metrics.jsonl").write_text("")
    path = run
    if content is not None:
        path = run / "other.json"
        path.write_text(content)

    told = CliRunner().invoke(curves.main, [str(path)])

    assert told.exit_code == 1
    assert message in told.output
    assert len(told.output.splitlines()) == 1
