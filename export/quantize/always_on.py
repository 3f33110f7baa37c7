"""The source of the biases: a neuron that needs no input."""

import numpy as np

from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Lif, Projection
from realsam.limits import DU_MAX, DV_MAX


def always_on(name: str, steps: int) -> tuple[Lif, list[Projection]]:
    """A neuron that spikes in step 0 and then every `steps` steps.

    Its bias lifts it above its threshold in every step; between two spikes its own last one, which
    comes back with every delay in turn, holds it down.
    """
    one = np.ones(1, np.int64)
    lif = Lif(name, one * DU_MAX, one * DV_MAX, one << STATE_SHIFT, one * 0)
    if steps == 1:
        return lif, []
    again = steps - 1
    hold = np.full((1, again), -2, np.int16)
    return lif, [Projection(name, (name,) * again, hold, np.arange(again))]
