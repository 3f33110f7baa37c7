"""What cannot be learned from a teacher is refused by name, before anything is written."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from realsam.errors import CheckpointError, DataError, TrainingError
from realsam.train import distillation
from realsam.train.config import TrainConfig
from realsam.train.distillation import found_teacher, silent, soft_labels
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import load_run_folder
from realsam.train.session import resumed
from realsam.train.teacher.folder import load_teacher
from realsam.train.teacher.stories import Stories, load_stories
from tests import tiny
from tests.realsam.train.taught import BOTH, ignore, session
from tests.realsam.train.teacher import small


@pytest.fixture(scope="module")
def whole(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a teacher, and a run at its end that could take more steps."""
    folder = tmp_path_factory.mktemp("whole")
    session(folder, shutil.copytree(shared, folder / "teacher"), **BOTH).trainer.train(ignore)
    return folder


@pytest.fixture
def stopped(whole: Path, tmp_path: Path) -> Path:
    """A copy of the run, and beside it one of the teacher, both to break."""
    copy = Path(shutil.copytree(whole, tmp_path / "copy"))
    config = copy / "run" / "config.json"
    config.write_text(config.read_text().replace(str(whole), str(copy)))
    return copy / "run"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab_size": 320}, "vocab_size = 320 is not the teacher's 300; leave --vocab-size out"),
        ({"teacher_top": 512}, "teacher_top = 512 is above the 300 tokens of the vocabulary"),
        ({"teacher_top": 48}, "teacher_top = 48 is no power of two, as the GPU needs it; use 32"),
        ({"teacher_share": 1.5}, "teacher_share = 1.5 is outside 0..1"),
    ],
)
def test_impossible_wish_is_refused(
    tmp_path: Path, shared: Path, changes: dict[str, Any], message: str
) -> None:
    """By name, before anything is written."""
    with pytest.raises(DataError) as raised:
        session(tmp_path, shared, **changes)

    assert message in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_vocab_size_of_the_teacher_is_no_contradiction(tmp_path: Path, shared: Path) -> None:
    """It may be said."""
    run = session(tmp_path, shared, vocab_size=300)

    assert run.trainer.model.config.vocab_size == 300


@pytest.mark.parametrize("option", ["teacher_share", "teacher_top", "sampled"])
def test_options_of_a_teacher_need_one(tmp_path: Path, option: str) -> None:
    """They would do nothing."""
    with pytest.raises(DataError) as raised:
        tiny.session(tmp_path, **{option: 1})

    assert str(raised.value) == (
        f"--{option.replace('_', '-')} is for runs with a teacher; "
        "give --teacher FOLDER, or leave it out"
    )


def test_resume_with_another_teacher_is_refused(stopped: Path) -> None:
    """Of the same sizes, in the same place."""
    teacher = small.folder(stopped.with_name("teacher"), members=2, first_seed=9)

    with pytest.raises(CheckpointError) as raised:
        resumed(stopped, {"steps": 9}, "cpu")

    assert str(raised.value) == (
        f"{stopped}: its teacher {teacher} is another than before; "
        "restore that folder, or start a new run"
    )


def test_resume_without_the_teacher_is_refused(stopped: Path) -> None:
    """Its labels cannot be computed again."""
    shutil.rmtree(stopped.with_name("teacher"))

    with pytest.raises(CheckpointError, match=r"teacher/config\.json: no teacher there"):
        resumed(stopped, {"steps": 9}, "cpu")


def test_resume_with_other_stories_is_refused(stopped: Path) -> None:
    """One token of them."""
    path = stopped / "sampled.npz"
    stories = load_stories(path)
    tokens = stories.tokens.copy()
    tokens[3] = (tokens[3] + 1) % 300
    Stories(tokens, stories.lengths).save(path)

    with pytest.raises(CheckpointError, match="its training text is another than before"):
        resumed(stopped, {"steps": 9}, "cpu")


def test_resume_without_the_stories_is_refused(stopped: Path) -> None:
    """They are named."""
    (stopped / "sampled.npz").unlink()

    with pytest.raises(CheckpointError, match=r"sampled\.npz: missing or damaged"):
        resumed(stopped, {"steps": 9}, "cpu")


@pytest.mark.parametrize("entry", [None, {}, {"folder": "here"}, "teacher"])
def test_config_that_lost_its_teacher_is_damaged(stopped: Path, entry: object) -> None:
    """Where the training needs it."""
    path = stopped / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "teacher": entry}))

    with pytest.raises(CheckpointError, match=r"config\.json: missing or damaged"):
        load_run_folder(stopped)


def test_another_teacher_on_another_machine_is_refused(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its labels would be others."""
    monkeypatch.setattr(Processes, "from_main", lambda *_: "digest of the main process")

    with pytest.raises(DataError) as raised:
        found_teacher(shared, TrainConfig(), small.CPU, Processes(rank=1, n=2))

    assert str(raised.value) == (
        "process 1 reads another teacher than the main process; give all machines the same folder"
    )


def test_lack_of_memory_names_the_labels(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half as many per token."""
    monkeypatch.setattr(distillation, "label", lambda *_: torch.empty(1 << 58))
    kept = load_teacher(shared)

    with pytest.raises(TrainingError) as raised:
        soft_labels(kept, [[1, 2]], replace(TrainConfig(), teacher_top=64), ALONE, silent)

    assert str(raised.value) == (
        "cpu: out of memory with labels of 3 tokens, teacher_top = 64; "
        "start a new run with --teacher-top 32"
    )
