"""Small NIR files as other programs write them."""

from itertools import pairwise
from pathlib import Path

import nir
import numpy as np

from realsam.arrays import F64

DT = 1e-4


def lif(size: int | tuple[int, ...], tau: float = 32 * DT, threshold: float = 37) -> nir.LIF:
    """Neurons whose input counts in full."""
    ones = np.ones(size)
    return nir.LIF(
        tau=tau * ones,
        r=tau / DT * ones,
        v_leak=0 * ones,
        v_threshold=threshold * ones,
        v_reset=0 * ones,
    )


def integers(n: int, m: int, seed: int = 0) -> F64:
    """Weights that need no rounding."""
    return np.random.default_rng(seed).integers(-60, 61, (n, m)).astype(np.float64)


def chain(**nodes: nir.NIRNode) -> nir.NIRGraph:
    """Nodes one after another."""
    names = list(nodes)
    return graph(nodes, list(pairwise(names)))


def graph(nodes: dict[str, nir.NIRNode], edges: list[tuple[str, str]]) -> nir.NIRGraph:
    """Nodes and edges, right or wrong."""
    return nir.NIRGraph(nodes, edges, type_check=False)


def small(**nodes: nir.NIRNode) -> nir.NIRGraph:
    """Two lines to three neurons; nodes may be replaced."""
    parts: dict[str, nir.NIRNode] = {
        "input": nir.Input(np.array([2])),
        "w": nir.Linear(integers(3, 2)),
        "a": lif(3),
        "output": nir.Output(np.array([3])),
    }
    return chain(**parts | nodes)


def written(given: nir.NIRGraph, folder: Path) -> Path:
    """The file of a graph."""
    nir.write(folder / "n.nir", given)
    return folder / "n.nir"


def integrate(size: int | tuple[int, ...], threshold: float = 97) -> nir.IF:
    """Neurons without leak."""
    ones = np.ones(size)
    return nir.IF(r=ones / DT, v_threshold=threshold * ones, v_reset=0 * ones)
