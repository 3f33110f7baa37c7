"""Beginning with the weights of another run: they alone are taken over."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from realsam.errors import CheckpointError, DataError
from realsam.train.config import model_config
from realsam.train.parallel import ALONE
from realsam.train.runs import load_run_folder
from realsam.train.session import _vocabulary, resumed
from tests import tiny


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three steps."""
    session = tiny.session(tmp_path_factory.mktemp("origin"), steps=3)
    session.trainer.train(lambda _: None)
    return session.folder


def test_weights_and_vocabulary_are_taken_over(origin: Path, tmp_path: Path) -> None:
    """Of a text that would give another vocabulary."""
    text = tmp_path / "other.txt"
    text.write_text("\n<|endoftext|>\n".join(story.upper() for story in tiny.stories(40)))

    session = tiny.session(tmp_path, text, origin, dropout=0.3, lr=0.1)

    run = load_run_folder(origin)
    for name, value in session.trainer.model.state_dict().items():
        assert torch.equal(run.checkpoint.model[name], value), name
    assert session.trainer._vocabulary.to_json() == run.vocabulary.to_json()
    assert session.trainer.model.config.dropout == 0.3


def test_everything_else_begins_anew(origin: Path, tmp_path: Path) -> None:
    """Steps, learning rate, optimizers, position and spiking state."""
    fresh = tiny.session(tmp_path, steps=1)
    (tmp_path / "begun").mkdir()

    begun = tiny.session(tmp_path / "begun", origin=origin, steps=1)

    trainer = begun.trainer
    assert trainer._step == 0
    assert trainer._position == fresh.trainer._position
    assert not any(
        piece.any() for piece in (*trainer._backprop.state.v, *trainer._backprop.state.s)
    )
    assert all(not state["state"] for state in trainer._optimize.state_dicts())
    trainer.train(lambda _: None)
    row = json.loads((begun.folder / "metrics.jsonl").read_text())
    assert row["step"] == 1
    assert row["learning_rate_factor"] == 1 / 20  # the first step of the preset's warm-up


def test_origin_is_recorded(origin: Path, tmp_path: Path) -> None:
    """With all that it came from; its folder only in the folder of the run."""
    session = tiny.session(tmp_path, origin=origin, steps=1)
    session.trainer.train(lambda _: None)
    (tmp_path / "third").mkdir()
    third = tiny.session(tmp_path / "third", origin=session.folder, steps=1)
    third.trainer.train(lambda _: None)

    run = load_run_folder(third.folder)

    assert run.config["from"]["folder"] == str(session.folder)
    lineage = run.provenance()["from"]
    assert lineage["step"] == 1
    assert lineage["from"] == json.loads(json.dumps(load_run_folder(origin).provenance()))
    assert lineage["from"]["step"] == 3
    assert str(tmp_path) not in json.dumps(run.provenance())
    assert load_run_folder(origin).provenance()["from"] is None


def test_begun_run_can_be_resumed_without_its_origin(origin: Path, tmp_path: Path) -> None:
    """Its checkpoint has everything."""
    session = tiny.session(tmp_path, origin=origin, steps=1)
    session.trainer.train(lambda _: None)
    config = json.loads((session.folder / "config.json").read_text())
    config["from"]["folder"] = str(tmp_path / "gone")
    (session.folder / "config.json").write_text(json.dumps(config))

    resumed(session.folder, {"steps": 2}, "cpu").trainer.train(lambda _: None)

    assert load_run_folder(session.folder).checkpoint.step == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 128}, "width = 64 and not 128"),
        ({"layers": 3}, "layers = 2 and not 3"),
        ({"vocab_size": 320}, "vocab_size = 300 and not 320"),
    ],
)
def test_other_model_is_named(
    origin: Path, tmp_path: Path, changes: dict[str, int], message: str
) -> None:
    """The size, both values and the preset to give; nothing is written."""
    with pytest.raises(DataError) as raised:
        tiny.session(tmp_path, origin=origin, **changes)

    assert raised.value.message == f"{origin}: the weights are of another model, {message}"
    assert raised.value.cure == "give the options of that run, such as --preset tiny"
    assert not (tmp_path / "run").exists()


def test_teacher_of_other_tokens_is_named(origin: Path) -> None:
    """Weights and teacher must speak of the same ones."""
    run, teacher = load_run_folder(origin), SimpleNamespace(vocabulary=tiny.vocabulary(320))

    with pytest.raises(DataError, match="run: its vocabulary is not the teacher's; use a teacher"):
        _vocabulary(teacher, run, [], model_config(run.config["model"]), {}, ALONE)


def test_missing_origin_is_one_line(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(CheckpointError, match=r"nowhere/config\.json: missing or damaged"):
        tiny.session(tmp_path, origin=tmp_path / "nowhere")
    assert not (tmp_path / "run").exists()
