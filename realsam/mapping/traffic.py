"""Who sends how many messages to whom: axons, and the spikes that travel on them.

A spike of a neuron is one message to each core that holds one of its targets, once per
projection, as each has its own weights and delays there. Input lines are driven by the host: their
messages come from outside and are counted apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from realsam.arrays import F64, I64
from realsam.mapping.place import Part
from realsam.mapping.sketch import Sketch

Spikes = Mapping[str, I64]  # [N] spikes of each neuron of every population, input lines included


@dataclass(frozen=True, eq=False)
class Block:
    """Messages between all parts of two populations."""

    rows: slice  # sending parts; empty: input lines
    columns: slice  # receiving parts
    axons: I64  # [rows, columns] pairs of a sending neuron and a receiving part
    messages: I64  # [rows, columns] spikes over these


@dataclass(frozen=True)
class Counts:
    """Messages by how far they go."""

    within_core: int
    between_cores: int  # of one chip
    between_chips: int
    from_host: int

    @property
    def total(self) -> int:
        """All messages."""
        return self.within_core + self.between_cores + self.between_chips + self.from_host


class Flow:
    """All messages between parts, and how many of them any part shares with any other."""

    def __init__(self, sketch: Sketch, parts: Sequence[Part], spikes: Spikes) -> None:
        self.n_parts = len(parts)
        self.blocks = tuple(_blocks(sketch, parts, spikes))
        self._from: dict[int, list[Block]] = {}  # by the first part of the population
        self._into: dict[int, list[Block]] = {}
        for block in self.blocks:
            if block.rows.stop:
                self._from.setdefault(block.rows.start, []).append(block)
                self._into.setdefault(block.columns.start, []).append(block)
        spans = _spans(parts)
        self._first = [spans[part.population].start for part in parts]

    def shared(self, part: int) -> F64:
        """[parts] messages between this part and each other one, in both directions."""
        found = np.zeros(self.n_parts)
        first = self._first[part]
        for block in self._from.get(first, ()):
            found[block.columns] += block.messages[part - first]
        for block in self._into.get(first, ()):
            found[block.rows] += block.messages[:, part - first]
        found[part] = 0
        return found

    def counts(self, core: I64, chip: I64, axons: bool = False) -> Counts:
        """Count the messages, or the axons, of an arrangement.

        Args:
            core: [parts] core of each part.
            chip: [cores] chip of each core.
            axons: count pairs of neurons and receiving cores, whether they spike or not.
        """
        n = [0, 0, 0, 0]
        for block in self.blocks:
            values = block.axons if axons else block.messages
            if not block.rows.stop:
                n[3] += int(values.sum())
                continue
            a, b = core[block.rows, None], core[None, block.columns]
            whole = int(values.sum())
            on_chip = int(values.sum(where=chip[a] == chip[b]))
            on_core = int(values.sum(where=a == b))
            n[0], n[1], n[2] = n[0] + on_core, n[1] + on_chip - on_core, n[2] + whole - on_chip
        return Counts(*n)

    def out_axons(self) -> I64:
        """[parts] pairs of one of its neurons and a receiving part."""
        found = np.zeros(self.n_parts, np.int64)
        for block in self.blocks:
            if block.rows.stop:
                found[block.rows] += block.axons.sum(axis=1)
        return found


def _blocks(sketch: Sketch, parts: Sequence[Part], spikes: Spikes) -> Iterator[Block]:
    spans = _spans(parts)
    for link in sketch.links:
        rows, columns = spans.get(link.source, slice(0, 0)), spans[link.target]
        senders = parts[rows] if rows.stop else [None]
        starts = np.array([p.start if p else 0 for p in senders])
        shape = len(starts), columns.stop - columns.start
        count = spikes[link.source].astype(np.int64)
        if link.weight is None:  # every part hears every neuron: one column stands for all
            one = np.add.reduceat(np.ones_like(count), starts), np.add.reduceat(count, starts)
            axons, messages = (np.broadcast_to(column[:, None], shape) for column in one)
        else:
            axons, messages = np.empty(shape, np.int64), np.empty(shape, np.int64)
            for i, part in enumerate(parts[columns]):
                heard = link.heard(part.start, part.stop).astype(np.int64)
                axons[:, i] = np.add.reduceat(heard, starts)
                messages[:, i] = np.add.reduceat(heard * count, starts)
        yield Block(rows, columns, axons, messages)


def _spans(parts: Sequence[Part]) -> dict[str, slice]:
    """Where the parts of each population are; they follow one another."""
    spans: dict[str, slice] = {}
    for i, part in enumerate(parts):
        start = spans[part.population].start if part.population in spans else i
        spans[part.population] = slice(start, i + 1)
    return spans
