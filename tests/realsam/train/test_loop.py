"""The training loop: it learns, logs, and goes on exactly where it was interrupted."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from realsam.errors import CheckpointError, TrainingError
from realsam.train.checkpoint import checkpoint_file, load_checkpoint
from realsam.train.loop import Progress
from realsam.train.optimize import Update
from realsam.train.session import Session, resumed
from tests import tiny


def interrupt_at(step: int) -> object:
    """A listener that ends the training when it hears of a step."""

    def listen(progress: Progress) -> None:
        if progress.step >= step:
            raise KeyboardInterrupt

    return listen


def ignore(progress: Progress) -> None:
    """Listen to nothing."""


def rows(session: Session) -> list[dict[str, object]]:
    """Metrics as they were logged."""
    lines = (session.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def parameters(session: Session) -> dict[str, Tensor]:
    """Copies of all parameters, and of what else training sets."""
    return {name: p.clone() for name, p in session.trainer.model.state_dict().items()}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dropout": 0.2},
        {"accumulate": 3},
        {"window": 200, "batch": 2},
        {"environment": 0.5, "diversity": 0.3, "homeostasis": True},
    ],
)
def test_resume_is_exact(tmp_path: Path, changes: dict[str, object]) -> None:
    """Interrupted after step 3 and resumed elsewhere: the parameters are equal bit for bit."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    text = tiny.corpus(tmp_path)
    straight = tiny.session(tmp_path / "a", text, **changes)
    straight.trainer.train(ignore)
    broken = tiny.session(tmp_path / "b", text, **changes)
    with pytest.raises(KeyboardInterrupt):
        broken.trainer.train(interrupt_at(3))
    torch.rand(17)  # another process draws other numbers

    again = resumed(broken.folder, {}, "cpu")
    again.trainer.train(ignore)

    after = parameters(again)
    for name, parameter in parameters(straight).items():
        assert torch.equal(parameter, after[name]), name
    first, second = (load_checkpoint(s.folder) for s in (straight, again))
    assert all(map(torch.equal, first.state, second.state))
    assert first.position == second.position


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    """From the vocabulary's log to well below it."""
    session = tiny.session(tmp_path, steps=60, eval_every=30, batch=8)

    session.trainer.train(ignore)

    nats = [row["train_nats_per_token"] for row in rows(session)]
    assert nats[0] > 5
    assert nats[-1] < nats[0] - 1


def test_metrics_hold_a_row_per_report(tmp_path: Path) -> None:
    """Each tenth step and each validation; validations carry the evaluation."""
    session = tiny.session(tmp_path, steps=14, eval_every=7)
    heard: list[Progress] = []

    session.trainer.train(heard.append)

    assert [row["step"] for row in rows(session)] == [7, 10, 14] == [p.step for p in heard]
    assert ["validation" in row for row in rows(session)] == [True, False, True]
    assert len(rows(session)[0]["firing_rates"]) == 2
    assert set(rows(session)[1]) == {
        "step",
        "train_nats_per_token",
        "firing_rates",
        "learning_rate_factor",
        "tokens_per_second",
    }


def test_validations_name_targets_and_what_is_frozen(tmp_path: Path) -> None:
    """The target of each layer, and the stress that lowering would freeze."""
    session = tiny.session(
        tmp_path, target_firing=(0.05, 0.1), environment=0.5, steps=20, eval_every=10
    )

    session.trainer.train(ignore)

    last = rows(session)[-1]
    assert last["target_firing"] == [0.05, 0.1]
    assert len(last["validation"]["populations"]) == 2
    assert last["frozen"] == {"stress": session.trainer.model.environment.stress.item()}
    assert last["frozen"]["stress"] < rows(session)[0]["frozen"]["stress"] < 1


def test_last_step_is_always_validated_and_kept(tmp_path: Path) -> None:
    """Even if it is no multiple of eval_every."""
    session = tiny.session(tmp_path, steps=2, eval_every=99)

    session.trainer.train(ignore)

    assert [row["step"] for row in rows(session)] == [2]
    assert load_checkpoint(session.folder).step == 2


def test_seed_decides(tmp_path: Path) -> None:
    """The same seed gives the same model, another one another."""
    text = tiny.corpus(tmp_path)
    first, second, other = (
        parameters(tiny.session(tmp_path / name, text, seed=seed))["readout"]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )

    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_training_goes_on_with_more_steps(tmp_path: Path) -> None:
    """Resume with another number of steps."""
    session = tiny.session(tmp_path)
    session.trainer.train(ignore)

    longer = resumed(session.folder, {"steps": 8}, "cpu")
    longer.trainer.train(ignore)

    assert [row["step"] for row in rows(session)] == [3, 6, 8]


def test_diverged_loss_ends_the_training(tmp_path: Path) -> None:
    """Not a number: one line, and the last checkpoint stays."""
    session = tiny.session(tmp_path)
    with torch.no_grad():
        session.trainer.model.output_bias[0] = float("nan")

    with pytest.raises(TrainingError) as raised:
        session.trainer.train(ignore)

    assert str(raised.value) == (
        "step 1: the loss is nan; start a new run with a lower --lr and --matrix-lr"
    )
    assert not checkpoint_file(session.folder).exists()


def poisoned(parameter: Tensor, at: int) -> Callable[[Update, int], None]:
    """An optimizer step that makes a parameter not a number in the step of that number."""
    original = Update.__call__

    def call(update: Update, step: int) -> None:
        original(update, step)
        if step + 1 == at:
            with torch.no_grad():
                parameter.fill_(float("nan"))

    return call


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (4, "step 5: the loss is nan"),  # two steps after the checkpoint
        (5, "step 6: the loss is nan"),  # its loss is the last one that is read before saving
        (6, "step 6: output_bias is not finite"),  # only the parameters show it yet
    ],
)
def test_checkpoint_is_never_overwritten_by_a_bad_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, message: str
) -> None:
    """Whenever the numbers go wrong, the checkpoint of step 3 stays, and is told of."""
    session = tiny.session(tmp_path)
    bias = session.trainer.model.output_bias
    monkeypatch.setattr(Update, "__call__", poisoned(bias, step))

    with pytest.raises(TrainingError) as raised:
        session.trainer.train(ignore)

    kept = load_checkpoint(session.folder)
    assert raised.value.message == message
    assert raised.value.cure.endswith("; the checkpoint of step 3 is kept")
    assert kept.step == 3
    assert kept.model["output_bias"].isfinite().all()


def test_exploded_loss_ends_the_training(tmp_path: Path) -> None:
    """A model that is sure of wrong tokens: above three times that of one that knows nothing."""
    session = tiny.session(tmp_path)
    with torch.no_grad():
        session.trainer.model.output_bias[7] = 1000.0

    with pytest.raises(TrainingError, match=r"step 3: the loss is 1000.2 nats per token, above 3"):
        session.trainer.train(ignore)


@pytest.mark.parametrize(
    ("threshold", "condition", "reason"),
    [(400.0, "dead", "below 0.1%"), (1 / 256, "saturated", "")],
)
def test_dead_and_saturated_layers_are_named(
    tmp_path: Path, threshold: float, condition: str, reason: str
) -> None:
    """Once, in the metrics and as a line of progress."""
    session = tiny.session(tmp_path, lr=1e-9)
    with torch.no_grad():
        session.trainer.model.layers[1].threshold.fill_(threshold)
        if condition == "saturated":
            session.trainer.model.layers[1].constant.fill_(0.9)
    heard: list[Progress] = []

    session.trainer.train(heard.append)

    assert [row.get("layer_changes") for row in rows(session)] == [{"layer2": condition}, None]
    (line,) = heard[0].warnings()
    assert line.startswith(f"layer2: {condition}, ")
    assert reason in line
    assert heard[1].warnings() == []


def test_lack_of_memory_names_the_batch_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch's own message of a CPU that is full."""
    session = tiny.session(tmp_path, accumulate=3)
    full = lambda *_, **__: torch.empty(1 << 58)  # noqa: E731
    monkeypatch.setattr(session.trainer, "_backprop", full)

    with pytest.raises(TrainingError) as raised:
        session.trainer.train(ignore)

    assert str(raised.value) == (
        "cpu: out of memory with batch = 4, window = 16; "
        "start a new run with --batch 2 --accumulate 6"
    )


@pytest.mark.parametrize("n", [2, 59, 61])
def test_resume_with_another_text_is_refused(tmp_path: Path, n: int) -> None:
    """Going on exactly is not possible."""
    session = tiny.session(tmp_path)
    session.trainer.train(ignore)
    tiny.corpus(tmp_path, n)

    with pytest.raises(CheckpointError, match="run: its training text is another than before"):
        resumed(session.folder, {"steps": 9}, "cpu")


def test_progress_reads_as_one_line() -> None:
    """Loss, perplexity, firing rate, speed."""
    progress = Progress(10, 2.0, (0.1, 0.3), 1234.5)

    assert str(progress) == "loss 2.000, perplexity 7.4, firing 20.0%, 1,234 tokens/s"
    assert replace(progress, step=11).step == 11
