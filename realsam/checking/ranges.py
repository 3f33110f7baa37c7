"""How far a_in, u and v of each neuron can go, whatever the input is.

a_in: every spike that may arrive at once does; exact, as each one alone can.
u: the geometric sum of a current memory, a_in << 6 * 4096 / (du + 1), or one step from the edge
of the register if the current may wrap; v: the same with dv, and never more than one step from
the threshold. Resets, which only shorten the memory, are left out. All are taken before wrap, clip
and reset: what the registers would have to hold.

Sources: ADR-0002 (what a wrap is); the equations of `realsam.fixedpoint`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.fixedpoint import DECAY_ONE, STATE_MAX, STATE_SHIFT, STATE_SPAN, decay, shift_sum
from realsam.ir import Lif, Network, Projection, Sparse
from realsam.limits import NEVER_SPIKES

_CHUNK = 1 << 22  # weights looked at together: memory stays small however large the network is
_FITS = 1 << 50  # times 4096 it still is a 64-bit number
_ENDLESS = 1 << 62


@dataclass(frozen=True, eq=False)
class Interval:
    """The lowest and the highest value of each neuron."""

    low: I64  # [N]
    high: I64  # [N]

    @property
    def extremes(self) -> tuple[int, int]:
        """Of all neurons."""
        return int(self.low.min()), int(self.high.max())


@dataclass(frozen=True, eq=False)
class Reach:
    """What a population's registers would have to hold."""

    a_in: Interval
    u: Interval
    v: Interval


def worst_case(network: Network) -> dict[str, Reach]:
    """Bounds for every input that the network may be given."""
    sizes = network.sizes
    payloads = {network.input.name: network.input.payloads} | {
        p.name: (0, int(np.any(p.vth < NEVER_SPIKES))) for p in network.populations
    }
    sums = {name: np.zeros((2, size), np.int64) for name, size in sizes.items()}
    for q in network.projections:
        widths = [sizes[name] for name in q.sources]
        pays = np.repeat(np.array([payloads[name] for name in q.sources]), widths, axis=0)
        sums[q.target] += _arriving(q, pays)
    reach = {}
    for lif in network.populations:
        a_in = Interval(*sums[lif.name])
        u = _current(lif, a_in)
        reach[lif.name] = Reach(a_in, u, _voltage(lif, u))
    return reach


def _arriving(q: Projection, pays: I64) -> I64:
    """[2, N] lowest and highest sums of one projection: a shift per delay, as in the chip.

    Args:
        q: any.
        pays: [M, 2] the lowest and the highest value that each source neuron sends.
    """
    groups, place = np.unique(np.column_stack([q.delay, pays]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    delays, of_delay = np.unique(groups[:, 0], return_inverse=True)
    sums = np.zeros((2, len(q.weight)), np.int64)
    for rows, rises, falls in _by_group(q, place):
        least = rises * groups[:, 1] + falls * groups[:, 2]  # [rows, groups]
        most = rises * groups[:, 2] + falls * groups[:, 1]
        for k in range(delays.size):
            sums[0, rows] += shift_sum(least[:, of_delay == k].sum(axis=1), q.weight_exp)
            sums[1, rows] += shift_sum(most[:, of_delay == k].sum(axis=1), q.weight_exp)
    return sums


def _by_group(q: Projection, place: I64) -> Iterator[tuple[slice, I64, I64]]:
    """Rows, and the sums [rows, groups] of their positive and of their negative weights.

    Args:
        q: any.
        place: [M] group of each source neuron; none is empty.
    """
    n_groups = int(place.max()) + 1
    if isinstance(q.weight, Sparse):
        at = q.weight.target, place[q.weight.source]
        sums = np.zeros((2, len(q.weight), n_groups), np.int64)
        np.add.at(sums[0], at, np.maximum(q.stored, 0))
        np.add.at(sums[1], at, np.minimum(q.stored, 0))
        yield slice(0, len(q.weight)), sums[0], sums[1]
        return
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(n_groups))
    in_order = bool(np.all(np.diff(order) == 1))
    step = max(1, _CHUNK // max(1, place.size))
    for start in range(0, len(q.weight), step):
        rows = slice(start, start + step)
        weight = q.weight[rows] if in_order else q.weight[rows][:, order]
        rises = np.add.reduceat(np.maximum(weight, 0), starts, axis=1, dtype=np.int64)
        falls = np.add.reduceat(np.minimum(weight, 0), starts, axis=1, dtype=np.int64)
        yield rows, rises, falls


def _current(lif: Lif, a_in: Interval) -> Interval:
    low, high = a_in.low << STATE_SHIFT, a_in.high << STATE_SHIFT
    taken = np.clip(lif.du + 1, 1, DECAY_ONE)
    least, most = -_gathered(-low, taken), _gathered(high, taken)
    wraps = (most > STATE_MAX) | (least < -STATE_MAX)
    # A wrap may turn the sign: then all that one step from the register's edges reaches ...
    edge = decay(np.full(lif.size, STATE_MAX + 1), taken)
    # ... and where one wrap may not be enough, all that the larger side gathers.
    larger = np.maximum(-low, high)
    endless = larger + edge > STATE_MAX + STATE_SPAN
    both = np.maximum(_gathered(larger, taken), larger + edge)
    least = np.where(wraps, np.where(endless, -both, low - edge), least)
    most = np.where(wraps, np.where(endless, both, high + edge), most)
    return Interval(least, most)


def _voltage(lif: Lif, u: Interval) -> Interval:
    wraps = (u.high > STATE_MAX) | (u.low < -STATE_MAX)
    lowest = np.where(wraps, np.minimum(-STATE_MAX, u.low + STATE_SPAN), u.low)
    highest = np.where(wraps, np.maximum(STATE_MAX + 1, u.high - STATE_SPAN), u.high)
    falls, rises = np.minimum(lowest + lif.bias, 0), np.maximum(highest + lif.bias, 0)
    taken = np.clip(lif.dv, 0, DECAY_ONE)
    floor = decay(np.full(lif.size, STATE_MAX), taken)  # clipped in the step before
    silent = decay(np.clip(lif.vth << STATE_SHIFT, 0, STATE_MAX), taken)  # no spike before
    least = -np.minimum(_gathered(-falls, taken), floor - falls)
    most = np.minimum(_gathered(rises, taken), silent + rises)
    return Interval(least, most)


def _gathered(arriving: I64, taken: I64) -> I64:
    """[N] the most that a memory losing taken / 4096 a step gathers; _ENDLESS beyond 64 bits."""
    fits = (arriving <= _FITS) & (taken > 0)
    sums = np.where(fits, arriving, 0) * DECAY_ONE // np.maximum(taken, 1)
    return np.where(fits, sums, np.where(arriving > 0, _ENDLESS, 0))
