"""Float parity: how often a NIR file, simulated in floating point, spikes unlike the integers.

The simulator takes every number from the file and integrates by Euler's rule in float64: what an
importer does that reads the file rightly. It differs from the integer network only where a token
truncates P decays, wraps a current or saturates a voltage, none of which NIR can express. Time
runs as `export.nir.rules` says: one step is a token, or with one step per token a chip step, in
which a spike travels one layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nir
import numpy as np

from export.hdf5 import guarded
from export.nir.graph import Edge, FloatNetwork, read_graph
from export.nir.neuron import DT, Neuron
from realsam.arrays import F64, U8, Spikes
from realsam.ir import Run


@dataclass(frozen=True)
class Parity:
    """Spikes of two runs of one network, counted per population."""

    n_spikes: dict[str, int]  # in the run that is right
    n_mismatches: dict[str, int]  # neurons and tokens in which the other run differs

    @property
    def n_total(self) -> int:
        """Mismatches of the whole network."""
        return sum(self.n_mismatches.values())


def parity(expected: Mapping[str, Spikes], actual: Mapping[str, Spikes]) -> Parity:
    """Compare spikes [T, N] per population; for the integers the count must be 0."""
    return Parity(
        {name: int(expected[name].sum()) for name in actual},
        {name: int(np.count_nonzero(expected[name] != actual[name])) for name in actual},
    )


def float_parity(path: Path, run: Run) -> Parity:
    """Simulate a NIR file on the input spikes of a run of its network, and compare the spikes.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: if its graph is none of ours.
    """
    with guarded(path, "NIR"):
        network = read_graph(path)
    return parity(run.spikes, simulate(network, run.spikes[network.input]))


def simulate(network: FloatNetwork, spikes: Spikes) -> dict[str, Spikes]:
    """Spikes [T, N] of every layer of neurons, for input spikes [T, M]."""
    order = [network.input, *(layer.name for layer in network.layers)]
    fired: dict[str, Spikes] = {network.input: spikes}
    cells = []
    for layer in network.layers:
        if layer.neuron is not None:
            fired[layer.name] = np.zeros((len(spikes), layer.neuron.v_threshold.size), np.uint8)
            hops = [order.index(layer.name) - order.index(edge.source) for edge in layer.edges]
            lags = [_lag(n, network.steps_per_token) for n in hops]
            cells.append((layer, _Cell(layer.neuron, layer.edges), lags))
    for t in range(len(spikes)):
        for layer, cell, lags in cells:
            heard = [
                fired[edge.source][t - lag]
                if t >= lag
                else np.zeros(edge.weight.shape[1], np.uint8)
                for edge, lag in zip(layer.edges, lags, strict=True)
            ]
            fired[layer.name][t] = cell.step(np.concatenate(heard))
    return {layer.name: fired[layer.name] for layer, _, _ in cells}


def _lag(hops: int, steps: int) -> int:
    """NIR steps between a spike and its effect on a layer that many hops behind."""
    if steps == 1:
        return hops if hops > 0 else hops + 1
    return 0 if hops > 0 else 1


class _Cell:
    """A node of neurons in motion; all state is zero at first."""

    def __init__(self, neuron: Neuron, edges: tuple[Edge, ...]) -> None:
        self._node = neuron
        # Source-major: the weights of one spike lie side by side.
        self._fibres = np.ascontiguousarray(np.hstack([edge.weight for edge in edges]).T)
        self._bias: F64 = np.sum([edge.bias for edge in edges], axis=0, dtype=np.float64)
        cuba = isinstance(neuron, nir.CubaLIF)
        self._leak: F64 = DT / np.asarray(neuron.tau_mem if cuba else neuron.tau, np.float64)
        self._mix: F64 = DT / np.asarray(neuron.tau_syn if cuba else DT, np.float64)
        self._gain = neuron.w_in if cuba else np.float64(1)
        self._current: F64 = np.zeros_like(self._leak)
        self._voltage: F64 = np.zeros_like(self._leak)

    def step(self, heard: U8) -> U8:
        """Advance by one Euler step with the spikes [M] that arrive; returns the spikes [N]."""
        node, active = self._node, np.flatnonzero(heard)
        drive = np.add.reduce(self._fibres[active], axis=0, dtype=np.float64) + self._bias
        self._current = self._current * (1 - self._mix) + self._mix * self._gain * drive
        inflow = node.v_leak + node.r * self._current
        self._voltage = self._voltage * (1 - self._leak) + self._leak * inflow
        spikes: U8 = (self._voltage > node.v_threshold).astype(np.uint8)
        self._voltage = np.where(spikes, node.v_reset, self._voltage)
        return spikes
