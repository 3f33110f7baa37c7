"""Even weights from the kernel are those of the plain path."""

import numpy as np
import pytest
import torch

from realsam.nn.cpu.rounding import threaded_even_weight
from realsam.nn.quantize import WEIGHT_LIMIT, WEIGHT_UNIT, even_weight

# Ties between two even numbers, the clamp and what lies beside both.
EDGES = [0.0, 1, -1, 3, 5, -3, 0.999, 1.001, 253, 254, 254.999, 255, 255.001, -255, -256, 1e9, -1e9]


@pytest.mark.parametrize("shape", [(17,), (4, 5), (2, 3, 4)])
def test_equals_the_plain_path(shape: tuple[int, ...]) -> None:
    """Values and gradients, for every rank of weights."""
    draw = torch.Generator().manual_seed(0)
    values = torch.randn(shape, generator=draw)
    values.view(-1)[:17] = torch.tensor(EDGES[: values.numel()]) / WEIGHT_UNIT
    grads, weights = torch.randn(shape, generator=draw), []
    for path in (even_weight, lambda w: threaded_even_weight(w, WEIGHT_UNIT, WEIGHT_LIMIT)):
        weight = values.clone().requires_grad_()
        even = path(weight)
        even.backward(grads)
        weights.append((even.detach(), weight.grad))

    assert torch.equal(weights[0][0], weights[1][0])
    assert torch.equal(weights[0][1], weights[1][1])


def test_nan_stays_nan() -> None:
    """A training that went wrong shows it."""
    weight = torch.tensor([float("nan"), 1.0])

    even = threaded_even_weight(weight, WEIGHT_UNIT, WEIGHT_LIMIT)

    assert even.isnan().tolist() == [True, False]


def test_many_weights_take_this_path() -> None:
    """They are rounded to the same."""
    draw = np.random.default_rng(0)
    weight = torch.tensor(draw.normal(size=(256, 256)), dtype=torch.float32)

    halves = [even_weight(half) for half in weight.split(128)]

    assert torch.equal(even_weight(weight), torch.cat(halves))
