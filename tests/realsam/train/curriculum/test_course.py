"""A curriculum on the toy corpus: its phases, its record, and going on after an interruption."""

import gc
import json
import weakref
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from realsam.errors import CheckpointError, DataError
from realsam.train.curriculum.course import Course
from realsam.train.curriculum.picture import draw
from realsam.train.curriculum.record import Plan
from realsam.train.loop import Progress
from realsam.train.runs import load_run_folder, newest_run, reports
from realsam.train.session import Session
from tests import tiny

SMALL = {"vocab_size": 300, "batch": 4, "steps": 20, "eval_every": 2, "patience": 0, "dropout": 0.1}
NAMES = ["1-words", "2-phrases", "3-sentences", "4-stories"]
TALKING = [*NAMES, "5-conversations-32", "6-conversations-128", "7-blended"]


def plan(folder: Path, talks: bool = False, **changes: Any) -> Plan:
    """Toy stories, and conversations if wanted."""
    conversations = (tiny.conversations(folder),) if talks else ()
    return Plan((tiny.corpus(folder),), None, conversations, "tiny", SMALL | changes)


def train(session: Session) -> None:
    """To the end."""
    session.trainer.train(lambda _: None)


def silent(_: str) -> None:
    """Hear nothing."""


def stopping(phase: str, step: int) -> Callable[[Session], None]:
    """A training that is interrupted in a phase, after a step that is reported."""

    def to_there(session: Session) -> None:
        def listen(progress: Progress) -> None:
            if session.folder.name == phase and progress.step >= step:
                raise KeyboardInterrupt

        if session.folder.name == phase and not step:
            raise KeyboardInterrupt
        session.trainer.train(listen)

    return to_there


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """All seven phases."""
    folder = tmp_path_factory.mktemp("curriculum")
    course = Course.new(plan(folder, talks=True), folder / "run")
    course.follow("cpu", train, silent)
    return course


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, list[str]]:
    """The phases of stories, never interrupted, and what was said of them."""
    folder, said = tmp_path_factory.mktemp("straight"), list[str]()
    course = Course.new(plan(folder), folder / "run")
    course.follow("cpu", train, said.append)
    return course, said


def test_phases_are_runs_that_begin_with_the_one_before(followed: Course) -> None:
    """In folders of their own, with windows of their own."""
    runs = [load_run_folder(followed.folder / name) for name in TALKING]

    assert sorted(p.name for p in followed.folder.iterdir() if p.is_dir()) == TALKING
    assert [run.config["train"]["window"] for run in runs] == [8, 16, 32, 64, 32, 128, 128]
    assert runs[0].config["from"] is None
    for before, run in pairwise(runs):
        assert run.config["from"]["folder"] == str(before.folder)
    lessons = [run.provenance()["lesson"] for run in runs]
    assert lessons == [*(n[2:] for n in NAMES), "conversations", "conversations", "blended"]


def test_rows_are_what_the_runs_logged(followed: Course) -> None:
    """One for each phase; the table is stored."""
    stored = json.loads((followed.folder / "curriculum.json").read_text())

    assert stored["phases"] == followed.rows
    assert [row["phase"] for row in followed.rows] == TALKING
    assert sum(row["steps"] for row in followed.rows) == 20
    for row in followed.rows:
        run = load_run_folder(followed.folder / row["phase"])
        (last,) = (r for r in reports(run.folder, 99) if r["step"] == row["steps"])
        assert row["ended"] == f"all {row['steps']} steps done" == last["ended"]
        assert row["nats_per_token"] == last["validation"]["nats_per_token"]
        assert row["train_nats_per_token"] == last["train_nats_per_token"]
        assert len(row["populations"]) == 2
        data = run.config["data"]
        heard = row["steps"] * data["streams"] * row["window"]
        assert (row["tokens"], row["epochs"]) == (heard, heard / data["n_tokens"])


def test_all_phases_validate_on_the_same_documents(followed: Course) -> None:
    """Two stories and two conversations, whole."""
    logged = [reports(followed.folder / name, 99)[-1]["validation"] for name in TALKING]

    assert len({(v["documents"], v["tokens"], v["bytes"]) for v in logged}) == 1
    assert logged[0]["documents"] == 4


def test_folder_stands_for_its_last_phase(
    followed: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, and as the newest run; its bundle tells of all phases."""
    run = load_run_folder(followed.folder)
    monkeypatch.setattr("realsam.train.runs.RUNS", followed.folder.parent)

    assert run.folder == followed.folder / "7-blended"
    assert newest_run() == followed.folder
    lineage, found = run.provenance(), []
    while lineage:
        found.append(lineage["data"])
        lineage = lineage["from"]
    stories, talks = ["stories.txt"], ["talks.txt"]
    assert found == [stories + talks, talks, talks, *[stories] * 4]


def test_picture_is_that_of_the_record(followed: Course) -> None:
    """Its bytes depend on what was logged alone; all phases are in it."""
    drawn = (followed.folder / "curriculum.svg").read_text(encoding="utf-8")

    assert drawn == draw(followed.folder, followed.rows)
    for row in followed.rows:
        assert f"<title>{row['phase']}: window {row['window']}, " in drawn
    assert drawn.count('r="2.5" fill="#c0562b"') == 2 * sum(
        "validation" in r
        for row in followed.rows
        for r in reports(followed.folder / row["phase"], 99)
    )


@pytest.mark.parametrize(
    ("phase", "step"), [("1-words", 0), ("1-words", 2), ("3-sentences", 0), ("4-stories", 4)]
)
def test_resume_is_exact(
    straight: tuple[Course, list[str]], tmp_path: Path, phase: str, step: int
) -> None:
    """Wherever it was cut: the last weights are those of a curriculum that was not."""
    whole, cut = straight[0], Course.new(plan(tmp_path), tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        cut.follow("cpu", stopping(phase, step), silent)
    torch.rand(17)  # another process draws other numbers

    again = Course.resumed(tmp_path / "run")
    again.follow("cpu", train, silent)

    assert again.rows == whole.rows
    expected, found = (load_run_folder(c.folder).checkpoint.model for c in (whole, again))
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name


def test_phase_that_was_over_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after its training, before its row was stored."""
    course = Course.new(plan(tmp_path), tmp_path / "run")

    def trained_and_stopped(session: Session) -> None:
        train(session)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.follow("cpu", trained_and_stopped, silent)
    heard: list[str] = []
    again = Course.resumed(tmp_path / "run")

    again.follow("cpu", lambda s: (heard.append(s.folder.name), train(s)), silent)

    assert heard == NAMES[1:]
    assert [row["phase"] for row in again.rows] == NAMES


def test_converged_phase_leaves_its_steps_to_the_others(tmp_path: Path) -> None:
    """The reason is in the table, and the sum is that of the steps asked for, or less."""
    course = Course.new(
        plan(tmp_path, steps=60, eval_every=1, patience=1, min_gain=9.0), tmp_path / "run"
    )

    course.follow("cpu", train, silent)

    assert [row["steps"] for row in course.rows] == [2, 2, 2, 2]
    assert all(row["ended"].startswith("patience of 1 used up") for row in course.rows)
    stories = load_run_folder(tmp_path / "run" / "4-stories")
    assert stories.config["train"]["steps"] == 60 - 3 * 2


def test_trainer_of_a_phase_is_gone_before_the_next(tmp_path: Path) -> None:
    """With its buffers and graphs; nothing holds it."""
    trainers: list[weakref.ref[Any]] = []

    def watched(session: Session) -> None:
        assert all(trainer() is None for trainer in trainers)
        trainers.append(weakref.ref(session.trainer))
        train(session)

    gc.disable()  # `follow` must not leave it to chance
    try:
        Course.new(plan(tmp_path), tmp_path / "run").follow("cpu", watched, silent)
    finally:
        gc.enable()

    assert len(trainers) == 4


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_captured_graphs_are_freed(tmp_path: Path) -> None:
    """Each phase begins with as much of the GPU in use as the second; libraries keep buffers."""
    before: list[int] = []

    def watched(session: Session) -> None:
        before.append(torch.cuda.memory_allocated())
        train(session)

    Course.new(plan(tmp_path, steps=100), tmp_path / "run").follow("cuda", watched, silent)

    assert len(before) == 4
    assert max(before[1:]) < 1.2 * before[1]


def test_without_conversations_it_is_said(straight: tuple[Course, list[str]]) -> None:
    """Before the first phase, whose line tells its window."""
    heard = straight[1]

    assert heard[0] == "no --conversations: the phases conversations and blended are left out"
    assert heard[1].startswith("phase 1-words: window 8, ")
    assert len(heard) == 5


def test_first_phase_can_begin_with_a_run(followed: Course, tmp_path: Path) -> None:
    """Another curriculum, here."""
    asked = replace(plan(tmp_path), origin=followed.folder)
    course = Course.new(asked, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        course.follow("cpu", stopping("1-words", 0), silent)

    config = json.loads((tmp_path / "run" / "1-words" / "config.json").read_text())
    assert config["from"]["folder"] == str(followed.folder / "7-blended")


def test_too_few_steps_are_named(tmp_path: Path) -> None:
    """Each phase needs one; nothing is written."""
    with pytest.raises(DataError, match="3 steps are fewer than 4 phases; give more --steps"):
        Course.new(plan(tmp_path, steps=3), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_bad_text_leaves_nothing(tmp_path: Path) -> None:
    """No folder of a curriculum that cannot begin."""
    asked = replace(plan(tmp_path), conversations=(tmp_path / "gone.txt",))

    with pytest.raises(DataError, match=r"gone\.txt: not readable"):
        Course.new(asked, tmp_path / "run").follow("cpu", train, silent)
    assert not (tmp_path / "run").exists()


def test_folder_in_use_is_left_alone(followed: Course, tmp_path: Path) -> None:
    """A curriculum, or anything where a phase would go."""
    mine = tmp_path / "run" / "2-phrases" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")

    with pytest.raises(DataError, match="already holds a run; give another --out"):
        Course.new(plan(tmp_path), followed.folder)
    with pytest.raises(DataError, match="2-phrases: is there already; give another --out"):
        Course.new(plan(tmp_path), tmp_path / "run")
    assert mine.read_text() == "mine"


def test_finished_curriculum_is_not_resumed(followed: Course) -> None:
    """The cure is a new one that begins with it."""
    with pytest.raises(DataError, match="run: all of its phases are done; begin a new run with"):
        Course.resumed(followed.folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "missing or damaged"),
        ("{", "missing or damaged"),
        ("[]", "missing or damaged"),
        ("{}", "missing or damaged"),
        ('{"format": 1, "plan": {}, "phases": []}', "missing or damaged"),
    ],
)
def test_damaged_record_is_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    """Whatever stands in it."""
    if text is not None:
        (tmp_path / "curriculum.json").write_text(text)

    with pytest.raises(CheckpointError, match=rf"curriculum\.json: {message}") as raised:
        Course.resumed(tmp_path)

    assert "\n" not in str(raised.value)


def test_other_format_is_named(followed: Course, tmp_path: Path) -> None:
    """Both numbers."""
    stored = json.loads((followed.folder / "curriculum.json").read_text()) | {"format": 2}
    (tmp_path / "curriculum.json").write_text(json.dumps(stored))

    with pytest.raises(CheckpointError, match="curriculum format 2 is not 1"):
        Course.resumed(tmp_path)


def test_lost_metrics_are_named(tmp_path: Path) -> None:
    """The table cannot be made up."""
    course = Course.new(plan(tmp_path), tmp_path / "run")

    def train_and_lose(session: Session) -> None:
        train(session)
        (session.folder / "metrics.jsonl").unlink()

    with pytest.raises(CheckpointError, match=r"metrics\.jsonl: the validation of step 2 is miss"):
        course.follow("cpu", train_and_lose, silent)
