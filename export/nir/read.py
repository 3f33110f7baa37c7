"""NIR -> Network, for files whose numbers are integers already: ours, in either profile.

Every register follows from the numbers of the nodes, every delay from depths and Delay nodes;
hints in the metadata only decide where those do not, and must agree. Lacks: quantization, so files
of other programs are refused by the first number that no register holds.
"""

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from export.hdf5 import BEYOND, guarded
from export.nir import hints
from export.nir.graph import Edge, FloatLayer, FloatNetwork, read_graph
from export.nir.neuron import bias_leaks, from_neuron
from export.quantize.always_on import always_on
from realsam.arrays import F64, I16, I64
from realsam.errors import ExportError
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Input, Lif, Network, Projection, as_list
from realsam.ir import readout as sum_of

_Key: TypeAlias = tuple[int, int]  # order of projections: number, or place of target and exponent


def from_nir(path: Path) -> Network:
    """Read a NIR file that `to_nir` wrote.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that a Network cannot hold.
    """
    with guarded(path, "NIR"):
        read = read_graph(path)
        network = _Integers(read).network()
        if read.digest not in (None, network.digest):
            raise ExportError(
                "its numbers contradict the digest in its metadata",
                "copy or export it again, or remove the metadata if it was changed on purpose",
            )
        return network


class _Integers:
    """Takes the numbers of a file back to registers."""

    def __init__(self, read: FloatNetwork) -> None:
        self._read = read
        self._depth = {read.input: 0} | {layer.name: layer.depth for layer in read.layers}
        self._place = {name: place for place, name in enumerate(self._depth)}

    def network(self) -> Network:
        """The whole network."""
        read = self._read
        populations, projections = [], list[tuple[_Key, Projection]]()
        for layer in read.layers:
            constants = self._constants(layer)
            populations.append(self._population(layer, [q for _, q in constants]))
            projections += self._projections(layer) + constants
        in_order = [q for _, q in sorted(projections, key=lambda numbered: numbered[0])]
        if read.always_on is not None:
            clock, loops = always_on(read.always_on, read.steps_per_token)
            populations, in_order = [clock, *populations], [*loops, *in_order]
        return Network(
            Input(read.input, read.n_lines, read.message_bits),
            tuple(populations),
            tuple(in_order),
            read.readout,
            read.steps_per_token,
            self._depth[read.readout] % read.steps_per_token,
        )

    def _population(self, layer: FloatLayer, constants: list[Projection]) -> Lif:
        given: F64 = np.sum([edge.bias for edge in layer.edges], axis=0, dtype=np.float64)
        for q in constants:
            given = given - q.matrix[:, 0] * 2.0**q.weight_exp
        bias = _whole(f"{layer.name}: its bias", given * (1 << STATE_SHIFT))
        if layer.neuron is None:
            return replace(sum_of(layer.name, len(bias)), bias=bias)
        lif = from_neuron(layer.name, layer.node, layer.neuron, self._read.steps_per_token)
        if bias.any() and (bias_leaks(lif) or self._read.steps_per_token > 1):
            raise ExportError(
                f"{layer.name}: its bias acts on a current with memory, or within a token",
                "leave the bias out, or quantize the network first",
            )
        return replace(lif, bias=lif.bias + bias)

    def _constants(self, layer: FloatLayer) -> list[tuple[_Key, Projection]]:
        """What the biases of a layer hold of the spikes of a neuron that is always on."""
        found = []
        for told in (e.hints[hints.CONSTANT] for e in layer.edges if hints.CONSTANT in e.hints):
            terms = (told[key] for key in (hints.WEIGHTS, hints.EXPONENTS, hints.PROJECTIONS))
            for weight, exponent, j in zip(*terms, strict=True):
                q = Projection(
                    layer.name,
                    (str(self._read.always_on),),
                    weight[:, None],
                    np.array([layer.depth - 1]),
                    exponent,
                )
                found.append(((int(j), 0), q))
        return found

    def _projections(self, layer: FloatLayer) -> list[tuple[_Key, Projection]]:
        """The weights of a layer, joined by what the file says, else by their exponents."""
        groups: dict[_Key, list[Edge]] = {}
        exponents: dict[int, int] = {}
        for edge in layer.edges:
            place = exponents.setdefault(edge.weight_exp, len(exponents))
            told = edge.projection
            if told != hints.NO_PROJECTION:
                key = (self._place[layer.name], place) if told is None else (told, 0)
                groups.setdefault(key, []).append(edge)
            elif edge.weight.any():
                raise ExportError(
                    f"{layer.name}: metadata {hints.PROJECTION} = {told} contradicts its weights",
                    "remove the metadata if the weights are right",
                )
        return [(key, self._projection(layer, edges)) for key, edges in groups.items()]

    def _projection(self, layer: FloatLayer, edges: list[Edge]) -> Projection:
        exponent, *others = {edge.weight_exp for edge in edges}
        if others:
            raise ExportError(
                f"{layer.name}: its connections have different weight exponents",
                "remove the metadata and quantize the network first",
            )
        delay = np.concatenate([self._delay(layer.name, edge) for edge in edges])
        sources = tuple(edge.source for edge in edges)
        matrix = _weight(layer.name, edges)
        listed = any(hints.LIST in edge.hints for edge in edges)
        weight = as_list(matrix) if listed else matrix
        return Projection(layer.name, sources, weight, delay, exponent)

    def _delay(self, target: str, edge: Edge) -> I64:
        """[M] delays: what brings a spike to its target in the right step of the file."""
        rank = {name: (self._depth[name], self._place[name]) for name in (edge.source, target)}
        lag = int(rank[edge.source] >= rank[target]) if edge.delay is None else edge.delay
        steps = lag * self._read.steps_per_token + self._depth[target] - self._depth[edge.source]
        return np.broadcast_to(steps - 1, edge.weight.shape[1])


def _weight(target: str, edges: list[Edge]) -> I16:
    """[N, M] weights of all edges without their exponent; Projection checks their range."""
    stored = np.hstack([edge.weight.astype(np.float64) for edge in edges])
    whole = _whole(f"{target}: a weight into it", stored * 2.0 ** -edges[0].weight_exp)
    # Numbers beyond 16 bits stay wrong when clipped.
    return np.clip(whole, -(2**15), 2**15 - 1).astype(np.int16)


def _whole(what: str, values: F64) -> I64:
    whole = np.rint(values)
    if not np.array_equal(whole, values):
        raise ExportError(f"{what} is not an integer", "quantize the network first")
    return np.clip(whole, -BEYOND, BEYOND).astype(np.int64)  # infinity stays out of range
