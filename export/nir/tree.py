"""A NIR file -> one flat graph of checked nodes.

Subgraphs are laid out: node `x` of subgraph `g` becomes `g.x`, the ends of a subgraph pass on
what comes in. Edges must lead from a node to a node, once.

Sources: nir 1.0.8 `nir/serialization.py` (tree), `nir/ir/graph.py` (edges into a node are summed).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import h5py

from export.hdf5 import shown, text, word
from export.nir.nodes import GRAPH, THROUGH, Node, read_node, refuse_name
from realsam.errors import BundleError, ExportError

_NESTED_MAX = 16  # subgraphs within subgraphs
_EDGES_MAX = 1 << 20
_NODES_MAX = 1 << 12
_VERSION = re.compile(r"[01](\.[0-9]{1,4}){1,3}([-+.]?[A-Za-z0-9.]{1,20})?", re.ASCII)
METADATA = ("digest", "steps_per_token")  # what our own files tell: a text and an integer


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, edges in the order of the file."""

    nodes: dict[str, Node]
    edges: list[tuple[str, str]]
    version: str


def is_ours(file: h5py.File) -> bool:
    """Whether a NIR file says, as `to_nir` does, that it holds registers."""
    found = file.get("node/metadata")
    if not isinstance(found, h5py.Group):
        return False
    told = [found.get(key) for key in METADATA]
    if not all(isinstance(value, h5py.Dataset) and value.shape == () for value in told):
        return False
    digest, steps = told
    return bool(h5py.check_string_dtype(digest.dtype)) and steps.dtype.kind in "iu"


def read_tree(path: Path) -> Graph:
    """Read a NIR file; call it under `export.hdf5.guarded`.

    Raises:
        BundleError: if the file is no NIR file, or of a version that is not known.
        ExportError: naming the node or the edge that is wrong.
    """
    with h5py.File(path, "r") as file:
        root = _group(file, "node", "the file")
        if word("the graph", root, "type") != GRAPH:
            raise BundleError("not a NIR file: its node is no NIRGraph", "give a NIR file")
        version = word("the file", file, "version")
        if not _VERSION.fullmatch(version):
            what = f"NIR version {shown(version)} is not known" if version else "no NIR version"
            raise BundleError(what, "export it with NIR 1.0.x")
        nodes: dict[str, Node] = {}
        edges: list[tuple[str, str]] = []
        _collect(root, "", nodes, edges, 0)
    return Graph(nodes, edges, version)


def _group(parent: h5py.Group, key: str, where: str) -> h5py.Group:
    if not isinstance(parent.get(key), h5py.Group):
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
        if len(nodes) == _NODES_MAX:
            raise ExportError(f"more than {_NODES_MAX:,} nodes", "cut the network")
        if name in nodes:
            raise ExportError(
                f"{shown(name)}: two nodes have this name once subgraphs are taken apart",
                "rename one of them",
            )
        child = _group(inner, key, where)
        if word(name, child, "type") == GRAPH:
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
        inner = graph["nodes"]
        named = [f"{name}.{key}" for key in inner if word(name, inner[key], "type") == kind]
        if len(named) != 1:
            raise ExportError(
                f"{name}: the subgraph has {len(named)} {kind} nodes", "give it exactly one"
            )
        found += named
    assert all(end in nodes for end in found)
    return found[0], found[1]


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
    if stored.size and h5py.check_string_dtype(stored.dtype) is None:
        raise ExportError(f"{where}: its edges are {stored.dtype}, not names", "export it again")
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
