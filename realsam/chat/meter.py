"""Meter: who fires in a talk, in memory that does not grow with it."""

import numpy as np

from realsam.arrays import F64, I64, Spikes
from realsam.ir import Network, spiking

_KEPT = 0.8  # of the latest activity from token to token: what can be followed by eye


class Meter:
    """Counts tokens and spikes."""

    def __init__(self, network: Network) -> None:
        self.n_tokens = 0
        self._spans = {name: network.spans[name] for name in spiking(network)}
        n = sum(network.sizes.values())
        self._total, self._latest = np.zeros(n, np.int64), np.zeros(n)

    def hear(self, spikes: Spikes) -> None:
        """Count the spikes [sum of N] of a token."""
        kept = _KEPT if self.n_tokens else 0.0
        self.n_tokens += 1
        self._total += spikes
        self._latest = kept * self._latest + (1 - kept) * spikes

    @property
    def latest_rates(self) -> dict[str, float]:
        """Spikes per neuron and token of each population that can spike, of the latest tokens."""
        return self._means(self._latest)

    @property
    def firing_rates(self) -> dict[str, float]:
        """The same of all tokens."""
        return self._means(self._total / max(1, self.n_tokens))

    def _means(self, values: F64 | I64) -> dict[str, float]:
        return {name: float(values[span].mean()) for name, span in self._spans.items()}
