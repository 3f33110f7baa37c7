"""Network -> NIR, in two profiles.

"spec" writes what the standard intends: LIF nodes with exact thresholds (CubaLIF where a current
has memory), a Linear (with a bias, an Affine) per connection, edges that close loops, Delay nodes.
"portable" writes what today's importers run spike for spike alike: CubaLIF, thresholds half a
voltage step higher, an identity Linear in every loop and in front of the Output, no Delay.

    layer hears      spec                                         portable
    an earlier one   layer1 layer1_to_layer2 layer2               the same
    ... two steps later  layer1 (Delay) layer1_to_layer2 layer2   refused
    itself           layer1 layer1_to_layer1 layer1               ... layer1_loop layer1
    the readout      layer1 layer1_to_readout readout (Output)    ... readout (Linear) output

A readout that spikes feeds the Output with its spikes, one that has memory alone is an LI. A
population without input, or one that nobody hears, has weights of 0 from the input, or from itself:
NIR takes others for inputs and outputs. A population `always_on` becomes biases.

Weights are float32 with the weight exponent multiplied in, neuron values float64. Metadata is that
of `export.nir.hints`.

Sources: nir 1.0.8 `nir/serialization.py`; traits of importers: snnTorch 1.0.0 `import_nir.py`
(turns a neuron and a node in a two-node loop into something else), SpikingJelly 2.0.0 (spikes at
the threshold), Norse 1.1.0 (ignores r of LIF).
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

from export.hdf5 import put, written
from export.nir import hints
from export.nir.neuron import DT, Profile, bias_leaks, to_neuron
from export.nir.read import from_nir
from export.nir.rules import Plan, plan, refuse_inexact
from realsam.arrays import F32, F64, I64
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Lif, Network, Sparse

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def to_nir(network: Network, path: Path, profile: Profile = "portable") -> None:
    """Write a network as a NIR file that `from_nir` reads back to the last register.

    Raises:
        ExportError: naming what NIR cannot hold.
        BundleError: if the file cannot be written.
    """
    graph = to_graph(network, profile).to_dict()
    with written(path) as partial:
        with h5py.File(partial, "w") as file:
            # The tree of nir.write, packed a quarter smaller.
            put(file, "version", nir.version)
            _write_group(file.create_group("node"), graph)
        from_nir(partial)  # compares the digest: a wrong file never replaces a right one


def to_graph(network: Network, profile: Profile = "portable") -> nir.NIRGraph:
    """The NIR graph of a network.

    Raises:
        ExportError: naming what NIR, or its portable profile, cannot hold.
    """
    return _Writer(plan(network, profile), profile).graph()


class _Writer:
    """Collects nodes, and edges in the order of populations and of what they hear."""

    def __init__(self, found: Plan, profile: Profile) -> None:
        self._plan, self._network, self._profile = found, found.network, profile
        self._name = node_names([found.network.input.name, *(p.name for p in found.populations)])
        self._nodes: dict[str, nir.NIRNode] = {}
        self._edges: list[tuple[str, str]] = []

    def graph(self) -> nir.NIRGraph:
        """The whole graph."""
        lines = self._network.input
        graded = {hints.BITS: lines.message_bits} if lines.message_bits else {}
        self._add(lines.name, nir.Input(np.array([lines.size])), graded)
        for place, lif in enumerate(self._plan.populations, 1):
            self._add_population(lif, place)
        self._hold_together()
        metadata = {hints.STEPS: self._network.steps_per_token, hints.DIGEST: self._network.digest}
        if self._plan.always_on is not None:
            metadata[hints.ALWAYS_ON] = self._plan.always_on
        return nir.NIRGraph(self._nodes, self._edges, metadata=metadata)

    def _add(self, name: str, node: nir.NIRNode, told: dict[str, int]) -> None:
        """Add the node of the input or of a population."""
        node.metadata |= told
        if self._name[name] != name:
            node.metadata[hints.NAME] = name
        self._nodes[self._name[name]] = node

    def _add_population(self, lif: Lif, place: int) -> None:
        """Add a population and everything that it hears."""
        depth = self._plan.depth[lif.name]
        self._add(lif.name, self._node(lif), {} if depth == place else {hints.DEPTH: depth})
        heard = self._plan.into[lif.name]
        bias, integers = self._bias(lif)
        # A loop may stand still in the first step of a simulator, a bias must not.
        bearer = next((c for c in heard if not c.closes_loop), None)
        for c in heard:
            q = self._network.projections[c.projection]
            weight = q.matrix[:, c.columns].astype(np.float32) * np.float32(2.0**q.weight_exp)
            told = {hints.EXPONENT: q.weight_exp} if q.weight_exp else {}
            told |= {hints.PROJECTION: c.projection} if self._plan.is_numbered else {}
            told |= {hints.LIST: 1} if isinstance(q.weight, Sparse) else {}
            carried = (bias, told | integers) if c is bearer else (None, told)
            delay = c.lag if c.needs_delay else None
            self._connect(c.source, lif.name, _weights(weight, *carried), delay, c.closes_loop)
        if not heard or (bearer is None and bias is not None):
            lines = self._network.input.name
            self._connect(lines, lif.name, self._nothing(lines, lif.name, bias, integers))
        node = self._name[lif.name]
        if lif.name == self._network.readout and not isinstance(self._nodes[node], nir.Output):
            self._edges.append((node, self._put("output", _output(lif))))

    def _node(self, lif: Lif) -> nir.NIRNode:
        kind = self._plan.kind[lif.name]
        if kind != "sum":
            steps = self._network.steps_per_token
            return to_neuron(lif, steps, self._profile, spiking=kind == "spiking")
        return _identity(lif.size) if self._profile == "portable" else _output(lif)

    def _bias(self, lif: Lif) -> tuple[F64 | None, dict[str, Any]]:
        """[N] what a population gets in every step, if anything, and the integers in it."""
        terms = self._plan.constants[lif.name]
        projections = [self._network.projections[c.projection] for c in terms]
        total: F64 = lif.bias / (1 << STATE_SHIFT) * (not bias_leaks(lif))
        for q in projections:
            total = total + q.matrix[:, 0] * 2.0**q.weight_exp
        refuse_inexact(lif.name, total)
        if not terms:
            return (total if total.any() else None), {}
        integers = {
            hints.WEIGHTS: np.stack([q.matrix[:, 0] for q in projections]),
            hints.EXPONENTS: np.array([q.weight_exp for q in projections]),
            hints.PROJECTIONS: np.array([c.projection for c in terms]),
        }
        return total, {hints.CONSTANT: integers}

    def _nothing(
        self, source: str, target: str, bias: F64 | None, integers: dict[str, Any]
    ) -> nir.NIRNode:
        """Weights of 0 that hold the graph together, and the bias of what hears no other."""
        weight = np.zeros([self._network.sizes[name] for name in (target, source)], np.float32)
        return _weights(weight, bias, {**integers, hints.PROJECTION: hints.NO_PROJECTION})

    def _connect(
        self,
        source: str,
        target: str,
        weights: nir.NIRNode,
        delay: I64 | None = None,
        back: bool = False,
    ) -> None:
        """Lead an edge from population to population, through what its time takes."""
        ends = self._name[source], self._name[target]
        names = [self._put("_to_".join(ends), weights)]
        if delay is not None:
            names.insert(0, self._put(f"{names[0]}_delay", nir.Delay(delay * DT)))
        elif back and self._profile == "portable":
            names.append(self._put(f"{ends[1]}_loop", _identity(len(weights.weight))))
        self._edges += pairwise([ends[0], *names, ends[1]])

    def _hold_together(self) -> None:
        """Lead weights of 0 from what feeds nothing: from a population back to itself."""
        fed = {source for source, _ in self._edges}
        for name, node in self._name.items():
            if node not in fed and not isinstance(self._nodes[node], nir.Output):
                lines = name == self._network.input.name
                target = self._plan.populations[0].name if lines else name
                nothing = self._nothing(name, target, None, {})
                self._connect(name, target, nothing, back=not lines)

    def _put(self, name: str, node: nir.NIRNode) -> str:
        while name in self._nodes or name in self._name.values():
            name += "_"
        self._nodes[name] = node
        return name


def node_names(names: list[str]) -> dict[str, str]:
    """Names that simulators can make attributes of: letters, digits and _, no digit first."""
    taken = {name for name in names if _NAME.fullmatch(name)}
    found = {}
    for name in names:
        usable = name
        if name not in taken:
            usable = re.sub("[^A-Za-z0-9_]", "_", name)
            usable = f"_{usable}" if usable[0].isdigit() else usable
            while usable in taken:
                usable += "_"
            taken.add(usable)
        found[name] = usable
    return found


def _weights(weight: F32, bias: F64 | None, told: dict[str, Any]) -> nir.NIRNode:
    if bias is None:
        return nir.Linear(np.ascontiguousarray(weight), metadata=told)
    return nir.Affine(np.ascontiguousarray(weight), bias.astype(np.float32), metadata=told)


def _identity(size: int) -> nir.Linear:
    return nir.Linear(np.eye(size, dtype=np.float32))


def _output(lif: Lif) -> nir.Output:
    return nir.Output(np.array([lif.size]))


def _write_group(group: h5py.Group, node: dict[str, Any]) -> None:
    for key, value in node.items():
        if isinstance(value, dict):
            if value or key != "metadata":
                _write_group(group.create_group(key), value)
        else:
            put(group, key, value)
