"""A network of real numbers on a clock: what every format of floats becomes before quantizing.

One step of the model is one time step `dt` of the file. In it

    u[t] = u[t-1] (1 - mix) + sum over Synapses of W s[t - lag]
    v[t] = v[t-1] (1 - leak) + u[t] + push
    s[t] = v[t] > threshold;  v[t] = 0 where s[t]

A population hears others in the same step, unless the edge has a lag or closes a loop, which takes
one step. The source ALWAYS_ON spikes in every step: biases are its weights; what leaks toward
another voltage past a current that has memory is a push.
"""

from dataclasses import dataclass

from export.maps import Map
from realsam.arrays import F64

# No node has these names.
ALWAYS_ON = "\0always on"
INPUT = ""


@dataclass(frozen=True, eq=False)
class Synapses:
    """All synapses from one source that take the same time."""

    source: str  # a population, INPUT or ALWAYS_ON
    lag: int  # steps that delays of the file add; 0: none
    map: Map  # in units of the target's voltage


@dataclass(frozen=True, eq=False)
class FloatPopulation:
    """Neurons in the numbers of their file, with the reset voltage at 0."""

    name: str
    kind: str  # of the node, for reports
    leak: F64  # [N] part of v that a step loses, 0..1
    mix: F64  # [N] part of u that a step loses, 0..1; 1: memoryless
    threshold: F64 | None  # [N]; None: never spikes
    offset: F64  # [N] what to add to v for the voltage of the file
    inputs: tuple[Synapses, ...]
    push: F64  # [N] volts added to v in every step

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(self.leak.size)


@dataclass(frozen=True, eq=False)
class FloatModel:
    """Populations, and which of them is read out."""

    lines: tuple[tuple[str, int], ...]  # input nodes and their lines, side by side
    populations: tuple[FloatPopulation, ...]  # in the order in which edges first reach them
    readout: str
    dt: float  # s
    notes: tuple[str, ...]  # for the report: what was read in a way that a user should know
    delays: tuple[tuple[str, float, int], ...] = ()  # node, steps wanted, steps got

    @property
    def n_lines(self) -> int:
        """Of the whole input."""
        return sum(size for _, size in self.lines)
