"""Learning from a teacher: labels stand where they belong, and a resumed run is the same run."""

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from realsam.train import distillation
from realsam.train.checkpoint import load_checkpoint
from realsam.train.data import Position, laid_out
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import load_run_folder
from realsam.train.session import prepare, resumed
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import load_teacher
from realsam.train.teacher.stories import load_stories
from realsam.train.teacher.teaching import prepare_teacher
from realsam.train.teacher.text import Text
from tests import tiny
from tests.realsam.train.taught import (
    BOTH,
    STEPS,
    config,
    ignore,
    interrupt,
    losses,
    parameters,
    session,
)


def knowing(shift: int) -> Callable[..., Iterator[tuple[Tensor, Tensor]]]:
    """Predictions of a teacher that knows the next token for sure, or one `shift` away from it."""

    def predictions(
        ensemble: Ensemble, text: Text, _: Processes
    ) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(
            text.n_predictions, generator=torch.Generator().manual_seed(text.n_predictions)
        )
        for numbers in order.split(50):
            at = (numbers + 1 + shift).clamp(0, text.n_predictions)
            yield numbers, torch.eye(ensemble.config.vocab_size)[text.tokens[at]]

    return predictions


def test_labels_stand_where_their_tokens_do(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In shuffled windows of the second epoch, what is named is what follows; with stories, too."""
    monkeypatch.setattr(Ensemble, "predictions", knowing(0))
    trainer = session(tmp_path, shared, sampled=400).trainer
    labels = trainer._backprop._teacher
    assert labels is not None

    for window in islice(trainer._windows.start(Position(1, 0)), 40):
        named = labels.ids[torch.from_numpy(window.places).flatten(), 0]
        assert named.tolist() == window.targets.flatten().tolist()


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_teacher_that_knows_the_text_teaches_the_text(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    """Learning from it alone is learning from the text alone, unless it is one token off."""
    monkeypatch.setattr(Ensemble, "predictions", knowing(shift))
    runs, changes = [], {"steps": 60, "eval_every": 60, "batch": 8, "warmup": 5}
    for share in (0.0, 1.0):
        folder = tmp_path / str(share)
        folder.mkdir()
        runs.append(session(folder, shared, teacher_share=share, **changes))
        runs[-1].trainer.train(ignore)

    text, taught = map(losses, runs)

    if shift == 0:
        assert taught == pytest.approx(text, abs=0.02)
    else:
        assert taught[-1] > text[-1] + 0.3


def test_share_weighs_teacher_and_text(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of a window: its nats where the teacher knows, more of it where it is wrong."""
    found = []
    for shift, share in ((0, 1.0), (1, 1.0), (1, 0.25)):
        monkeypatch.setattr(Ensemble, "predictions", knowing(shift))
        folder = tmp_path / f"{shift}-{share}"
        folder.mkdir()
        trainer = session(folder, shared, teacher_share=share, firing_weight=0.0).trainer
        backprop = trainer._backprop
        backprop(next(trainer._windows.start(Position(0, 0))), seed=0)
        inputs = (backprop._tokens, backprop._targets, backprop._alive)
        with torch.no_grad():
            loss, measures, _ = backprop._objective(
                *inputs, backprop.state, backprop._seed, backprop._labels()
            )
        found.append((float(loss), float(measures[0])))

    (known, nats), (wrong, _), (mixed, _) = found
    assert known == pytest.approx(nats, rel=1e-6)
    assert abs(wrong - nats) > 0.01
    assert mixed == pytest.approx(0.75 * nats + 0.25 * wrong, rel=1e-4)


def test_teacher_lowers_the_loss(tmp_path: Path) -> None:
    """End to end: taught on the corpus, learned from, with stories of its own."""
    sizes = {"vocab_size": 300, "width": 32, "layers": 1, "epochs": 12, "lr": 1e-2}
    text, folder = tiny.corpus(tmp_path), tmp_path / "teacher"
    score = prepare_teacher([text], None, "tiny", sizes, None, "cpu", folder).train(
        lambda _: None, lambda _: None
    )

    run = session(tmp_path, folder, **BOTH, steps=60, eval_every=30, batch=8)
    run.trainer.train(ignore)

    nats = losses(run)
    assert score["nats_per_token"] < 4
    assert nats[0] > 5
    assert nats[-1] < nats[0] - 1


@pytest.mark.parametrize("changes", [BOTH, BOTH | {"dropout": 0.2, "accumulate": 2}])
def test_resume_is_exact(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """Interrupted at step 3: equal bit for bit, and no story is drawn again."""
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        runs.append(session(tmp_path / name, shared, **changes))
    straight, broken = runs
    straight.trainer.train(ignore)
    with pytest.raises(KeyboardInterrupt):
        broken.trainer.train(interrupt)
    torch.rand(17)  # another process draws other numbers
    monkeypatch.setattr(distillation, "sample", None)

    again = resumed(broken.folder, {}, "cpu")
    again.trainer.train(ignore)

    assert torch.equal(parameters(straight), parameters(again))
    first, second = (load_checkpoint(run.folder) for run in (straight, again))
    assert all(map(torch.equal, first.state, second.state))


def test_labels_take_little_room(tmp_path: Path, shared: Path) -> None:
    """Four bytes for each of the tokens that the teacher names."""
    run = session(tmp_path, shared, **BOTH)

    labels = run.trainer._backprop._teacher
    assert labels is not None
    assert list(labels.ids.shape) == [run.trainer._windows.n_tokens, 16]
    assert labels.ids.element_size() + labels.probabilities.element_size() == 4
    assert run.trainer._backprop._labels().ids.dtype == torch.int32


def test_digest_is_of_text_and_stories(tmp_path: Path, shared: Path) -> None:
    """In their order, as stored in the folder."""
    run = session(tmp_path, shared, **BOTH)

    stories = load_stories(run.folder / "sampled.npz")
    kept = load_teacher(shared)
    written = [s for i, s in enumerate(tiny.stories()) if i % 50]
    documents = [*kept.vocabulary.encode_all(written), *stories.documents()]
    line, _ = laid_out(documents, kept.vocabulary.end_of_text)
    data = config(run)["data"]
    assert data["sha256"] == sha256(line.tobytes()).hexdigest()
    assert data["n_tokens"] == len(line)
    assert data["n_sampled"] == stories.n_tokens >= 400


def test_folder_says_who_taught(tmp_path: Path, shared: Path) -> None:
    """Where the teacher lies, its digest, how it was trained, and what was taken from it."""
    stored = config(session(tmp_path, shared, **BOTH, seed=5))

    assert stored["teacher"] == load_teacher(shared).reference()
    assert stored["teacher"]["folder"] == str(shared)
    assert {name: stored["train"][name] for name in BOTH} == BOTH
    assert stored["train"]["seed"] == 5


def test_provenance_names_the_teacher_without_its_folder(tmp_path: Path, shared: Path) -> None:
    """None where there was none."""
    run = session(tmp_path, shared, **BOTH, steps=1)
    run.trainer.train(ignore)

    provenance = load_run_folder(run.folder).provenance()

    assert provenance["teacher"]["train"] == {"epochs": 1}
    assert provenance["teacher"]["sha256"] == load_teacher(shared).digest
    assert provenance["train"]["teacher_share"] == 0.7
    assert provenance["n_sampled"] >= 400
    assert str(shared.parent) not in json.dumps(provenance)


def test_default_share_is_not_that_of_runs_without_a_teacher(tmp_path: Path, shared: Path) -> None:
    """0.7 with a teacher, 0 without."""
    assert session(tmp_path, shared).trainer.config.teacher_share == 0.7
    (tmp_path / "alone").mkdir()
    alone = tiny.session(tmp_path / "alone")
    assert alone.trainer.config.teacher_share == 0
    assert alone.trainer._backprop._teacher is None
    assert config(alone)["teacher"] is None


def test_stories_without_labels_need_the_teacher_only_once(tmp_path: Path, teacher: Path) -> None:
    """With a share of 0 a run goes on when the teacher is gone."""
    run = session(tmp_path, teacher, sampled=400, teacher_share=0.0)
    run.trainer.train(ignore)
    shutil.rmtree(teacher)

    longer = resumed(run.folder, {"steps": 7}, "cpu")
    longer.trainer.train(ignore)

    assert longer.trainer._backprop._teacher is None
    assert load_checkpoint(run.folder).step == 7


def test_progress_is_told(tmp_path: Path, shared: Path) -> None:
    """Of the stories, then of the labels; the labels again when the run is resumed."""
    heard: list[tuple[str, int, int]] = []

    def hear(*what: Any) -> None:
        heard.append(what)

    text = tiny.corpus(tmp_path)
    changes = STEPS | BOTH | {"steps": 1}
    run = prepare([text], None, "tiny", changes, "cpu", tmp_path / "run", ALONE, shared, hear)
    run.trainer.train(ignore)
    n_tokens = run.trainer._windows.n_tokens

    assert [what for what, done, total in heard if done == total] == ["sampling", "labelling"]
    assert heard[-1] == ("labelling", n_tokens, n_tokens)
    heard.clear()
    resumed(run.folder, {"steps": 2}, "cpu", ALONE, hear)
    assert {what for what, _, _ in heard} == {"labelling"}
