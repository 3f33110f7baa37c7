"""A NIR file -> one flat graph of checked nodes.

Subgraphs are laid out: node `x` of subgraph `g` becomes `g.x`, the ends of a subgraph pass on
what comes in. Edges must lead from a node to a node, once.

Sources: nir 1.0.8 `nir/serialization.py` (tree), `nir/ir/graph.py` (edges into a node are summed).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import h5py

from export.hdf5 import text
from export.nir.nodes import GRAPH, THROUGH, Node, read_node, refuse_name, shown
from realsam.errors import BundleError, ExportError

_NESTED_MAX = 16  # subgraphs within subgraphs
_EDGES_MAX = 1 << 20
_VERSION = re.compile(r"(0|1)\.\d+(\.\d+)*.*")
METADATA = ("digest", "steps_per_token")  # what our own files tell


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, edges in the order of the file."""

    nodes: dict[str, Node]
    edges: list[tuple[str, str]]
    version: str


def is_ours(path: Path) -> bool:
    """Whether a NIR file says that it holds registers, which need no quantizing."""
    with h5py.File(path, "r") as file:
        found = file.get("node/metadata")
        return isinstance(found, h5py.Group) and any(key in found for key in METADATA)


def read_tree(path: Path) -> Graph:
    """Read a NIR file; call it under `export.hdf5.guarded`.

    Raises:
        BundleError: if the file is no NIR file, or of a version that is not known.
        ExportError: naming the node or the edge that is wrong.
    """
    with h5py.File(path, "r") as file:
        root = _group(file, "node", "the file")
        if "type" not in root or text(root["type"][()]) != GRAPH:
            raise BundleError("not a NIR file: its node is no NIRGraph", "give a NIR file")
        version = text(file["version"][()]) if "version" in file else "unknown"
        if not _VERSION.fullmatch(version):
            raise BundleError(
                f"NIR version {shown(version)} is not known", "export it with NIR 1.0.x"
            )
        nodes: dict[str, Node] = {}
        edges: list[tuple[str, str]] = []
        _collect(root, "", nodes, edges, 0)
    return Graph(nodes, edges, version)


def _group(parent: h5py.Group, key: str, where: str) -> h5py.Group:
    # Links could lead out of the file; graphs have no use for them.
    linked = key in parent and not isinstance(parent.get(key, getlink=True), h5py.HardLink)
    if key not in parent or linked or not isinstance(parent[key], h5py.Group):
        raise BundleError(f"not a NIR file: {where} has no group {shown(key)}", "give a NIR file")
    return parent[key]


def _collect(
    group: h5py.Group, prefix: str, nodes: dict[str, Node], edges: list[tuple[str, str]], deep: int
) -> None:
    """Add the nodes and edges of a graph, subgraphs included."""
    where = prefix.removesuffix(".") or "the graph"
    if deep > _NESTED_MAX:
        raise ExportError(f"{where[:99]}: more than {_NESTED_MAX} subgraphs deep", "flatten it")
    inner = _group(group, "nodes", where)
    ends: dict[str, tuple[str, str]] = {}  # of each node: where edges enter it and leave it
    for key in inner:
        name = prefix + key
        refuse_name(name)
        if name in nodes:
            raise ExportError(
                f"{shown(name)}: two nodes have this name once subgraphs are taken apart",
                "rename one of them",
            )
        child = _group(inner, key, where)
        if "type" in child and text(child["type"][()]) == GRAPH:
            _collect(child, f"{name}.", nodes, edges, deep + 1)
            ends[key] = _ends(name, child, nodes)
        else:
            node = read_node(name, child)
            nodes[name] = node
            ends[key] = (name, name)
    if prefix:
        for key in inner:
            node = nodes.get(prefix + key, Node("", ""))
            if node.kind in ("Input", "Output"):
                nodes[node.name] = Node(node.name, THROUGH, node.fields)
    _connect(group, where, ends, edges)


def _ends(name: str, graph: h5py.Group, nodes: dict[str, Node]) -> tuple[str, str]:
    found = []
    for kind in ("Input", "Output"):
        named = [f"{name}.{key}" for key in graph["nodes"] if _kind(graph["nodes"][key]) == kind]
        if len(named) != 1:
            raise ExportError(
                f"{name}: the subgraph has {len(named)} {kind} nodes", "give it exactly one"
            )
        found += named
    assert all(end in nodes for end in found)
    return found[0], found[1]


def _kind(group: h5py.Group) -> str:
    return text(group["type"][()])


def _connect(
    group: h5py.Group, where: str, ends: dict[str, tuple[str, str]], edges: list[tuple[str, str]]
) -> None:
    if "edges" not in group:
        raise ExportError(f"{where}: has no edges", "export the network again")
    stored = group["edges"]
    if not isinstance(stored, h5py.Dataset) or stored.size is None or stored.size > _EDGES_MAX:
        raise ExportError(f"{where}: its edges cannot be read", "export the network again")
    if stored.size and (stored.ndim != 2 or stored.shape[1] != 2):
        raise ExportError(f"{where}: its edges are {list(stored.shape)}, not [n, 2]", "export it")
    seen = set()
    for source, target in stored[()] if stored.size else ():
        pair = text(source), text(target)
        for end in pair:
            if end not in ends:
                raise ExportError(
                    f"{where}: the edge {shown(pair[0])} -> {shown(pair[1])} leads to no node: "
                    f"there is no {shown(end)}",
                    "mend the edges, or export the network again",
                )
        if pair in seen:
            raise ExportError(
                f"{where}: the edge {shown(pair[0])} -> {shown(pair[1])} stands there twice",
                "keep one of them",
            )
        seen.add(pair)
        edges.append((ends[pair[0]][1], ends[pair[1]][0]))
