"""Meter: what a talk costs, in memory that does not grow with it."""

import time

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.ir import Network, spiking


class Meter:
    """Counts tokens and spikes, and the time that the network takes for them."""

    def __init__(self, network: Network) -> None:
        self.n_tokens = 0
        self.latest: Spikes = np.zeros(0, np.uint8)  # spikes of the token heard last
        self._network = network
        self._total = np.zeros(sum(network.sizes.values()), np.int64)

    def hear(self, spikes: Spikes, voltage: I64) -> None:
        """See `realsam.ir.Hear`."""
        self.n_tokens += 1
        self.latest = spikes
        self._total += spikes

    @property
    def firing_rates(self) -> dict[str, float]:
        """Spikes per neuron and token of each population that can spike."""
        n_tokens, spans = max(1, self.n_tokens), self._network.spans
        return {
            name: float(self._total[spans[name]].mean()) / n_tokens
            for name in spiking(self._network)
        }
