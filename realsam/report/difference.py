"""Differences between two runs of one network: where the first one is, or none."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from realsam.ir import Run


@dataclass(frozen=True)
class Difference:
    """The first place at which two runs disagree."""

    token: int
    population: str
    neuron: int
    register: str  # "spikes" or "voltage"
    values: tuple[int, int]
    backends: tuple[str, str]

    def __str__(self) -> str:
        return (
            f"token {self.token}, {self.population}[{self.neuron}]: {self.register} "
            f"{self.values[0]} ({self.backends[0]}) and {self.values[1]} ({self.backends[1]})"
        )


def n_differences(a: Run, b: Run) -> int:
    """Spikes and readout voltages that differ, in the tokens that both runs have."""
    n = min(a.n_tokens, b.n_tokens)
    pairs = [(a.spikes[name], b.spikes[name]) for name in a.spikes]
    return sum(
        int(np.count_nonzero(left[:n] != right[:n]))
        for left, right in [*pairs, (a.voltage, b.voltage)]
    )


def first_difference(a: Run, b: Run, readout: str) -> Difference | None:
    """The first difference in the order of time, populations and neurons.

    Compares the tokens that both runs have; `readout` names the voltages' population.
    """
    n_tokens = min(a.n_tokens, b.n_tokens)
    pairs: list[tuple[str, str, Any, Any]] = [
        (name, "spikes", a.spikes[name], b.spikes[name]) for name in a.spikes
    ]
    pairs.append((readout, "voltage", a.voltage, b.voltage))
    found = []
    for order, (name, register, left, right) in enumerate(pairs):
        for token, neuron in np.argwhere(left[:n_tokens] != right[:n_tokens])[:1]:
            values = (int(left[token, neuron]), int(right[token, neuron]))
            found.append(
                (
                    int(token),
                    order,
                    Difference(
                        int(token), name, int(neuron), register, values, (a.backend, b.backend)
                    ),
                )
            )
    return min(found, key=lambda item: item[:2])[2] if found else None
