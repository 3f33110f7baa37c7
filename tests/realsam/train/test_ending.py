"""When a run ends: steps, patience, and what counts as a gain."""

import json
from pathlib import Path

import pytest

from realsam.errors import DataError
from realsam.train.config import TrainConfig
from realsam.train.ending import ended
from realsam.train.loop import Progress
from realsam.train.runs import load_run_folder
from realsam.train.session import resumed
from tests import tiny


def over(scores: list[float], patience: int = 2, min_gain: float = 0.01) -> str:
    """Why a run of 100 steps is over after validations at 10, 20, ..."""
    config = TrainConfig(steps=100, patience=patience, min_gain=min_gain)
    return ended(config, 10 * len(scores), {10 * i: s for i, s in enumerate(scores, 1)})


@pytest.mark.parametrize(
    ("scores", "patience", "min_gain"),
    [
        ([], 1, 0.01),  # nothing is known yet
        ([3.0], 1, 0.01),
        ([3.0, 3.0], 2, 0.01),
        ([3.0, 3.0, 2.99], 2, 0.01),  # the smallest gain counts
        ([3.0, 2.995, 2.99, 2.985, 2.98], 2, 0.01),  # small gains add up
        ([3.0] * 9, 0, 0.01),  # no patience is asked for
        ([3.0] * 9, 1, 0.0),  # any loss that is not higher is a gain
    ],
)
def test_run_goes_on(scores: list[float], patience: int, min_gain: float) -> None:
    """As long as it gains, or nobody counts."""
    assert over(scores, patience, min_gain) == ""


@pytest.mark.parametrize(
    ("scores", "patience", "waited", "best", "step"),
    [
        ([3.0, 3.0], 1, 1, 3.0, 10),
        ([3.0, 2.991, 2.991], 2, 2, 3.0, 10),  # almost a gain
        ([3.0, 2.5, 2.6, 2.6], 2, 2, 2.5, 20),
        ([3.0, float("nan"), float("nan")], 2, 2, 3.0, 10),
    ],
)
def test_run_ends_without_a_gain(
    scores: list[float], patience: int, waited: int, best: float, step: int
) -> None:
    """The reason names validations, gain, the best loss and its step."""
    assert over(scores, patience) == (
        f"patience of {waited} used up, no gain of 0.01 nats since the {best:.4f} of step {step}"
    )


def test_last_step_is_a_reason_of_its_own() -> None:
    """Whatever the validations say."""
    config = TrainConfig(steps=30, patience=1)

    assert ended(config, 30, {10: 3.0, 20: 3.0}) == "all 30 steps done"
    assert ended(TrainConfig(steps=30), 29, {}) == ""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patience": -1}, "patience = -1 is negative"),
        ({"min_gain": -0.1}, "min_gain = -0.1 is no number from 0"),
        ({"min_gain": float("nan")}, "min_gain = nan is no number from 0"),
        ({"min_gain": float("inf")}, "min_gain = inf is no number from 0"),
    ],
)
def test_values_out_of_range_are_named(values: dict[str, float], message: str) -> None:
    """Name, value, range."""
    with pytest.raises(DataError) as raised:
        TrainConfig(**values)

    assert message == raised.value.message


IMPATIENT = {"steps": 9, "eval_every": 1, "patience": 2, "min_gain": 5.0}  # no step gains 5 nats


def test_training_ends_early_with_its_last_checkpoint(tmp_path: Path) -> None:
    """The reason is told, and logged in the last row."""
    session = tiny.session(tmp_path, **IMPATIENT)
    heard: list[Progress] = []

    session.trainer.train(heard.append)

    run = load_run_folder(session.folder)
    rows = (session.folder / "metrics.jsonl").read_text().splitlines()
    assert [p.step for p in heard] == [1, 2, 3]
    assert [bool(p.ended) for p in heard] == [False, False, True]
    assert json.loads(rows[-1])["ended"] == heard[-1].ended == run.ended()
    assert heard[-1].ended.startswith("patience of 2 used up, no gain of 5 nats since the ")
    assert run.checkpoint.step == 3


def test_interruption_does_not_renew_the_patience(tmp_path: Path) -> None:
    """A run that waited once before it was interrupted waits once more, not twice."""
    session = tiny.session(tmp_path, **IMPATIENT)

    def listen(progress: Progress) -> None:
        if progress.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.trainer.train(listen)
    heard: list[Progress] = []

    resumed(session.folder, {}, "cpu").trainer.train(heard.append)

    assert [p.step for p in heard] == [3]
    assert heard[0].ended


def test_validation_is_logged_before_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the two, a run validates that step again; none is ever missing."""
    session = tiny.session(tmp_path, **IMPATIENT)
    save = session.trainer.save

    def stop() -> None:
        if session.trainer._step == 2:
            raise KeyboardInterrupt
        save()

    monkeypatch.setattr(session.trainer, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        session.trainer.train(lambda _: None)

    assert list(load_run_folder(session.folder).scores()) == [1]
    again = resumed(session.folder, {}, "cpu")
    again.trainer.train(lambda _: None)
    assert list(load_run_folder(session.folder).scores()) == [1, 2, 3]


def test_run_that_ended_early_needs_more_patience(tmp_path: Path) -> None:
    """With it, it goes on to its last step."""
    session = tiny.session(tmp_path, **IMPATIENT)
    session.trainer.train(lambda _: None)

    with pytest.raises(DataError, match="run: ended at step 3, patience of 2 used up"):
        resumed(session.folder, {}, "cpu")
    resumed(session.folder, {"patience": 0}, "cpu").trainer.train(lambda _: None)

    assert load_run_folder(session.folder).ended() == "all 9 steps done"
