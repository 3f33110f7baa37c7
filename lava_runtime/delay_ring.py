"""A ring buffer of the sums that are on their way to the neurons of one projection.

What the models of DelayDense and DelaySparse share: a sum per delay, shifted as a whole.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.fixedpoint import shift_sum


class DelayRing:
    """Weighted inputs of N neurons by their step of arrival.

    Args:
        shape: N, and the longest delay + 1.
        delay: [M] of each source neuron.
        exponent: of the weights.
    """

    def __init__(self, shape: tuple[int, int], delay: I64, exponent: int) -> None:
        self._sums = np.zeros(shape[::-1], np.int64)
        self._delay = delay
        self._exponent = exponent

    def arriving(self, step: int) -> I64:
        """[N] what arrives in this step; its place is free again."""
        slot = step % len(self._sums)
        arrived: I64 = self._sums[slot].copy()
        self._sums[slot] = 0
        return arrived

    def add(self, step: int, sent: Spikes, summed: Callable[[I64, Any], I64]) -> None:
        """Put the spikes or payloads [M] of this step on their way.

        Args:
            step: in which they are sent.
            sent: [M] what each source neuron sends.
            summed: gives [N] the sum of weights of some source neurons, times what they send.
        """
        active = np.flatnonzero(sent)
        delays = self._delay[active]
        for delay in np.unique(delays):
            now = active[delays == delay]
            total = summed(now, sent[now])
            self._sums[(step + 1 + delay) % len(self._sums)] += shift_sum(total, self._exponent)
