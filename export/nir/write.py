"""Network -> NIR, in two profiles.

"spec" writes what the standard intends: LIF nodes with exact thresholds, a Linear (with a bias, an
Affine) per connection, edges that close loops. "portable" adds what today's importers need to run
it spike for spike alike: CubaLIF, thresholds half a voltage step higher, an identity Linear in
every loop and in front of the Output.

    layer hears      spec                                         portable
    an earlier one   layer1 layer1_to_layer2 layer2               the same
    itself           layer1 layer1_to_layer1 layer1               ... layer1_loop layer1
    the readout      layer1 layer1_to_readout readout (Output)    ... readout (Linear) output

Weights are float32 with the weight exponent multiplied in, neuron values float64. Metadata holds
steps_per_token, once more the registers dv and weight_exp as integers, and the digest of it all.

Sources: nir 1.0.8 `nir/serialization.py`; traits of importers: snnTorch 1.0.0 `import_nir.py`
(turns a neuron and a node in a two-node loop into something else), SpikingJelly 2.0.0 (spikes at
the threshold), Norse 1.1.0 (ignores r of LIF).
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

from export.hdf5 import put, written
from export.nir.graph import DIGEST, EXPONENT, STEPS
from export.nir.neuron import Profile, to_neuron
from export.nir.read import from_nir
from export.nir.rules import as_layers
from realsam.arrays import F32, F64
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Lif, Network, Projection


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
        ExportError: naming what NIR cannot hold.
    """
    writer = _Writer(network, profile)
    for lif, projection in as_layers(network):
        writer.add(lif, projection)
    metadata = {STEPS: network.steps_per_token, DIGEST: network.digest}
    return nir.NIRGraph(writer.nodes, writer.edges, metadata=metadata)


class _Writer:
    """Collects nodes, and edges in the order of layers and of their sources."""

    def __init__(self, network: Network, profile: Profile) -> None:
        self._network = network
        self._profile = profile
        self._order = list(network.sizes)
        lines = network.input
        self.nodes: dict[str, nir.NIRNode] = {lines.name: nir.Input(np.array([lines.size]))}
        self.edges: list[tuple[str, str]] = []

    def add(self, lif: Lif, projection: Projection) -> None:
        """Add a population and everything that it hears."""
        weight = projection.matrix.astype(np.float32) * np.float32(2.0**projection.weight_exp)
        widths = [self._network.sizes[source] for source in projection.sources]
        blocks = np.hsplit(weight, np.cumsum(widths)[:-1])
        bias: F64 | None = lif.bias / (1 << STATE_SHIFT) if lif.bias.any() else None
        self._add_target(lif)
        for source, block in zip(projection.sources, blocks, strict=True):
            node = self._weights(block, bias, projection.weight_exp)
            names = [self._put(f"{source}_to_{lif.name}", node)]
            if self._profile == "portable" and self._closes_loop(source, lif.name):
                names.append(self._put(f"{lif.name}_loop", _identity(lif.size)))
            self._connect(source, *names, lif.name)
            bias = None  # one of the connections has it
        if lif.name == self._network.readout and self._profile == "portable":
            output = nir.Output(np.array([lif.size]))
            self._connect(lif.name, self._put("output", output))

    def _add_target(self, lif: Lif) -> None:
        if lif.name != self._network.readout:
            self.nodes[lif.name] = to_neuron(lif, self._network.steps_per_token, self._profile)
        elif self._profile == "portable":
            self.nodes[lif.name] = _identity(lif.size)
        else:
            self.nodes[lif.name] = nir.Output(np.array([lif.size]))

    def _weights(self, block: F32, bias: F64 | None, exponent: int) -> nir.NIRNode:
        hint = {EXPONENT: exponent} if exponent else {}
        if bias is None:
            return nir.Linear(np.ascontiguousarray(block), metadata=hint)
        return nir.Affine(np.ascontiguousarray(block), bias.astype(np.float32), metadata=hint)

    def _closes_loop(self, source: str, target: str) -> bool:
        return self._order.index(source) >= self._order.index(target)

    def _put(self, name: str, node: nir.NIRNode) -> str:
        while name in self.nodes or name in self._order:
            name += "_"
        self.nodes[name] = node
        return name

    def _connect(self, *names: str) -> None:
        self.edges += pairwise(names)


def _identity(size: int) -> nir.Linear:
    return nir.Linear(np.eye(size, dtype=np.float32))


def _write_group(group: h5py.Group, node: dict[str, Any]) -> None:
    for key, value in node.items():
        if isinstance(value, dict):
            if value or key != "metadata":
                _write_group(group.create_group(key), value)
        else:
            put(group, key, value)
