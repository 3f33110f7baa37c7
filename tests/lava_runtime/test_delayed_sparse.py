"""The fast model of DelaySparse equals the stock model."""

from typing import Any

import numpy as np
import pytest

from realsam.arrays import I64
from realsam.errors import NetworkError
from tests import strategies
from tests.lava_runtime.connection import modelled, played

pytestmark = pytest.mark.lava


def sparse(model_class: Any, weight: I64, delay: I64, **parameters: Any) -> Any:
    """A model of DelaySparse."""
    from scipy.sparse import csr_matrix

    places = np.nonzero(weight)
    delays = csr_matrix((np.broadcast_to(delay, weight.shape)[places], places), weight.shape)
    weights = csr_matrix(weight.astype(np.int32))
    return modelled(model_class, weights, delays, int(delay.max()), **parameters)


@pytest.mark.parametrize("seed", range(10))
def test_equals_stock_model(seed: int) -> None:
    """Any weights, odd ones too, any exponent, delays 0..63, payloads."""
    from lava.proc.sparse.models import PyDelaySparseModelBitAcc
    from lava.utils.weightutils import SignMode

    from lava_runtime.delayed_sparse.model import PyDelayedSparse

    rng = np.random.default_rng(seed)
    shape = rng.integers(2, 8, 2)
    weight = rng.integers(-255, 255, shape) * (rng.random(shape) < 0.5)
    weight[0, 0] = -100
    delay = strategies.edged(rng, (0, 1, 62, 63), 64, int(shape[1]))
    delay[0] = max(delay[0], 1)
    parameters = {"weight_exp": int(rng.integers(-8, 8)), "sign_mode": SignMode.MIXED}
    spikes = (rng.random((150, shape[1])) < 0.3).astype(np.int32)
    if seed % 3:
        parameters["num_message_bits"] = 8
        spikes *= rng.choice(np.array([-128, -1, 1, 2, 127], np.int32), spikes.shape)

    stock, fast = (
        played(sparse(model, weight, delay, **parameters), spikes)
        for model in (PyDelaySparseModelBitAcc, PyDelayedSparse)
    )

    assert np.array_equal(stock, fast)


def test_refuses_what_it_lacks() -> None:
    """Delays that differ within a column are refused by name."""
    from scipy.sparse import csr_matrix

    from lava_runtime.delayed_sparse.model import PyDelayedSparse

    uneven = sparse(PyDelayedSparse, np.full((2, 2), 2), np.array([0, 3]), name="a->b")
    uneven.delays = csr_matrix(np.array([[0, 3], [1, 3]]))

    with pytest.raises(NetworkError, match="a->b: delays within a column; use the stock"):
        played(uneven, np.zeros((1, 2), np.uint8))
