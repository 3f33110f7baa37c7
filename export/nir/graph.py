"""NIR graph -> layers that hear each other, whatever nodes stand between them.

Both of our profiles come out the same: a neuron (or the readout, the sum that the Output gets)
hears sources, each through weights of its own. Identity nodes are folded away. Layers stand in the
order in which the edges first reach them, the sources of a layer in the order of its edges.

Sources: nir 1.0.8 `nir/ir/graph.py` (edges into a node are summed, files keep their order).
"""

from dataclasses import dataclass
from pathlib import Path

import nir
import numpy as np

from export.hdf5 import text
from export.nir.neuron import Neuron
from realsam.arrays import F32
from realsam.errors import ExportError
from realsam.limits import STEPS_PER_TOKEN_MAX

STEPS = "steps_per_token"  # the one metadata that is no hint: NIR knows no chip steps
DIGEST = "digest"  # hint: that of the Network
EXPONENT = "weight_exp"  # hint: the exponent that the weights of a node contain
WEIGHTS = nir.Linear | nir.Affine
NEURONS = nir.LIF | nir.CubaLIF


@dataclass(frozen=True, eq=False)
class Edge:
    """All synapses from one source to one layer, in units of weights."""

    source: str
    weight: F32  # [N, M]
    bias: F32  # [N]
    weight_exp: int


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """A population in the numbers of its file."""

    name: str
    neuron: Neuron | None  # None: the readout
    edges: tuple[Edge, ...]


@dataclass(frozen=True, eq=False)
class FloatNetwork:
    """A NIR file; layers[-1] is the readout."""

    input: str
    n_lines: int
    layers: tuple[FloatLayer, ...]
    steps_per_token: int
    digest: str | None


def read_graph(path: Path) -> FloatNetwork:
    """Read a NIR file; call it under `export.hdf5.guarded`, for nir fails in many ways.

    Raises:
        ExportError: naming the node that has no place in a layered network.
    """
    graph = nir.read(path)
    steps = int(graph.metadata.get(STEPS, 1))
    if not 1 <= steps <= STEPS_PER_TOKEN_MAX:
        raise ExportError(
            f"{STEPS} = {steps} is outside 1..{STEPS_PER_TOKEN_MAX}",
            "correct the metadata of the graph",
        )
    digest = text(graph.metadata[DIGEST]) if DIGEST in graph.metadata else None
    lines, layers = _Reader(graph.nodes, graph.edges).layers()
    size = int(np.prod(graph.nodes[lines].input_type["input"]))
    return FloatNetwork(lines, size, layers, steps, digest)


@dataclass(frozen=True, eq=False)
class _Reader:
    """Walks the edges of a graph backwards."""

    nodes: dict[str, nir.NIRNode]
    edges: list[tuple[str, str]]

    def layers(self) -> tuple[str, tuple[FloatLayer, ...]]:
        """Name of the input, and the layers with the readout last."""
        known = nir.Input | nir.Output | WEIGHTS | NEURONS
        for name, node in self.nodes.items():
            if not isinstance(node, known):
                raise ExportError(
                    f"{name}: node type {type(node).__name__} cannot be read",
                    "build the network of Linear, Affine, LIF and CubaLIF nodes",
                )
        lines, output = self._only(nir.Input), self._only(nir.Output)
        reached = dict.fromkeys(target for _, target in self.edges)
        neurons = [name for name in reached if isinstance(self.nodes[name], NEURONS)]
        layers = [FloatLayer(name, self.nodes[name], self._heard(name)) for name in neurons]
        return lines, (*layers, self._readout(output))

    def _only(self, kind: type[nir.NIRNode]) -> str:
        found = [name for name, node in self.nodes.items() if isinstance(node, kind)]
        if len(found) != 1:
            raise ExportError(
                f"{len(found)} {kind.__name__} nodes: {', '.join(found)}", "give the graph one"
            )
        return found[0]

    def _readout(self, output: str) -> FloatLayer:
        """The sum that the Output gets; it bears the name of the identity in front, if any."""
        into = self._into(output)
        name = into[0] if len(into) == 1 and self._is_sum(into[0]) else output
        return FloatLayer(name, None, self._heard(output))

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
        if len(into) != 1 or isinstance(self.nodes[into[0]], WEIGHTS):
            raise ExportError(
                f"{name}: hears {', '.join(into)}, not one population",
                "give every connection a Linear node of its own",
            )
        bias = node.bias if isinstance(node, nir.Affine) else np.zeros(len(node.weight), np.float32)
        return Edge(into[0], node.weight, bias, int(node.metadata.get(EXPONENT, 0)))

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
