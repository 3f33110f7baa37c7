"""Small sketches and memories, drawn at random, and slow counts to compare with."""

from collections import defaultdict

import numpy as np
from hypothesis import strategies as st

from realsam.ir import Sparse
from realsam.mapping import Layout, Memory, Sketch, from_network, from_shape, memory_of
from realsam.mapping.sketch import Link
from realsam.mapping.traffic import Spikes
from tests import strategies


def sparse(rng: np.random.Generator) -> Sketch:
    """Populations of 1 to 40 neurons, a third of all pairs linked, from empty to dense."""
    sizes = {f"p{i}": int(rng.integers(1, 41)) for i in range(rng.integers(1, 8))}
    lines = ("in", int(rng.integers(1, 20)))
    links = []
    for source, m in (dict([lines]) | sizes).items():
        for target, n in sizes.items():
            if rng.random() < 0.35:
                weight = (rng.random((n, m)) < rng.choice([0, 0.02, 0.5, 1])).astype(np.int16) * 2
                given = None if rng.random() < 0.2 else weight
                links.append(Link(source, target, m, n, bool(rng.random() < 0.5), given))
    return Sketch("drawn", lines, sizes, tuple(links))


def sketch(seed: int) -> Sketch:
    """A sketch of one of several kinds."""
    rng = np.random.default_rng(seed)
    if seed % 4 == 0:
        return from_network(strategies.network(rng))
    if seed % 4 == 1:
        return from_shape(int(rng.integers(1, 4)), int(rng.integers(1, 30)))
    return sparse(rng)


def small_memory(seed: int) -> Memory:
    """Cores so small that these sketches need many, on chips of a few cores."""
    rng = np.random.default_rng(seed)
    given = {"cores": int(rng.integers(1, 9)), "core_bytes": int(rng.integers(3000, 9000))}
    if rng.random() < 0.5:
        given |= {"neurons": int(rng.integers(1, 30)), "in_axons": 700, "out_axons": 3000}
    return memory_of(str(rng.choice(["loihi1", "loihi2"]))).replaced(given)


def spikes(seed: int, of: Sketch) -> Spikes:
    """Up to five spikes of each neuron."""
    rng = np.random.default_rng(seed)
    sizes = dict([of.lines]) | of.sizes
    return {name: rng.integers(0, 6, size) for name, size in sizes.items()}


def seeds() -> st.SearchStrategy[int]:
    """Seeds of all of these."""
    return st.integers(0, 2**32 - 1)


def synapses(link: Link) -> np.ndarray:
    """[N, M] whether there is a synapse."""
    if link.weight is None:
        return np.ones((link.n_targets, link.n_sources), bool)
    return (link.weight.dense() if isinstance(link.weight, Sparse) else link.weight) != 0


def cores_of(layout: Layout, population: str) -> np.ndarray:
    """[N] core of each neuron; -1: on none, -2: on several."""
    found = np.full(layout.sketch.sizes[population], -1)
    for part, core in zip(layout.parts, layout.core, strict=True):
        if part.population == population:
            mine = found[part.start : part.stop]
            mine[:] = np.where(mine == -1, core, -2)
    return found


def messages(layout: Layout, count: Spikes) -> dict[str, int]:
    """Messages counted one neuron and one core at a time."""
    found: dict[str, int] = defaultdict(int)
    for link in layout.sketch.links:
        there, into = synapses(link), cores_of(layout, link.target)
        host = link.source == layout.sketch.lines[0]
        home = None if host else cores_of(layout, link.source)
        for j in range(link.n_sources):
            for core in set(into[there[:, j]].tolist()):
                if home is None:
                    way = "from_host"
                elif home[j] == core:
                    way = "within_core"
                else:
                    same = layout.chip[home[j]] == layout.chip[core]
                    way = "between_cores" if same else "between_chips"
                found[way] += int(count[link.source][j])
    return found
