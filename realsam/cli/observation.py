"""How far the registers went in a run: what `realsam check` puts beside the worst case."""

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.checking import Interval, Reach
from realsam.console import progress
from realsam.fixedpoint import decay, wrap
from realsam.ir import Lif, Network
from sim.reference import Reference, State, current

_REGISTERS = ("a_in", "u", "v")


class Watch:
    """Keeps the extremes of a_in, u and v, before wrap, clip and reset."""

    def __init__(self, network: Network) -> None:
        self._low = {
            (p.name, r): np.zeros(p.size, np.int64) for p in network.populations for r in _REGISTERS
        }
        self._high = {place: low.copy() for place, low in self._low.items()}

    def __call__(self, lif: Lif, state: State, a_in: I64) -> None:
        """See `sim.reference.Observe`."""
        u = current(lif, state.u, a_in)
        v = decay(state.v, lif.dv) + wrap(u) + lif.bias
        for register, values in zip(_REGISTERS, (a_in, u, v), strict=True):
            low, high = self._low[lif.name, register], self._high[lif.name, register]
            np.minimum(low, values, out=low)
            np.maximum(high, values, out=high)

    def reach(self, name: str) -> Reach:
        """What a population reached; all registers start at 0."""
        return Reach(*(Interval(self._low[name, r], self._high[name, r]) for r in _REGISTERS))


def observe(network: Network, spikes: Spikes) -> dict[str, Reach]:
    """Play input spikes [K, M] on the reference; returns what each population reached."""
    watch = Watch(network)
    engine = Reference(network, observe=watch)
    with progress("playing", len(spikes)) as (bar, task):
        for row in spikes:
            engine.token(row)
            bar.advance(task)
    return {p.name: watch.reach(p.name) for p in network.populations}
