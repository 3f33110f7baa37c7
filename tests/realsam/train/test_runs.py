"""Run folders: created once, read back, refused when something does not belong together."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from realsam.errors import BundleError, CheckpointError, DataError
from realsam.train.checkpoint import load_checkpoint, save_checkpoint
from realsam.train.runs import load_run_folder, newest_run
from realsam.train.session import resumed
from tests import tiny


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of one step."""
    folder = tmp_path_factory.mktemp("trained")
    session = tiny.session(folder, steps=1)
    session.trainer.train(lambda _: None)
    return session.folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def change_config(run: Path, section: str, **values: object) -> None:
    """Write other values into config.json."""
    config = json.loads((run / "config.json").read_text())
    config[section] |= values
    (run / "config.json").write_text(json.dumps(config))


def test_run_is_read_back(trained: Path) -> None:
    """Configuration, vocabulary, checkpoint and model."""
    run = load_run_folder(trained)

    model = run.model()

    assert run.checkpoint.step == 1
    assert run.vocabulary.size == model.config.vocab_size == 300
    assert model.config.half_life == (0.7, 20.0)
    for name, parameter in model.state_dict().items():
        assert torch.equal(run.checkpoint.model[name], parameter)


def test_provenance_names_files_without_their_folders(trained: Path) -> None:
    """A bundle says what the weights were trained on, not where it lay."""
    provenance = load_run_folder(trained).provenance()

    assert provenance["data"] == ["stories.txt"]
    assert provenance["step"] == 1
    assert {"realsam", "torch", "model", "train"} <= set(provenance)


def test_validation_is_the_last_one_logged(run: Path) -> None:
    """None without metrics."""
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2}\n{"step": 3, "validation": {"tokens": 7}}\n{"step": 4}\n')

    assert load_run_folder(run).validation() == {"tokens": 7}
    (run / "metrics.jsonl").unlink()
    assert load_run_folder(run).validation() is None


@pytest.mark.parametrize("line", ["7", "[]", "{}", '{"step": "x"}', '{"step": 1, "validation": 2}'])
def test_damaged_metrics_name_the_line(run: Path, line: str) -> None:
    """A row without a step, or with another thing in place of a validation."""
    rows = (run / "metrics.jsonl").read_text()
    (run / "metrics.jsonl").write_text(f"{rows}{line}\n")

    with pytest.raises(CheckpointError, match=r"metrics\.jsonl: line 2 is no report; remove that"):
        load_run_folder(run).scores()


def test_repeated_step_counts_once(run: Path) -> None:
    """A run that was interrupted logs some steps again; what lies ahead does not count."""
    with (run / "metrics.jsonl").open("a") as file:
        for step, nats in ((1, 4.0), (1, 3.0), (2, 2.0)):
            file.write(json.dumps({"step": step, "validation": {"nats_per_token": nats}}) + "\n")

    assert load_run_folder(run).scores() == {1: 3.0}


@pytest.mark.parametrize(
    ("name", "value"), [("width", 128), ("layers", 3), ("code_bits", 8), ("half_life", [1.0, 2.0])]
)
def test_other_configuration_is_named(run: Path, name: str, value: object) -> None:
    """The field, and both values."""
    change_config(run, "model", **{name: value})

    with pytest.raises(CheckpointError) as raised:
        load_run_folder(run)

    assert f"belongs to another configuration, {name} = " in str(raised.value)
    assert f"and not {value}; restore config.json" in str(raised.value)


def test_run_of_an_older_version_goes_on(run: Path) -> None:
    """Its files lack the mechanisms that came later; the next checkpoint knows them."""
    config = json.loads((run / "config.json").read_text())
    checkpoint = load_checkpoint(run)
    for name in ("wiring", "gates", "gains", "homeostasis", "environment", "diversity"):
        del config["model"][name], checkpoint.model_config[name]
    for name in ("silence_weight",):
        del config["train"][name], checkpoint.train_config[name]
    (run / "config.json").write_text(json.dumps(config))
    save_checkpoint(checkpoint, run)

    resumed(run, {"steps": 2}, "cpu").trainer.train(lambda _: None)

    again = load_run_folder(run)
    assert again.checkpoint.step == 2
    assert again.model().config.wiring == "dense"


def test_tokenizer_of_another_run_is_named(run: Path) -> None:
    """Its size is not the model's."""
    (run / "tokenizer.json").write_text(tiny.vocabulary(320).to_json(), encoding="utf-8")

    with pytest.raises(CheckpointError, match=r"tokenizer\.json: belongs to another .* = 320 and"):
        load_run_folder(run)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"model": [], "train": {}, "data": {}}',
        '{"model": {}, "train": {}, "data": {}}',
        '{"model": {"half_life": [1, 2]}, "train": [], "data": {}}',
        '{"model": {"half_life": [1, 2]}, "train": {"steps": "x"}, "data": {}}',
        '{"model": {"half_life": [1, 2]}, "train": {}, "data": {}}',
        '{"model": {"half_life": [1, 2]}, "train": {}, "data": [], "realsam": 1, "torch": 1}',
    ],
)
def test_damaged_config_is_one_line(run: Path, text: str) -> None:
    """Whatever stands in it."""
    (run / "config.json").write_text(text)

    with pytest.raises(CheckpointError, match=r"config\.json: missing or damaged") as raised:
        load_run_folder(run)

    assert "\n" not in str(raised.value)


def test_missing_folder_is_one_line(tmp_path: Path) -> None:
    """A run that never was."""
    with pytest.raises(CheckpointError, match=r"config\.json: missing or damaged"):
        load_run_folder(tmp_path / "nowhere")


def test_missing_tokenizer_is_one_line(run: Path) -> None:
    """A run without its vocabulary."""
    (run / "tokenizer.json").unlink()

    with pytest.raises(BundleError, match=r"tokenizer\.json: not readable"):
        load_run_folder(run)


def test_newest_run_is_the_one_trained_last(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time of its checkpoint; folders without one do not count."""
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(("b", "c", "a")):
        shutil.copytree(trained, Path("runs") / name)
        os.utime(Path("runs") / name / "checkpoint" / "index.json", (1000 + age, 1000 + age))
    Path("runs/z").mkdir()

    assert newest_run() == Path("runs/a")
    assert load_run_folder(None).folder == Path("runs/a")


def test_without_runs_the_cure_is_to_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CheckpointError, match="no training run there; run `realsam train` first"):
        newest_run()


def test_folder_of_a_run_is_not_used_twice(run: Path) -> None:
    """A second training does not overwrite the first."""
    with pytest.raises(DataError, match="already holds a run; give another --out, or use --resume"):
        tiny.session(run.parent)
