"""NIR graph -> layers that hear each other, whatever nodes stand between them.

Both of our profiles come out the same: a neuron (or the readout, if it is the sum that the Output
gets) hears sources, each through weights of its own. Identity nodes are folded away, and so are
weights of 0 that only hold the graph together. Layers stand in the order in which the edges first
reach them, the sources of a layer in the order of its edges.

Sources: nir 1.0.8 `nir/ir/graph.py` (edges into a node are summed, files keep their order).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nir
import numpy as np

from export.hdf5 import text
from export.nir import hints
from export.nir.neuron import DT, ROUNDING, Neuron
from realsam.arrays import F32, I64
from realsam.errors import ExportError
from realsam.limits import STEPS_PER_TOKEN_MAX

WEIGHTS = nir.Linear | nir.Affine
NEURONS = nir.LIF | nir.CubaLIF | nir.LI | nir.CubaLI


@dataclass(frozen=True, eq=False)
class Edge:
    """All synapses from one source to one layer, in units of weights."""

    source: str
    weight: F32  # [N, M]
    bias: F32  # [N]
    delay: I64 | None  # [M] steps of a Delay node; None: there is none
    hints: dict[str, Any]

    @property
    def weight_exp(self) -> int:
        """The exponent that the weights contain."""
        return int(self.hints.get(hints.EXPONENT, 0))

    @property
    def projection(self) -> int | None:
        """Which projection of the network it belongs to, if the file says so."""
        return int(self.hints[hints.PROJECTION]) if hints.PROJECTION in self.hints else None


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """A population in the numbers of its file."""

    name: str
    node: str  # its name in the file
    neuron: Neuron | None  # None: a readout that is a sum
    depth: int  # chip step in which it plays step 0
    edges: tuple[Edge, ...]

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.edges[0].bias)


@dataclass(frozen=True, eq=False)
class FloatNetwork:
    """A NIR file."""

    input: str
    n_lines: int
    message_bits: int
    layers: tuple[FloatLayer, ...]
    readout: str
    steps_per_token: int
    always_on: str | None  # population whose spikes are biases of the file
    digest: str | None


def read_graph(path: Path) -> FloatNetwork:
    """Read a NIR file; call it under `export.hdf5.guarded`, for nir fails in many ways.

    Raises:
        ExportError: naming the node that has no place in a Network.
    """
    graph = nir.read(path)
    steps = int(graph.metadata.get(hints.STEPS, 1))
    if not 1 <= steps <= STEPS_PER_TOKEN_MAX:
        raise ExportError(
            f"{hints.STEPS} = {steps} is outside 1..{STEPS_PER_TOKEN_MAX}",
            "correct the metadata of the graph",
        )
    reader = _Reader(graph.nodes, graph.edges)
    lines, output = reader.only(nir.Input), reader.only(nir.Output)
    readout = reader.readout(output)
    return FloatNetwork(
        reader.name(lines),
        int(np.prod(graph.nodes[lines].input_type["input"])),
        int(graph.nodes[lines].metadata.get(hints.BITS, 0)),
        reader.layers(readout),
        reader.name(readout),
        steps,
        _told(graph.metadata, hints.ALWAYS_ON),
        _told(graph.metadata, hints.DIGEST),
    )


def _told(metadata: dict[str, Any], key: str) -> str | None:
    return text(metadata[key]) if key in metadata else None


@dataclass(frozen=True, eq=False)
class _Reader:
    """Walks the edges of a graph backwards."""

    nodes: dict[str, nir.NIRNode]
    edges: list[tuple[str, str]]

    def only(self, kind: type[nir.NIRNode]) -> str:
        """Name of the one node of a kind."""
        found = [name for name, node in self.nodes.items() if isinstance(node, kind)]
        if len(found) != 1:
            raise ExportError(
                f"{len(found)} {kind.__name__} nodes: {', '.join(found)}", "give the graph one"
            )
        return found[0]

    def name(self, node: str) -> str:
        """Name of the population that a node is."""
        return _told(self.nodes[node].metadata, hints.NAME) or node

    def readout(self, output: str) -> str:
        """The node that the Output gets: a neuron, an identity that sums, or the Output itself."""
        into = self._into(output)
        if len(into) == 1 and (isinstance(self.nodes[into[0]], NEURONS) or self._is_sum(into[0])):
            return into[0]
        return output

    def layers(self, readout: str) -> tuple[FloatLayer, ...]:
        """Neurons, and the readout if it is a sum."""
        known = nir.Input | nir.Output | nir.Delay | WEIGHTS | NEURONS
        for name, node in self.nodes.items():
            if not isinstance(node, known):
                raise ExportError(
                    f"{name}: node type {type(node).__name__} cannot be read",
                    "build the network of Linear, Affine, Delay, LIF, CubaLIF, LI and CubaLI nodes",
                )
        reached = dict.fromkeys(target for _, target in self.edges)
        names = [n for n in reached if n == readout or isinstance(self.nodes[n], NEURONS)]
        return tuple(self._layer(name, place) for place, name in enumerate(names, 1))

    def _layer(self, name: str, place: int) -> FloatLayer:
        node = self.nodes[name]
        neuron = node if isinstance(node, NEURONS) else None
        depth = int(node.metadata.get(hints.DEPTH, place))
        return FloatLayer(self.name(name), name, neuron, depth, self._heard(name))

    def _heard(self, layer: str) -> tuple[Edge, ...]:
        edges = []
        for name in self._into(layer):
            if self._is_sum(name):
                self._refuse_mixing(name)
                edges += [self._edge(weights, layer) for weights in self._into(name)]
            else:
                edges.append(self._edge(name, layer))
        return tuple(edges)

    def _edge(self, name: str, layer: str) -> Edge:
        node, into = self.nodes[name], self._into(name)
        if not isinstance(node, WEIGHTS) or node.weight.ndim != 2:
            raise ExportError(
                f"{name}: feeds {layer} without a weight matrix", "put a Linear node between them"
            )
        delay = None
        if len(into) == 1 and isinstance(self.nodes[into[0]], nir.Delay):
            delay = _steps(into[0], self.nodes[into[0]])
            into = self._into(into[0])
        if len(into) != 1 or isinstance(self.nodes[into[0]], WEIGHTS | nir.Delay):
            raise ExportError(
                f"{name}: hears {', '.join(into)}, not one population",
                "give every connection a Linear node of its own",
            )
        if isinstance(self.nodes[into[0]], nir.LI | nir.CubaLI):
            raise ExportError(
                f"{name}: hears {into[0]}, a node without spikes",
                "only an Output can read voltages",
            )
        bias = node.bias if isinstance(node, nir.Affine) else np.zeros(len(node.weight), np.float32)
        return Edge(self.name(into[0]), node.weight, bias, delay, node.metadata)

    def _into(self, name: str) -> list[str]:
        return [source for source, target in self.edges if target == name]

    def _is_sum(self, name: str) -> bool:
        """True if a node with weights adds up other nodes with weights."""
        return all(isinstance(self.nodes[n], WEIGHTS) for n in (name, *self._into(name)))

    def _refuse_mixing(self, name: str) -> None:
        node = self.nodes[name]
        identity = isinstance(node, nir.Linear) and node.weight.shape == (len(node.weight),) * 2
        if not identity or np.any(node.weight != np.eye(len(node.weight))):
            raise ExportError(
                f"{name}: weights behind weights are not the identity",
                "multiply them into one Linear node",
            )


def _steps(name: str, node: nir.Delay) -> I64:
    """[M] steps of the file that a Delay node takes."""
    steps = np.rint(np.asarray(node.delay, np.float64) / DT)
    if not np.allclose(node.delay, steps * DT, rtol=ROUNDING, atol=0):
        raise ExportError(
            f"{name}: its delay is no whole number of steps of {DT:g} s",
            "quantize the network first",
        )
    return steps.astype(np.int64)
