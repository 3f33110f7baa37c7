"""Optimizers: which parameters go where, and the schedule of their rates."""

import pytest
import torch

from realsam.train.config import TrainConfig
from realsam.train.optimize import Update, schedule, split
from tests import tiny

CONFIG = TrainConfig(steps=100, warmup=10)


def test_matrices_go_to_muon_and_the_rest_to_adam() -> None:
    """The embedding is a table and no matrix; nothing is forgotten."""
    model = tiny.model()
    names = {id(p): name for name, p in model.named_parameters()}

    muon, adam = ({names[id(p)].rsplit(".")[-1] for p in part} for part in split(model))

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


def changes(factor: float, step: int) -> torch.Tensor:
    """What one update does to a model whose gradients are all `factor`."""
    model = tiny.model()
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, factor)
    Update(model, CONFIG)(step)

    assert not any(p.grad.any() for p in model.parameters())
    return torch.cat([p.detach().flatten() for p in model.parameters()]) - before


def test_update_follows_the_schedule() -> None:
    """A first step is as long as its learning rates: half of them in the middle of the cosine."""
    full, half = changes(1.0, step=10), changes(1.0, step=55)

    assert half.norm().item() == pytest.approx(full.norm().item() / 2, rel=1e-3)
    assert not changes(1.0, step=100).any()


def test_update_clips_the_joint_norm() -> None:
    """Gradients a thousand times too long count no more than those at the limit."""
    assert changes(1.0, step=10).tolist() == pytest.approx(changes(1e3, step=10).tolist(), abs=1e-6)


def test_update_goes_on_from_its_stored_state() -> None:
    """Momentum and averages included."""
    torch.manual_seed(0)
    grads = [[torch.randn_like(p) for p in tiny.model().parameters()] for _ in range(3)]

    def apply(update: Update, model: torch.nn.Module, steps: list[int]) -> None:
        for step in steps:
            for parameter, grad in zip(model.parameters(), grads[step], strict=True):
                parameter.grad = grad.clone()
            update(step)

    whole, half = tiny.model(), tiny.model()
    apply(Update(whole, CONFIG), whole, [0, 1, 2])
    first = Update(half, CONFIG)
    apply(first, half, [0, 1])
    second = Update(half, CONFIG)
    second.load_state_dicts(first.state_dicts())
    apply(second, half, [2])

    pairs = zip(whole.parameters(), half.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
