"""Training of teachers: it learns, keeps its best copy, and repeats by its seed."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from realsam.errors import DataError
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.model import Teacher
from realsam.train.teacher.text import Text
from realsam.train.teacher.training import EnsembleTraining, Epoch, TeacherTraining, schedule
from tests.realsam.train.teacher import small

TRAINING = TeacherTraining(epochs=6, batch=4, lr=2e-2)
CONFIG = replace(small.CONFIG, dropout=0.1)


def trained(
    training: TeacherTraining, text: Text, held_out: Text, members: int = 1
) -> tuple[list[Teacher], list[Epoch]]:
    """Best copies, and what the training said."""
    heard: list[Epoch] = []
    ensemble = EnsembleTraining(CONFIG, training, members, text, held_out)
    ensemble.run(heard.append)
    return ensemble.best, heard


def train(members: int = 1, **changes: Any) -> tuple[list[Teacher], list[Epoch]]:
    """A short training."""
    training = replace(TRAINING, **changes)
    return trained(training, small.counting(100), small.counting(23), members)


def test_it_learns_to_count() -> None:
    """Nats of held-out text fall far below those of guessing."""
    _, heard = train()

    assert heard[0].held_out_nats < math.log(20)
    assert heard[-1].held_out_nats < 0.5 * math.log(20)


def test_the_best_copy_comes_back() -> None:
    """Learning noise by heart spoils the model, not what is returned."""
    noise, other = (small.text(small.documents(*[n] * 10)) for n in (8, 9))

    (model,), heard = trained(TRAINING, noise, other)

    nats = [epoch.held_out_nats for epoch in heard]
    assert min(nats) < nats[-1]
    assert min(nats) == pytest.approx(float(Ensemble([model]).nats(other)[0]))


def test_a_seed_gives_one_teacher() -> None:
    """Bit for bit, whatever was drawn before; the caller's generator is left alone."""
    torch.manual_seed(1)
    ((first,), _), state = train(), torch.get_rng_state()
    torch.rand(3)
    (again,), _ = train()
    (other,), _ = train(seed=1)

    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.embedding, again.embedding)
    assert not torch.equal(first.embedding, other.embedding)


def test_members_have_seeds_in_a_row() -> None:
    """The second member is the teacher of the next seed."""
    pair, heard = train(2, epochs=1)

    (alone,), _ = train(epochs=1, seed=1)
    assert [epoch.seed for epoch in heard] == [0, 1]
    assert torch.equal(alone.embedding, pair[1].embedding)


def test_interruption_leaves_the_best_copies() -> None:
    """Of the finished member and of the one at work, whose first epoch is over."""

    def interrupt(epoch: Epoch) -> None:
        if (epoch.seed, epoch.epoch) == (1, 1):
            raise KeyboardInterrupt

    training = replace(TRAINING, epochs=2)
    ensemble = EnsembleTraining(CONFIG, training, 3, small.counting(100), small.counting(23))
    with pytest.raises(KeyboardInterrupt):
        ensemble.run(interrupt)

    whole, _ = train(2, epochs=2)
    first, second = ensemble.best
    assert torch.equal(whole[0].embedding, first.embedding)
    assert not torch.equal(whole[1].embedding, second.embedding)


def test_progress_rises_over_all_members() -> None:
    """From nothing to nearly everything."""
    shares: list[float] = []
    ensemble = EnsembleTraining(
        CONFIG, replace(TRAINING, epochs=2), 2, small.counting(100), small.counting(23)
    )

    ensemble.run(lambda _: None, shares.append)

    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.5 in shares
    assert 0.8 < shares[-1] < 1


def test_time_ends_it() -> None:
    """A share of a second is no hundred thousand epochs."""
    _, heard = train(epochs=100_000, eval_every=100_000, seconds=0.2)

    assert len(heard) == 1
    assert heard[0].epoch < 1000


def test_evaluations_are_every_few_epochs_and_at_the_end() -> None:
    """Five epochs, every second one, and the last."""
    _, heard = train(epochs=5, eval_every=2)

    assert [epoch.epoch for epoch in heard] == [2, 4, 5]


def test_rate_rises_and_falls() -> None:
    """From zero over the warm-up, along a cosine to zero."""
    rates = [schedule(progress, replace(TRAINING, warmup=0.25)) for progress in (0, 0.25, 0.5, 1)]

    assert rates == pytest.approx([0, (2 + math.sqrt(2)) / 4, 0.5, 0])


def test_divergence_is_an_error() -> None:
    """Not a teacher of NaN."""
    with pytest.raises(DataError, match="epoch 1: the loss is nan"):
        train(lr=1e30, warmup=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs = 0 is below 1"),
        ({"lr": 0.0}, "lr = 0.0 is not positive"),
        ({"warmup": 0.0}, "warmup = 0.0 is not positive"),
        ({"seconds": float("nan")}, "seconds = nan is not positive"),
        ({"weight_decay": -0.1}, "weight_decay = -0.1 is not 0 or more"),
        ({"seed": -1}, "seed = -1 is outside 0..2**63-1"),
    ],
)
def test_impossible_training_is_refused(changes: dict[str, Any], message: str) -> None:
    """By name, with the value."""
    with pytest.raises(DataError) as caught:
        replace(TRAINING, **changes)

    assert caught.value.message == message


def test_configuration_is_json() -> None:
    """Without an infinity, which JSON has not."""
    assert json.loads(json.dumps(TRAINING.to_json(), allow_nan=False))["seconds"] is None
