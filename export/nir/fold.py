"""NIR graph -> FloatModel: chains of weights between neurons become one map each.

Sources: nir 1.0.8 `nir/ir/graph.py` (an edge passes on, edges into a node are summed).
"""

from math import prod
from pathlib import Path

import numpy as np

from export.hdf5 import guarded
from export.maps import Map, add, compose, dense, diagonal, is_diagonal
from export.nir.dynamics import (
    ResetKind,
    dynamics,
    refuse_apart,
    time_step,
    told_of_reset,
)
from export.nir.linear import WEIGHTED, Heard, refuse_extremes, weighted
from export.nir.nodes import SPIKING, STATEFUL, Node
from export.nir.shapes import Shapes
from export.nir.tree import Graph, read_tree
from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, FloatPopulation, Synapses
from realsam.arrays import F64
from realsam.errors import ExportError
from realsam.limits import DELAY_MAX

_LISTED = 8  # names in a note
_SIZE_MAX = 1 << 24  # lines or neurons of one node


def read_model(path: Path, dt: float | None = None, reset: ResetKind | None = None) -> FloatModel:
    """Read the NIR file of any program.

    Args:
        path: the file.
        dt: seconds per step; None: 1e-4, or 1 where nothing in the file has a unit of time.
        reset: what a spike does to the voltage; None: what the file tells, else to v_reset.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that has no form on the chip.
    """
    with guarded(path, "NIR"):
        return fold(read_tree(path), dt, reset)


def fold(graph: Graph, dt: float | None, reset: ResetKind | None) -> FloatModel:
    """The populations of a graph, and everything that each of them hears."""
    try:
        return _Folder(graph, dt, reset).model()
    except RecursionError as error:
        raise ExportError(
            "a chain of nodes between populations is too long", "multiply its weights"
        ) from error


class _Folder:
    """Walks the edges of a graph backwards; remembers what every node hears."""

    def __init__(self, graph: Graph, dt: float | None, reset: ResetKind | None) -> None:
        self._nodes = graph.nodes
        self._edges = graph.edges
        self._shapes = Shapes(graph)
        self._dt, notes = time_step(graph, dt)
        self._notes = list(notes)
        if not graph.version.startswith("1.0"):
            self._notes.append(f"written by NIR {graph.version}: read by the rules of 1.0.x")
        self._reset = reset
        self._untold: list[str] = []  # populations that would notice another reset
        self._delays: list[tuple[str, float, int]] = []
        self._heard: dict[str, Heard] = {}
        self._lines: dict[str, tuple[int, int]] = {}  # input node -> first line, lines
        first = 0
        for name, node in self._nodes.items():
            if node.kind == "Input":
                self._lines[name] = first, self._size(name)
                first += self._size(name)
        if not self._lines:
            raise ExportError("the graph has no Input node", "give it one")

    def model(self) -> FloatModel:
        """The whole graph."""
        readout, extra = self._readout()
        reached = dict.fromkeys(target for _, target in self._edges)
        names = [name for name in reached if self._nodes[name].kind in STATEFUL]
        populations = [self._population(self._nodes[name]) for name in names]
        if self._untold:
            listed = ", ".join(self._untold[:_LISTED]) + ", ..." * (len(self._untold) > _LISTED)
            self._notes.append(
                f"{listed}: no v_reset in the file, so that spikes reset to 0; some programs that "
                "leave it out subtract the threshold: say --reset zero or --reset subtract"
            )
        return FloatModel(
            tuple((name, size) for name, (_, size) in self._lines.items()),
            (*populations, *extra),
            readout,
            self._dt,
            tuple(self._notes),
            tuple(self._delays),
        )

    def _size(self, name: str) -> int:
        size = prod(self._shapes.given(name))
        if size > _SIZE_MAX:
            raise ExportError(
                f"{name}: {size:,} lines or neurons are more than {_SIZE_MAX:,}", "cut the layer"
            )
        return size

    def _readout(self) -> tuple[str, tuple[FloatPopulation, ...]]:
        """Name of the population that the first Output reads, and the readouts that are sums."""
        outputs = [node for node in self._nodes.values() if node.kind == "Output"]
        if not outputs:
            raise ExportError("the graph has no Output node", "give it one")
        if len(outputs) > 1:
            listed = ", ".join(node.name for node in outputs)
            self._notes.append(f"{len(outputs)} outputs ({listed}): the voltage of the first")
        readouts, extra = [], []
        for node in outputs:
            heard = self._into(node.name)
            name = self._plain(heard)
            if name is None:
                extra.append(self._sum(node, heard))
            readouts.append(name or node.name)
        return readouts[0], tuple(extra)

    def _plain(self, heard: Heard) -> str | None:
        """The population that an Output gets unchanged, if it is one."""
        if len(heard) != 1:
            return None
        ((source, lag), given) = next(iter(heard.items()))
        unchanged = is_diagonal(given) and bool(np.all(given.values == 1)) and lag == 0
        return source if unchanged and source not in (INPUT, ALWAYS_ON) else None

    def _sum(self, node: Node, heard: Heard) -> FloatPopulation:
        ones, zeros = np.ones(self._size(node.name)), np.zeros(self._size(node.name))
        inputs = self._synapses(node.name, heard, ones)
        return FloatPopulation(node.name, node.kind, ones, ones, None, zeros, inputs, zeros)

    def _population(self, node: Node) -> FloatPopulation:
        size = self._size(node.name)
        does = dynamics(node, size, self._dt)
        inputs = self._synapses(node.name, self._into(node.name), does.gain)
        if does.threshold is not None:
            if not told_of_reset(node, does.leak, self._reset):
                self._untold.append(node.name)
            largest = max((s.map.largest for s in inputs), default=0.0)
            refuse_apart(node.name, float(does.threshold.max()), largest)
        past = np.where(does.mix < 1, does.push, 0)  # a current with memory would delay it
        inputs = _pushed(inputs, does.push - past)
        return FloatPopulation(
            node.name, node.kind, does.leak, does.mix, does.threshold, does.offset, inputs, past
        )

    def _synapses(self, target: str, heard: Heard, gain: F64) -> tuple[Synapses, ...]:
        for source, _ in heard:
            if source in self._nodes and self._nodes[source].kind not in SPIKING:
                raise ExportError(
                    f"{target}: hears {source}, a {self._nodes[source].kind} node without spikes",
                    "only an Output can read voltages",
                )
        inputs = []
        for (source, lag), given in heard.items():
            inputs.append(Synapses(source, lag, given.scaled(gain)))
            refuse_extremes(target, inputs[-1].map)
        return tuple(inputs)

    def _into(self, name: str) -> Heard:
        """What a node gets: the sum of all edges into it."""
        parts: dict[tuple[str, int], list[Map]] = {}
        for source in self._shapes.into(name):
            for key, given in self._of(source).items():
                parts.setdefault(key, []).append(given)
        return {key: add(given) for key, given in parts.items()}

    def _of(self, name: str) -> Heard:
        """What a node gives, in spikes of populations and input lines."""
        if name not in self._heard:
            self._heard[name] = self._given(self._nodes[name])
        return self._heard[name]

    def _given(self, node: Node) -> Heard:
        if node.kind == "Input":
            first, size = self._lines[node.name]
            total = sum(n for _, n in self._lines.values())
            rows = np.arange(size)
            return {(INPUT, 0): Map((size, total), np.ones(size), rows, rows + first)}
        if node.kind in STATEFUL:
            return {(node.name, 0): diagonal(np.ones(self._size(node.name)))}
        heard = self._into(node.name)
        if node.kind == "Delay":
            return self._delayed(node, heard)
        if node.kind not in WEIGHTED:  # Through, Flatten, Output
            return heard
        channels = self._shapes.given(node.name)[0]
        return weighted(node, self._shapes.taken(node.name), channels, heard)

    def _delayed(self, node: Node, heard: Heard) -> Heard:
        size = self._size(node.name)
        wanted = np.broadcast_to(node.fields["delay"].astype(np.float64).ravel() / self._dt, size)
        if (longest := float(wanted.max(initial=0))) > DELAY_MAX + 1:
            raise ExportError(
                f"{node.name}: a delay of {longest:g} steps is longer than {DELAY_MAX + 1}",
                "use shorter delays, or a larger --dt",
            )
        steps = np.rint(wanted).astype(np.int64)
        delayed: Heard = {}
        for lag in np.unique(steps).tolist():
            some = np.flatnonzero(steps == lag)
            self._delays.append((node.name, float(wanted[some[0]]), lag))
            own = Map((size, size), np.ones(some.size), some, some)
            for (source, before), given in heard.items():
                key = (source, before + lag)
                known = [delayed[key]] if key in delayed else []
                delayed[key] = add([*known, compose(own, given)])
        return delayed


def _pushed(inputs: tuple[Synapses, ...], push: F64) -> tuple[Synapses, ...]:
    """Add volts of every step to the biases."""
    if not push.any():
        return inputs
    biases = [s.map for s in inputs if (s.source, s.lag) == (ALWAYS_ON, 0)]
    others = [s for s in inputs if (s.source, s.lag) != (ALWAYS_ON, 0)]
    return (*others, Synapses(ALWAYS_ON, 0, add([*biases, dense(push[:, None])])))
