"""The network that runs in the page: a round sheet of neurons through which waves travel.

Neurons lie as the seeds of a sunflower; every fifth inhibits. Each hears some of its neighbours,
later the farther away they are, and its own spike as a recovery that keeps it quiet for a while.
Biases differ, so that a few neurons fire by themselves. The input lines carry payloads, one line
for each exciting neuron: what a pointer injects.

Everything is drawn by `random.Random`, whose numbers are the same in every version of Python.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from realsam.ir import Input, Lif, Network, Projection, listed

POINTER, EXCITING, INHIBITING = "pointer", "excitatory", "inhibitory"
N_NEURONS = 420
MESSAGE_BITS = 8  # of a payload of the pointer
_ANGLE = math.pi * (3 - math.sqrt(5))  # between two seeds of a sunflower
_SPEED = 34.0  # chip steps that a spike takes through the radius of the sheet
_DU, _DV = 1023, 160
_VTH = 640
_RECOVERY = -256  # << 2: what a neuron hears of its own spike
_PACEMAKERS = 0.03  # share of the exciting neurons that fire by themselves


@dataclass(frozen=True)
class Kind:
    """How neurons of one sign reach others."""

    source: str
    target: str
    reach: float  # of the sheet's radius; no synapse beyond
    share: float  # of the neurons within reach that are heard, nearest ones the most
    weight: int


KINDS = (
    Kind(EXCITING, EXCITING, 0.30, 0.55, 66),
    Kind(EXCITING, INHIBITING, 0.30, 0.60, 72),
    Kind(INHIBITING, EXCITING, 0.34, 0.60, -72),
)
Place = tuple[float, float]
Synapse = tuple[int, int, int]  # target, source, weight


@dataclass(frozen=True, eq=False)
class Sheet:
    """The network, and where its neurons lie: in a circle of radius 1, y downward."""

    network: Network
    places: dict[str, list[Place]]  # by population


def sheet(seed: int = 0) -> Sheet:
    """Draw the sheet."""
    random = Random(seed)
    places = _places()
    populations = (
        _population(EXCITING, [_bias(random) for _ in places[EXCITING]]),
        _population(INHIBITING, [0] * len(places[INHIBITING])),
    )
    projections = [_pointer(len(places[EXCITING])), *map(_recovery, populations)]
    for kind in KINDS:
        projections += _spread(random, kind, places[kind.source], places[kind.target])
    lines = Input(POINTER, len(places[EXCITING]), MESSAGE_BITS)
    return Sheet(Network(lines, populations, tuple(projections), EXCITING), places)


def _places() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {EXCITING: [], INHIBITING: []}
    for i in range(N_NEURONS):
        radius, angle = math.sqrt((i + 0.5) / N_NEURONS), i * _ANGLE
        place = round(radius * math.cos(angle), 4), round(radius * math.sin(angle), 4)
        found[INHIBITING if i % 5 == 2 else EXCITING].append(place)
    return found


def _bias(random: Random) -> int:
    """Mostly a part of what a neuron fires with by itself, which is vth << 6 times dv / 4096."""
    alone = (_VTH << 6) * _DV / 4096
    if random.random() < _PACEMAKERS:
        return int(alone * random.uniform(1.02, 1.1))
    return int(alone * random.uniform(0.2, 0.6))


def _population(name: str, biases: list[int]) -> Lif:
    ones = np.ones(len(biases), np.int64)
    return Lif(name, ones * _DU, ones * _DV, np.array(biases), ones * _VTH)


def _pointer(size: int) -> Projection:
    """A synapse for each line."""
    return _projection(POINTER, EXCITING, (size, size), [(i, i, 4) for i in range(size)])


def _recovery(lif: Lif) -> Projection:
    own = [(i, i, _RECOVERY) for i in range(lif.size)]
    return _projection(lif.name, lif.name, (lif.size, lif.size), own, exponent=2)


def _spread(
    random: Random, kind: Kind, sources: list[Place], targets: list[Place]
) -> Iterator[Projection]:
    """One projection for each delay, which is the distance."""
    by_delay: dict[int, list[Synapse]] = {}
    for j, source in enumerate(sources):
        for i, target in enumerate(targets):
            distance = math.dist(source, target)
            if not 0 < distance < kind.reach:
                continue
            if random.random() < kind.share * (1.5 - distance / kind.reach):
                delay = 2 * round(distance * _SPEED / 2)
                weight = 2 * round(kind.weight * random.uniform(0.75, 1.25) / 2)
                by_delay.setdefault(delay, []).append((i, j, weight))
    shape = len(targets), len(sources)
    for delay, synapses in sorted(by_delay.items()):
        yield _projection(kind.source, kind.target, shape, synapses, delay)


def _projection(
    source: str,
    target: str,
    shape: tuple[int, int],
    synapses: list[Synapse],
    delay: int = 0,
    exponent: int = 0,
) -> Projection:
    targets, sources, weights = np.array(synapses).T
    weight = listed(shape, targets, sources, weights)
    return Projection(target, (source,), weight, np.full(shape[1], delay), exponent)
