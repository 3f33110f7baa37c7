"""A model of a Lava connection alone, as Lava's builder would leave it."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from realsam.arrays import I64, U8


def modelled(model_class: Any, weights: Any, delays: Any, longest: int, **parameters: Any) -> Any:
    """The model with ports that keep what they get.

    Args:
        model_class: of DelayDense or DelaySparse.
        weights: [N, M] matrix of either kind.
        delays: [N, M] matrix of either kind.
        longest: delay that has room.
        **parameters: of the process.
    """
    model = model_class(parameters)
    model.weights, model.delays = weights, delays
    model.a_buff = np.zeros((weights.shape[0], longest + 1), np.int32)
    model.num_message_bits = np.array([parameters.get("num_message_bits", 0)])
    model.sent = []
    model.a_out = SimpleNamespace(send=lambda data: model.sent.append(data.copy()))
    return model


def played(model: Any, spikes: U8) -> I64:
    """[T, N] what the model sends for spikes [T, M]."""
    for step, row in enumerate(spikes, start=1):
        model.time_step = step
        model.s_in = SimpleNamespace(recv=lambda row=row: row)
        model.run_spk()
    return np.array(model.sent, np.int64)
