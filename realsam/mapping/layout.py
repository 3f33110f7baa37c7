"""Layout: a network on cores and chips, and all that can be counted there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realsam.arrays import F64, I64
from realsam.mapping.improve import Bins
from realsam.mapping.memory import RESOURCES, Memory
from realsam.mapping.place import Part, place
from realsam.mapping.sketch import Sketch
from realsam.mapping.traffic import Counts, Flow, Spikes

CHIP_COST = 10  # messages on a chip that one between chips is taken to cost
PARTS_MAX = 4096  # beyond, parts stay on the cores where the greedy placement put them
_NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Layout:
    """Where every part of a network is."""

    sketch: Sketch
    memory: Memory
    parts: tuple[Part, ...]
    core: I64  # [parts] core of each part
    chip: I64  # [cores] chip of each core
    use: I64  # [parts, RESOURCES]
    flow: Flow
    start: Counts  # messages of the greedy placement

    @property
    def n_cores(self) -> int:
        """Cores with neurons on them."""
        return self.chip.size

    @property
    def n_chips(self) -> int:
        """Chips with such cores."""
        return int(self.chip.max()) + 1

    @property
    def messages(self) -> Counts:
        """Messages by how far they go."""
        return self.flow.counts(self.core, self.chip)

    @property
    def axons(self) -> Counts:
        """Pairs of a neuron and a core that hears it, by how far apart they are."""
        return self.flow.counts(self.core, self.chip, axons=True)

    def per_core(self, resource: str) -> I64:
        """[cores] what is taken of one of RESOURCES; of out_axons, those that are there."""
        of_part = (
            self.flow.out_axons()
            if resource == "out_axons"
            else self.use[:, RESOURCES.index(resource)]
        )
        found = np.zeros(self.n_cores, np.int64)
        np.add.at(found, self.core, of_part)
        return found


def cost(counts: Counts) -> int:
    """What the search lowers: messages between cores, those between chips CHIP_COST-fold."""
    return counts.between_cores + CHIP_COST * counts.between_chips


def lay_out(
    sketch: Sketch,
    memory: Memory,
    spikes: Spikes | None = None,
    seed: int = 0,
    note: Callable[[str], None] = lambda _: None,
) -> Layout:
    """Place a network on as few cores as the greedy order finds, then lower its traffic.

    Args:
        sketch: the network.
        memory: what a core holds.
        spikes: [N] of every population and of the input lines; None: each neuron once.
        seed: of the order in which the search tries its moves.
        note: told how far the work is.

    Raises:
        MappingError: naming the neuron that no core can hold.
    """
    placement = place(sketch, memory, lambda n: note(f"placed on {n:,} cores"))
    parts, use = placement.parts, placement.use(memory)
    note("counting messages")
    flow = Flow(sketch, parts, spikes or once(sketch))
    greedy = np.array([part.core for part in parts])
    note("improving")
    found = [(greedy, _chips(placement.n_cores, memory))]
    start = flow.counts(*found[0])
    if placement.n_cores > 1 and len(parts) <= PARTS_MAX:
        kind = np.unique([part.population for part in parts], return_inverse=True)[1]
        full = np.array([_NO_LIMIT if most is None else most for most in memory.capacity])
        bins = Bins(flow.shared, use, full, greedy, kind)
        if bins.improve(seed):
            core = np.unique(bins.bin_of, return_inverse=True)[1]
            found.append((core, _chips(int(core.max()) + 1, memory)))
    found += [_spread(flow, core, chip, memory, seed) for core, chip in found]
    core, chip = min(found, key=lambda where: cost(flow.counts(*where)))
    return Layout(sketch, memory, parts, core, chip, use, flow, start)


def once(sketch: Sketch) -> Spikes:
    """One spike of every neuron and every input line."""
    sizes = dict([sketch.lines]) | sketch.sizes
    return {name: np.ones(size, np.int64) for name, size in sizes.items()}


def _chips(n_cores: int, memory: Memory) -> I64:
    """[cores] chips filled one after the other."""
    return np.arange(n_cores) // memory["cores"]


def _spread(flow: Flow, core: I64, chip: I64, memory: Memory, seed: int) -> tuple[I64, I64]:
    """Swap cores between chips while that lowers the messages between chips."""
    if chip[-1] == 0:
        return core, chip
    order = np.argsort(core, kind="stable")
    ends = np.searchsorted(core[order], np.arange(chip.size + 1))

    def shared(i: int) -> F64:
        between = np.sum([flow.shared(int(p)) for p in order[ends[i] : ends[i + 1]]], axis=0)
        found: F64 = np.bincount(core, between, chip.size).astype(np.float64)
        found[i] = 0
        return found

    one = np.ones((chip.size, 1), np.int64)
    bins = Bins(shared, one, np.array([memory["cores"]]), chip, np.arange(chip.size))
    bins.improve(seed)
    return core, np.unique(bins.bin_of, return_inverse=True)[1]
