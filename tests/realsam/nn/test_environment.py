"""Stress follows the loss, thresholds follow the firing, both in place."""

from math import exp, log

import pytest
import torch

from realsam.nn.environment import Environment, settle


def test_stress_begins_at_its_top() -> None:
    """A new model knows nothing."""
    assert Environment(300).stress.item() == 1


@pytest.mark.parametrize("share", [0.0, 0.28, 1.0])
def test_stress_ends_where_the_loss_is(share: float) -> None:
    """As a share of the loss of a model that knows nothing."""
    environment = Environment(300)

    for _ in range(2000):
        environment.hear(torch.tensor(share * log(300)))

    assert environment.stress.item() == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("nats", [log(300) * 3, float("inf")])
def test_stress_never_exceeds_one(nats: float) -> None:
    """However bad it gets."""
    environment = Environment(300)

    environment.hear(torch.tensor(nats))

    assert environment.stress.item() == 1


def test_stress_is_smoothed() -> None:
    """One window moves it by a hundredth of the way."""
    environment = Environment(300)

    environment.hear(torch.tensor(0.0))

    assert environment.stress.item() == pytest.approx(0.99)


def test_thresholds_follow_the_firing() -> None:
    """Silent, at the target, at twice the target."""
    thresholds = torch.ones(3)

    settle(thresholds, torch.tensor([0.0, 0.1, 0.2]), torch.tensor(0.1))

    assert thresholds.tolist() == pytest.approx([exp(-0.002), 1, exp(0.002)])


def test_thresholds_keep_to_their_range() -> None:
    """A neuron that never or always fires."""
    thresholds = torch.ones(2)

    for _ in range(1000):
        settle(thresholds, torch.tensor([0.0, 1.0]), torch.tensor(0.1))

    assert thresholds.tolist() == [0.25, 4.0]


def test_both_are_written_in_place() -> None:
    """A captured graph goes on reading what it read."""
    environment, thresholds = Environment(300), torch.ones(2)
    stress, places = environment.stress, (environment.stress.data_ptr(), thresholds.data_ptr())

    environment.hear(torch.tensor(1.0))
    settle(thresholds, torch.zeros(2), torch.tensor(0.1))

    assert environment.stress is stress
    assert places == (stress.data_ptr(), thresholds.data_ptr())
    assert stress < 1 > thresholds.max()
