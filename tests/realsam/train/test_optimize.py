"""Optimizers: which parameters go where, and the schedule of their rates."""

import pytest
import torch

from realsam.train.config import TrainConfig
from realsam.train.optimize import clip_gradients, optimizers, schedule, set_rates
from tests import tiny

CONFIG = TrainConfig(steps=100, warmup=10)


def test_matrices_go_to_muon_and_the_rest_to_adam() -> None:
    """The embedding is a table and no matrix; nothing is forgotten."""
    model = tiny.model()
    names = {id(p): name for name, p in model.named_parameters()}

    muon, adam = (
        {names[id(p)].rsplit(".")[-1] for group in o.param_groups for p in group["params"]}
        for o in optimizers(model, CONFIG)
    )

    assert muon == {"weight", "recurrent", "readout"}
    assert adam == {"embedding", "output_bias", "constant", "rate", "threshold", "readout_constant"}


@pytest.mark.parametrize(
    ("step", "factor"), [(0, 0.1), (4, 0.5), (9, 1.0), (10, 1.0), (55, 0.5), (100, 0.0), (999, 0.0)]
)
def test_schedule_warms_up_and_cools_down(step: int, factor: float) -> None:
    """Linear over the warm-up, a cosine to zero at the last step."""
    assert factor == pytest.approx(schedule(step, CONFIG))


def test_schedule_shorter_than_its_warm_up() -> None:
    """A run of five steps never divides by zero."""
    short = TrainConfig(steps=5, warmup=10)

    assert [schedule(step, short) for step in range(6)] == pytest.approx(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    )


def test_rates_are_those_of_each_optimizer() -> None:
    """Half of them in the middle of the cosine."""
    pair = optimizers(tiny.model(), CONFIG)

    set_rates(pair, 55, CONFIG)

    rates = [group["lr"] for o in pair for group in o.param_groups]
    assert rates == pytest.approx([CONFIG.matrix_lr / 2, CONFIG.lr / 2])


def test_clip_scales_the_joint_norm() -> None:
    """All gradients keep their direction."""
    model = tiny.model()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)

    clip_gradients(model, 2.0)

    grads = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert grads.norm().item() == pytest.approx(2.0, rel=1e-4)
    assert grads.std().item() == pytest.approx(0.0, abs=1e-7)
