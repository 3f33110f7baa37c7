"""The reference, watched: it counts the edges of the arithmetic that a case really meets.

A campaign that never meets an overflow proves nothing about overflows, so it counts them and
fails where one of `REQUIRED` is missing.
"""

from collections import Counter

import numpy as np

from realsam.arrays import I64, Spikes
from realsam.errors import CurrentOverflowError
from realsam.fixedpoint import (
    STATE_MAX,
    STATE_SHIFT,
    STATE_SPAN,
    clip,
    decay,
    refuse_overflow,
    wrap,
)
from realsam.ir import Lif, Network, Projection, Sparse
from realsam.limits import DELAY_MAX, DU_MAX, STEPS_PER_TOKEN_MAX
from sim.reference import Reference, current

# What a campaign must have met, by name; units are neuron updates unless the name says otherwise.
REQUIRED = (
    "wraps down",
    "wraps up",
    "currents of 2**23 exactly",
    "currents of -(2**23) exactly",
    "currents of +-(2**23 - 1) exactly",
    "currents of +-(2**23 + 1) exactly",
    "currents beyond one wrap",
    "clips at the top",
    "clips at the bottom",
    "voltages at the threshold that do not spike",
    "negative sums rounded down",
    "spikes of neurons",
    "spikes delayed by 62",
    "overflow errors in strict mode",
    "tokens without input",
    "tokens with every line on",
    "networks of one step per token",
    "networks of 62 steps per token",
    "networks with current memory",
    "networks with bias",
    "networks with a population of one neuron",
    "networks with a self-loop",
    "networks with feedback",
    "networks with several projections into one population",
    "networks with a neuron without weights",
    "networks with graded input",
    "networks with resets",
    "networks with weights as lists",
    "negative payloads",
    "payloads at the ends of their range",
    "resets of neurons that held something",
    "resets while spikes arrive",
)

# What the fast path must have met on its own: of token clocks, again.
CLOCKED = (
    "wraps down",
    "wraps up",
    "currents of 2**23 exactly",
    "currents of -(2**23) exactly",
    "currents beyond one wrap",
    "clips at the top",
    "clips at the bottom",
    "voltages at the threshold that do not spike",
    "spikes of neurons",
    "overflow errors in strict mode",
)


class Watched(Reference):
    """A Network in motion that remembers every current before its wrap and every spike."""

    def __init__(self, network: Network, strict: bool = False) -> None:
        super().__init__(network, strict)
        self._lif = {p.name: p for p in network.populations}
        self._current: dict[str, list[I64]] = {name: [] for name in self._lif}
        self._peak: dict[str, list[I64]] = {name: [] for name in self._lif}
        self._fired: list[Spikes] = []
        self._resets: Counter[str] = Counter()

    def arriving(self, target: str) -> I64:
        """See Reference; notes what the population is about to compute."""
        a_in, lif, state = super().arriving(target), self._lif[target], self.state[target]
        x = current(lif, state.u, a_in)
        self._resets["resets while spikes arrive"] += self._forgets(target) * bool(a_in.any())
        self._current[target].append(x)
        self._peak[target].append(decay(state.v, lif.dv) + wrap(x) + lif.bias)
        return a_in

    def _forgets(self, name: str) -> bool:
        reset = self._lif[name].reset
        return reset is not None and reset.is_due(len(self._fired))

    def step(self, spikes: Spikes) -> Spikes:
        """See Reference; notes the spikes, and what is about to be forgotten."""
        for name in self._lif:
            held = (self.state[name].u != 0) | (self.state[name].v != 0)
            forgotten = int(held.sum()) * self._forgets(name)
            self._resets["resets of neurons that held something"] += forgotten
        fired = super().step(spikes)
        self._fired.append(fired)
        return fired

    def registers(self, name: str, phase: int) -> tuple[I64, I64]:
        """[K, N] u and v of a population as they were after this phase of every token."""
        rows = slice(phase, None, self.network.steps_per_token)
        u = wrap(np.array(self._current[name][rows]))
        fired = np.array(self._fired[rows])[:, self.network.spans[name]]
        return u, np.where(fired, 0, clip(np.array(self._peak[name][rows])))

    def first_beyond(self, limit: int) -> int | None:
        """The first step in which a current before its wrap is at or beyond +-limit."""
        every = np.concatenate([np.array(x) for x in self._current.values()], axis=1)
        steps = np.flatnonzero((np.abs(every) >= limit).any(axis=1))
        return int(steps[0]) if steps.size else None

    def overflows(self, step: int) -> list[str]:
        """What strict mode says of each population whose current overflows in this step."""
        told = []
        for name, currents in self._current.items():
            try:
                refuse_overflow(name, currents[step], step)
            except CurrentOverflowError as error:
                told.append(str(error))
        return told

    def counts(self) -> Counter[str]:
        """The edges that were met so far."""
        found = Counter(steps=len(self._fired)) + _shape(self.network) + self._resets
        fired = np.array(self._fired, self.network.input.dtype)
        fired = fired.reshape(-1, sum(self.network.sizes.values()))
        payload, (low, high) = fired[:, : self.network.input.size], self.network.input.payloads
        found["spikes of inputs"] = int(np.count_nonzero(payload))
        found["negative payloads"] = int((payload < 0).sum())
        if self.network.input.message_bits:
            ends = (payload == low) | (payload == high)
            found["payloads at the ends of their range"] = int(ends.sum())
        found["spikes of neurons"] = int(fired[:, self.network.input.size :].sum())
        for name, lif in self._lif.items():
            x, peak = (np.array(kept[name]) for kept in (self._current, self._peak))
            found += _registers(x.reshape(-1, lif.size), peak.reshape(-1, lif.size), lif)
        for projection in self.network.projections:
            found += _arrivals(projection, fired[:, self.network.columns(projection)])
        lines = fired[:: self.network.steps_per_token, : self.network.input.size]
        found["tokens without input"] = int((~lines.any(axis=1)).sum())
        found["tokens with every line on"] = int(lines.all(axis=1).sum())
        return found


def _registers(x: I64, peak: I64, lif: Lif) -> Counter[str]:
    """Edges of currents and voltages before wrap and clip, [T, N] each."""
    edge = STATE_MAX + 1
    met = (clip(peak) == lif.vth << STATE_SHIFT) & (x != 0)
    conditions = {
        "neuron updates": np.isfinite(x),
        "wraps down": x > edge,
        "wraps up": x <= -edge,
        "currents of 2**23 exactly": x == edge,
        "currents of -(2**23) exactly": x == -edge,
        "currents of +-(2**23 - 1) exactly": np.abs(x) == STATE_MAX,
        "currents of +-(2**23 + 1) exactly": np.abs(x) == edge + 1,
        "currents beyond one wrap": np.abs(x) >= edge + STATE_SPAN,
        "clips at the top": peak > STATE_MAX,
        "clips at the bottom": peak < -STATE_MAX,
        "voltages at the threshold that do not spike": met,
    }
    return Counter({name: int(np.count_nonzero(true)) for name, true in conditions.items()})


def _arrivals(projection: Projection, fired: Spikes) -> Counter[str]:
    """Edges of the sums of one projection, from the spikes [T, M] of its sources."""
    found: Counter[str] = Counter()
    weight, exponent = projection.matrix.T.astype(np.float64), projection.weight_exp
    used = weight.any(axis=1)
    late = fired[: max(0, len(fired) - 1 - DELAY_MAX), (projection.delay == DELAY_MAX) & used]
    found["spikes delayed by 62"] = int(np.count_nonzero(late))
    if exponent < 0:
        for delay in np.unique(projection.delay):
            at = projection.delay == delay
            total = (fired[:, at] @ weight[at]).astype(np.int64)  # exact: far below 2**53
            odd = (total & (1 << -exponent) - 1) != 0
            found["negative sums rounded down"] += int(np.count_nonzero(odd & (total < 0)))
    return found


def _shape(network: Network) -> Counter[str]:
    """Which kinds of network this one is."""
    order = {name: place for place, name in enumerate(network.sizes)}
    targets = [q.target for q in network.projections]
    hops = [order[s] - order[q.target] for q in network.projections for s in q.sources]
    kinds = {
        "networks of one step per token": network.steps_per_token == 1,
        "networks of 62 steps per token": network.steps_per_token == STEPS_PER_TOKEN_MAX,
        "networks with current memory": any((p.du < DU_MAX).any() for p in network.populations),
        "networks with bias": any(p.bias.any() for p in network.populations),
        "networks with a population of one neuron": 1 in [p.size for p in network.populations],
        "networks with a self-loop": 0 in hops,
        "networks with feedback": any(hop > 0 for hop in hops),
        "networks with several projections into one population": len(targets) > len(set(targets)),
        "networks with a neuron without weights": any(
            (~q.matrix.any(axis=1)).any() for q in network.projections
        ),
        "networks with graded input": network.input.message_bits > 0,
        "networks with resets": any(p.reset for p in network.populations),
        "networks with weights as lists": any(
            isinstance(q.weight, Sparse) for q in network.projections
        ),
    }
    return Counter({name: int(true) for name, true in kinds.items()})
