"""Trainings that cannot begin, go on or be read: one error line, nothing half-written."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.realsam.cli.conftest import TRAINING, call, error, everything
from tests.realsam.cli.damage import truncate

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


@needs_torch
@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, (), "text.txt: not readable (No such file or directory); give a text file"),
        (b"", (), "text.txt: no text in it"),
        (b"Caf\xe9", (), "text.txt: byte 3 is not UTF-8; convert the file to UTF-8"),
        (b"Hi.\n<|endoftext|>\nHo.", (), "fewer than one window of 16 and its target; use more"),
        (b"Hi.", (), "the training text is a single document, none is left to validate on"),
        (b"Hi.", ("--vocab-size", 256), "single document"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--vocab-size", 256), "vocabulary size 256 is below 257"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--vocab-size", 10**23), "is above 1048576"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--dropout", "nan"), "dropout = nan is outside 0..1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--seed", -1), "seed = -1 is outside 0..2**63-1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--steps", 0), "steps = 0 is below 1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--lr", 0), "lr = 0.0 is not positive"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--lr", "nan"), "lr = nan is not positive"),
        (b"Hi.", ("--valid", "nowhere.txt"), "nowhere.txt: not readable"),
        (b"Hi.", ("--layers", 59), "layers = 59 take 63 chip steps per token, more than 62"),
        (b"Hi.", ("--width", 65), "width = 65 is no multiple of groups = 4"),
        (b"Hi.", ("--width", 68), "width = 68 is no multiple of recurrent_block = 64"),
    ],
)
def test_train_refuses_in_one_line(
    tmp_path: Path, content: bytes | None, words: tuple[object, ...], message: str
) -> None:
    """And leaves no run folder behind."""
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    before = everything(tmp_path)

    line = error(call("train", path, *TRAINING, *words, "--out", tmp_path / "run"))

    assert message in line
    assert before == everything(tmp_path)
    assert not (tmp_path / "run").exists()


@needs_torch
def test_train_ends_in_one_line_when_it_diverges(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step, the loss, the limit and the cure."""
    monkeypatch.setattr("realsam.train.watch.EXPLODED", 0.1)

    line = error(call("train", text, *TRAINING, "--out", tmp_path / "run"))

    assert line.startswith("step 3: the loss is 5.")
    assert line.endswith(" = 0.6; start a new run with a lower --lr and --matrix-lr")


def test_train_keeps_a_run_that_is_there(run: Path, text: Path) -> None:
    """A second run does not overwrite it."""
    before = everything(run)

    line = error(call("train", text, *TRAINING, "--out", run))

    assert line == f"{run}: already holds a run; give another --out, or use --resume"
    assert before == everything(run)


def test_train_into_a_file_is_refused(text: Path, tmp_path: Path, trained: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "run").write_text("mine")

    error(call("train", text, *TRAINING, "--out", tmp_path / "run"))

    assert everything(tmp_path) == {"run": b"mine"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lr", 1), "--resume keeps the run's own --lr; leave that option out"),
        (("--seed", 1, "--steps", 9), "--resume keeps the run's own --seed"),
        (("stories.txt",), "--resume keeps the run's own text and folder"),
        (("--out", "other"), "--resume keeps the run's own text and folder"),
        (("--valid", "other"), "--resume keeps the run's own text and folder"),
        (("--teacher", "other"), "--resume keeps the run's own --teacher"),
        (("--sampled", 9), "--resume keeps the run's own --sampled"),
        ((), "already stands at step 6; give more --steps"),
    ],
)
def test_resume_refuses_other_options(run: Path, words: tuple[object, ...], message: str) -> None:
    """A resumed run is the same run."""
    before = everything(run)

    assert message in error(call("train", "--resume", run, *words))
    assert before == everything(run)


def test_resume_of_another_configuration_is_named(run: Path) -> None:
    """The field, both values, and the run untouched."""
    config = json.loads((run / "config.json").read_text())
    config["model"]["width"] = 128
    (run / "config.json").write_text(json.dumps(config))
    before = everything(run)

    line = error(call("train", "--resume", run, "--steps", 9))

    assert line == (
        f"{run / 'checkpoint' / 'index.json'}: belongs to another configuration, width = 64 and "
        "not 128; restore config.json, or train again"
    )
    assert before == everything(run)


@pytest.mark.parametrize("damage", [truncate, Path.unlink], ids=["half", "gone"])
@pytest.mark.parametrize("name", ["checkpoint/index.json", "config.json", "tokenizer.json"])
def test_damaged_run_names_the_file(run: Path, name: str, damage: Callable[[Path], None]) -> None:
    """To resume it and to export it."""
    damage(run / name)

    for words in (("train", "--resume", run, "--steps", 9), ("export", run), ("eval", run)):
        more = ("--data", run / "metrics.jsonl") if words[0] == "eval" else ()
        assert error(call(*words, *more)).startswith(f"{run / name}: ")


@needs_torch
def test_commands_without_a_run_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)

    assert error(call("export")) == (
        "runs/: no training run there; run `realsam train` first, or name a run"
    )
    assert "config.json: missing" in error(call("train", "--resume", "nowhere"))
