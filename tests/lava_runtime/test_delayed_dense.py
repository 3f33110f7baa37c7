"""The fast model of DelayDense equals the stock model."""

from typing import Any

import numpy as np
import pytest

from realsam.arrays import I64
from realsam.errors import NetworkError
from tests import strategies
from tests.lava_runtime.connection import modelled, played

pytestmark = pytest.mark.lava


def dense(model_class: Any, weight: I64, delay: I64, **parameters: Any) -> Any:
    """A model of DelayDense."""
    delays = np.broadcast_to(delay, weight.shape).astype(np.int32)
    weights = weight.astype(np.int32)
    return modelled(model_class, weights, delays, int(delay.max()), **parameters)


@pytest.mark.parametrize("seed", range(30))
def test_equals_stock_model(seed: int) -> None:
    """Any weights, odd and outside the range too, any exponent, delays 0..63, payloads."""
    from lava.proc.dense.models import PyDelayDenseModelBitAcc
    from lava.utils.weightutils import SignMode

    from lava_runtime.delayed_dense.model import PyDelayedDense

    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 8, 2)
    weight = rng.integers(-300, 300, shape)
    delay = strategies.edged(rng, (0, 1, 62, 63), 64, int(shape[1]))
    parameters = {"weight_exp": int(rng.integers(-8, 8)), "num_weight_bits": 8 - seed % 3}
    if seed % 2:
        parameters["sign_mode"] = SignMode.MIXED
    spikes = (rng.random((150, shape[1])) < 0.3).astype(np.int32)
    if seed % 3:
        parameters["num_message_bits"] = 8
        spikes *= rng.choice(np.array([-128, -1, 1, 2, 127], np.int32), spikes.shape)

    stock, fast = (
        played(dense(model, weight, delay, **parameters), spikes)
        for model in (PyDelayDenseModelBitAcc, PyDelayedDense)
    )

    assert np.array_equal(stock, fast)


def test_payloads_without_message_bits_are_spikes() -> None:
    """The stock model casts them to bool."""
    from lava.proc.dense.models import PyDelayDenseModelBitAcc

    from lava_runtime.delayed_dense.model import PyDelayedDense

    weight, delay = np.array([[2, -6]]), np.array([0, 3])
    payloads = np.array([[5, -7], [0, 2], *[[0, 0]] * 6], np.int32)

    stock, fast = (
        played(dense(model, weight, delay), payloads)
        for model in (PyDelayDenseModelBitAcc, PyDelayedDense)
    )

    assert np.array_equal(stock, fast)
    assert stock.any()


def test_refuses_what_it_lacks() -> None:
    """Delays that differ within a column are refused by name."""
    from lava_runtime.delayed_dense.model import PyDelayedDense

    weight, delay = np.zeros((2, 2), np.int64), np.array([0, 3])
    uneven = dense(PyDelayedDense, weight, delay, name="a->b")
    uneven.delays = np.array([[0, 3], [1, 3]])

    with pytest.raises(NetworkError, match="a->b: delays within a column; use the stock"):
        played(uneven, np.zeros((1, 2), np.uint8))
