"""Sketch: what a mapper needs to know of a network. Populations, and who is connected with whom.

A sketch of a `Network` looks into its weights and copies none; a sketch of a shape has no weights
at all, so that a network of billions of synapses can be mapped before it exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from realsam.arrays import I16, I64
from realsam.errors import MappingError
from realsam.ir import Network, Projection, Sparse
from realsam.limits import STEPS_PER_TOKEN_MAX

CODE_LINES = 257  # input lines of a shape: the shipped model's 256 code bits and its always-on line
READOUT = 256  # readout neurons of a shape: the shipped model's
WIDTH_MAX = 1 << 20


@dataclass(frozen=True, eq=False)
class Link:
    """The synapses from one population to one other, as one projection has them."""

    source: str
    target: str
    n_sources: int  # M
    n_targets: int  # N
    delayed: bool  # whether any source neuron has extra delay
    weight: I16 | Sparse | None = None  # [N, M], a synapse if not 0; None: synapses everywhere

    def synapses(self) -> I64:
        """[N] synapses into each target neuron."""
        if self.weight is None:
            return np.full(self.n_targets, self.n_sources, np.int64)
        if isinstance(self.weight, Sparse):
            return np.diff(self.weight.by_target[0])
        return np.array([np.count_nonzero(row) for row in self.weight], np.int64)

    def heard(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """[M] whether each source neuron has a synapse into a target of start..stop - 1."""
        assert self.weight is not None
        if isinstance(self.weight, Sparse):
            starts, sources = self.weight.by_target
            found = np.zeros(self.n_sources, bool)
            found[sources[starts[start] : starts[stop]]] = True
            return found
        if stop == start + 1:
            return np.asarray(self.weight[start] != 0)
        return np.asarray(np.bitwise_or.reduce(self.weight[start:stop], axis=0) != 0)


@dataclass(frozen=True, eq=False)
class Sketch:
    """Populations on cores, input lines beside them, and links."""

    name: str
    lines: tuple[str, int]  # name and number of the input lines, which the host drives
    sizes: dict[str, int]  # neurons of each population on the chip
    links: tuple[Link, ...]

    def into(self, target: str) -> list[Link]:
        """Links that end in a population."""
        return [link for link in self.links if link.target == target]

    def out_of(self, source: str) -> list[Link]:
        """Links that begin in a population."""
        return [link for link in self.links if link.source == source]

    @property
    def n_neurons(self) -> int:
        """Neurons on the chip; input lines are none."""
        return sum(self.sizes.values())


def from_network(network: Network, name: str = "network") -> Sketch:
    """Sketch a network; its weights are looked at, not copied."""
    sizes = {population.name: population.size for population in network.populations}
    lines = (network.input.name, network.input.size)
    return Sketch(name, lines, sizes, tuple(_links(network)))


def _links(network: Network) -> Iterator[Link]:
    for projection in network.projections:
        end = 0
        for source in projection.sources:
            start, end = end, end + network.sizes[source]
            yield Link(
                source,
                projection.target,
                end - start,
                len(projection.weight),
                bool(np.any(projection.delay[start:end])),
                _columns(projection, start, end),
            )


def _columns(projection: Projection, start: int, end: int) -> I16 | Sparse:
    if isinstance(projection.weight, Sparse):
        return projection.weight.columns(start, end)
    return projection.weight[:, start:end]


def from_shape(layers: int, width: int) -> Sketch:
    """Sketch the token clock of that many layers: dense skips, full recurrence, no zero weight.

    Raises:
        MappingError: if no token clock has such a shape.
    """
    if not 1 <= layers <= STEPS_PER_TOKEN_MAX - 4:
        raise MappingError(
            f"shape: {layers} layers are outside 1..{STEPS_PER_TOKEN_MAX - 4}", "use fewer layers"
        )
    if not 1 <= width <= WIDTH_MAX:
        raise MappingError(
            f"shape: {width} neurons per layer are outside 1..{WIDTH_MAX}", "use narrower layers"
        )
    names = [f"layer{i}" for i in range(1, layers + 1)]
    heard = {"input": CODE_LINES}
    links = []
    for place, name in enumerate(names, start=1):
        heard[name] = width
        links += [
            Link(source, name, m, width, place - hop != 1)
            for hop, (source, m) in enumerate(heard.items())
        ]
    links += [
        Link(source, "readout", m, READOUT, layers - hop != 0)
        for hop, (source, m) in enumerate(heard.items())
    ]
    sizes = dict.fromkeys(names, width) | {"readout": READOUT}
    return Sketch(f"{layers}x{width}", ("input", CODE_LINES), sizes, tuple(links))
