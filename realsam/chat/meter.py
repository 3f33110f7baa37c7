"""Meter: what a talk costs, in memory that does not grow with it."""

import numpy as np

from realsam.arrays import Spikes
from realsam.ir import Network, spiking


class Meter:
    """Counts tokens and spikes."""

    def __init__(self, network: Network) -> None:
        self.n_tokens = 0
        self._network = network
        self._total = np.zeros(sum(network.sizes.values()), np.int64)

    def hear(self, spikes: Spikes) -> None:
        """Count the spikes [sum of N] of a token."""
        self.n_tokens += 1
        self._total += spikes

    @property
    def firing_rates(self) -> dict[str, float]:
        """Spikes per neuron and token of each population that can spike."""
        n_tokens, spans = max(1, self.n_tokens), self._network.spans
        return {
            name: float(self._total[spans[name]].mean()) / n_tokens
            for name in spiking(self._network)
        }
