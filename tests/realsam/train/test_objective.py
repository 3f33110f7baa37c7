"""The objective: prices on firing off the target, and what follows a window besides gradients."""

import pytest
import torch
from torch import Tensor

from realsam.errors import DataError
from realsam.nn.population import State
from realsam.train.config import TrainConfig
from realsam.train.objective import Objective
from tests import tiny

TOKENS = torch.arange(12)[:, None].expand(12, 2)


def objective(**values: object) -> Objective:
    """Of a model of two layers."""
    return Objective(tiny.model(), TrainConfig(**values))


def played(made: Objective) -> tuple[Tensor, Tensor, State]:
    """Some tokens from a reset."""
    layers, _ = made.model.integers()
    state = State.zeros(layers, 2, torch.device("cpu"))
    return made(TOKENS, TOKENS, torch.ones(12, 2), state, torch.tensor(0))


def price(**values: object) -> float:
    """Nats above the loss."""
    loss, measures, _ = played(objective(**values))
    return (loss - measures[0]).item()


def test_each_layer_has_a_target_of_its_own() -> None:
    """Where layers fire at their targets it costs nothing; above, the squared excess."""
    _, (_, first, second), _ = played(objective())
    exact = {"target_firing": (float(first), float(second)), "silence_weight": 0.1}
    half = {"target_firing": (float(first) / 2, float(second)), "firing_weight": 0.3}

    assert price(**exact) == pytest.approx(0, abs=1e-6)
    assert price(**half) == pytest.approx(0.3 / 2, rel=1e-4)


def test_silence_costs_where_it_has_a_price() -> None:
    """Layers at half their targets."""
    _, (_, first, second), _ = played(objective())
    twice = (2 * float(first), 2 * float(second))

    assert price(target_firing=twice) == pytest.approx(0, abs=1e-6)
    assert price(target_firing=twice, silence_weight=0.4) == pytest.approx(0.1, rel=1e-4)


def test_targets_of_another_depth_are_refused() -> None:
    """Three values for two layers."""
    with pytest.raises(DataError, match="target_firing has 3 values for 2 layers"):
        objective(target_firing=(0.1, 0.1, 0.1))


def test_stress_and_thresholds_follow_a_window() -> None:
    """The loss is below that of a model that knows nothing, and a silent neuron is helped."""
    model = tiny.model(environment=0.5, homeostasis=True)
    made = Objective(model, TrainConfig())
    state = State((), (torch.zeros(4, 12), torch.ones(4, 12)))

    made.adapt(torch.tensor(1.0), state)

    assert model.environment.stress < 1
    assert (model.layers[0].thresholds < 1).all()
    assert (model.layers[1].thresholds > 1).all()


def test_what_a_model_lacks_does_not_follow() -> None:
    """The shipped model has nothing to adapt."""
    made = objective()

    made.adapt(torch.tensor(1.0), State((), ()))

    assert not list(made.model.buffers())
    assert made.model.frozen() == {}
