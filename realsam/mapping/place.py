"""Greedy placement: neurons in their order onto cores, a new core where one more does not fit.

A neuron's synapses lie on its own core. The neurons of a population that share a core are a
*part*; what a part takes of a core depends on nothing else on that core, so that parts can be
moved later. What it takes for its outgoing axons depends on how many cores it sends to, which is
known only in the end: the placement starts with one core per target and is repeated with the
numbers that it led to until they hold.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.errors import MappingError
from realsam.mapping.memory import RESOURCES, Memory
from realsam.mapping.sketch import Link, Sketch

_LIMITS = ("core_bytes", "synapse_bytes", "neurons", "in_axons", "out_axons")  # of RESOURCES


@dataclass(frozen=True)
class Part:
    """Neurons start..stop-1 of a population, on one core."""

    population: str
    start: int
    stop: int
    core: int  # before any improvement
    n_synapses: int
    synapse_bits: int
    axon_entries: int  # of arriving axons; those of leaving ones are in Reach
    n_in_axons: int


@dataclass(frozen=True)
class Reach:
    """How far a population sends."""

    n_cores: int  # that hold targets, once per projection
    n_entries: int  # of a list of these: cores of the own chip one by one, other chips as one


@dataclass(frozen=True, eq=False)
class Placement:
    """Parts in the order of the populations, and how far these were taken to send."""

    parts: tuple[Part, ...]
    reach: dict[str, Reach]  # at least as far as they do
    n_cores: int

    def use(self, memory: Memory) -> I64:
        """[parts, RESOURCES] what each part takes of its core."""
        return np.array([_use(memory, part, self.reach[part.population]) for part in self.parts])


def place(
    sketch: Sketch, memory: Memory, on_pass: Callable[[int], None] = lambda _: None
) -> Placement:
    """Place every neuron; `on_pass` hears how many cores each attempt took.

    Raises:
        MappingError: naming the neuron that does not fit an empty core.
    """
    cores = dict.fromkeys(sketch.sizes, 1)
    n_cores = 1
    while True:
        reach = _reach(sketch, memory, cores, n_cores)
        parts = tuple(_parts(sketch, memory, reach))
        found = Counter(part.population for part in parts)
        total = parts[-1].core + 1
        on_pass(total)
        if total <= n_cores and all(found[name] <= cores[name] for name in cores):
            return Placement(parts, reach, total)
        cores = {name: max(cores[name], found[name]) for name in cores}
        n_cores = max(n_cores, total)


def _reach(sketch: Sketch, memory: Memory, cores: dict[str, int], n_cores: int) -> dict[str, Reach]:
    n_chips = -(-n_cores // memory["cores"])
    reach = {}
    for name in sketch.sizes:
        targets = [cores[link.target] for link in sketch.out_of(name)]
        entries = [min(n, memory["cores"]) + min(n, n_chips) - 1 for n in targets]
        reach[name] = Reach(sum(targets), sum(entries))
    return reach


def _use(memory: Memory, part: Part, reach: Reach) -> tuple[int, ...]:
    n_neurons = part.stop - part.start
    entries = part.axon_entries + reach.n_entries
    n_bytes = -(-part.synapse_bits // 8) + n_neurons * memory["neuron_bytes"]
    return (
        n_bytes + entries * memory["axon_bytes"],
        part.synapse_bits,
        n_neurons,
        part.n_in_axons,
        n_neurons * reach.n_cores,
    )


def _parts(sketch: Sketch, memory: Memory, reach: dict[str, Reach]) -> Iterator[Part]:
    core, used = 0, [0] * len(RESOURCES)
    for name, size in sketch.sizes.items():
        links = sketch.into(name)
        growing, part = _Growing(memory, links, 0), None
        for neuron in range(size):
            growing.add(neuron)
            wider = growing.part(name, core)
            if _excess(memory, used, _use(memory, wider, reach[name])) is not None:
                if part:
                    yield part
                core, used = core + 1, [0] * len(RESOURCES)
                growing = _Growing(memory, links, neuron)
                growing.add(neuron)
                wider = growing.part(name, core)
                _refuse_alone(memory, wider, reach[name])
            part = wider
        assert part is not None  # no population is empty
        yield part
        used = [a + b for a, b in zip(used, _use(memory, part, reach[name]), strict=True)]


class _Growing:
    """A part that takes in one neuron after the other."""

    def __init__(self, memory: Memory, links: list[Link], start: int) -> None:
        self._memory = memory
        self._links = links
        self._start = self._stop = start
        self._n_synapses = [0] * len(links)
        self._heard = [np.zeros(0 if q.weight is None else q.n_sources, bool) for q in links]

    def add(self, neuron: int) -> None:
        """Take in the next neuron."""
        self._stop = neuron + 1
        for i, link in enumerate(self._links):
            if link.weight is None:
                self._n_synapses[i] += link.n_sources
            else:
                row = link.heard(neuron, neuron + 1)
                self._n_synapses[i] += int(np.count_nonzero(row))
                self._heard[i] |= row

    def part(self, name: str, core: int) -> Part:
        """The part as it is now."""
        bits = entries = n_heard = 0
        n_rows = self._stop - self._start
        for link, n_synapses, heard in zip(self._links, self._n_synapses, self._heard, strict=True):
            n = link.n_sources if link.weight is None else int(np.count_nonzero(heard))
            of_link = self._memory.stored(link, n_rows, n_synapses, n)
            bits, entries, n_heard = bits + of_link[0], entries + of_link[1], n_heard + n
        n_synapses = sum(self._n_synapses)
        return Part(name, self._start, self._stop, core, n_synapses, bits, entries, n_heard)


def _excess(memory: Memory, used: Sequence[int], more: Sequence[int]) -> int | None:
    """The first of RESOURCES that a core cannot hold, if any."""
    for i, (a, b, most) in enumerate(zip(used, more, memory.capacity, strict=True)):
        if most is not None and a + b > most:
            return i
    return None


def _refuse_alone(memory: Memory, part: Part, reach: Reach) -> None:
    use = _use(memory, part, reach)
    i = _excess(memory, [0] * len(RESOURCES), use)
    if i is not None:
        cure = "use fewer targets" if RESOURCES[i] == "out_axons" else "use fewer sources"
        raise MappingError(
            f"{part.population}[{part.start}]: the {part.n_synapses:,} synapses of one neuron take "
            f"{use[i]:,} {RESOURCES[i].replace('_', ' ')}, more than the {memory.capacity[i]:,} of "
            f"a {memory.chip} core",
            f"{cure}, or give another --limit {_LIMITS[i]}=N",
        )


def least_cores(sketch: Sketch, memory: Memory) -> int:
    """A number of cores below which no placement is possible: bytes over capacity, no axons."""
    bits = 0
    for link in sketch.links:
        row = memory.dense_bits(link, 1)
        each = link.synapses() * memory.sparse_bits(link, 1)
        bits += int(np.minimum(each, row).sum())
    n_neurons = sketch.n_neurons
    n_bytes = -(-bits // 8) + n_neurons * memory["neuron_bytes"]
    needs = (n_bytes, bits, n_neurons)  # of the first of RESOURCES
    full = zip(needs, memory.capacity[: len(needs)], strict=True)
    return max(1, *(-(-need // most) for need, most in full if most is not None))
