"""On which chip step each spike arrives: orders populations, finds loops, balances delays.

A hop costs one chip step, so a population of depth d plays step t of its file in chip step
t P + d, where P = steps_per_token. An edge from depth k to depth l then takes

    lag P + l - k  chip steps, at least 1,      lag: 0, or 1 where the edge closes a loop, or the
                                                steps of a Delay node if they are more

of which the synapse itself is one and its delay register the rest. Skips of several hops get their
delays this way. With P = 1 a loop through several populations is shorter than the hops in it; the
smallest P that fits the longest loop is the default.
"""

from collections import deque
from dataclasses import dataclass

from export.quantize.model import ALWAYS_ON, INPUT, FloatModel, Synapses
from realsam.errors import ExportError
from realsam.limits import DELAY_MAX, STEPS_PER_TOKEN_MAX


@dataclass(frozen=True)
class Schedule:
    """Depth of every population, lag of every edge, and the clock that they need."""

    order: tuple[str, ...]  # populations, so that only loops lead back
    depth: dict[str, int]  # hops from the input
    feedback: frozenset[tuple[str, str]]  # edges that close a loop
    steps_per_token: int

    def lag(self, target: str, synapses: Synapses) -> int:
        """Steps of the file between a spike and its effect."""
        return max(synapses.lag, int((synapses.source, target) in self.feedback))

    def delay(self, target: str, synapses: Synapses) -> int:
        """Delay register of an edge."""
        hops = self.depth[target] - self.depth[synapses.source]
        return self.lag(target, synapses) * self.steps_per_token + hops - 1

    def late(self, name: str) -> int:
        """Tokens by which a population plays later than the input."""
        return self.depth[name] // self.steps_per_token


def schedule(model: FloatModel, steps_per_token: int | None = None) -> Schedule:
    """Order, delays and clock of a model.

    Raises:
        ExportError: naming the edge that no clock or no delay register can hold.
    """
    heard = {p.name: [s.source for s in p.inputs] for p in model.populations}
    at_once = _at_once(model, heard)
    order, feedback = _ordered(heard, at_once, model.readout)
    depth = {INPUT: 0, ALWAYS_ON: 0}
    for name in order:
        sources = [s for s in at_once[name] if (s, name) not in feedback]
        depth[name] = 1 + max((depth[s] for s in sources), default=0)
    found = Schedule(order, depth, feedback, 1)
    least = max([1, *_needs(model, found)])
    steps = least if steps_per_token is None else steps_per_token
    if not 1 <= steps <= STEPS_PER_TOKEN_MAX:
        raise ExportError(
            f"steps_per_token = {steps} is outside 1..{STEPS_PER_TOKEN_MAX}",
            "leave --steps-per-token out, or use shorter loops",
        )
    if steps < least:
        raise ExportError(
            f"steps_per_token = {steps} is too few for the longest loop, which takes {least}",
            f"leave --steps-per-token out, or give at least {least}",
        )
    clocked = Schedule(order, depth, feedback, steps)
    _refuse_delays(model, clocked)
    return clocked


def _needs(model: FloatModel, found: Schedule) -> list[int]:
    """Steps per token that each edge back in depth needs."""
    needs = []
    for p in model.populations:
        for s in p.inputs:
            back, lag = found.depth[s.source] - found.depth[p.name] + 1, found.lag(p.name, s)
            if back > 0:
                assert lag > 0
                needs.append(-(-back // lag))
    return needs


def _refuse_delays(model: FloatModel, clocked: Schedule) -> None:
    for p in model.populations:
        for s in p.inputs:
            if (delay := clocked.delay(p.name, s)) > DELAY_MAX:
                source = s.source or "the input"
                raise ExportError(
                    f"{p.name}: a spike of {source} takes {delay} extra steps, more than "
                    f"{DELAY_MAX}",
                    "use shorter delays, fewer layers between them, or a larger --dt",
                )


def _at_once(model: FloatModel, heard: dict[str, list[str]]) -> dict[str, list[str]]:
    """What each population hears, but for the edges of a loop that a Delay makes late anyway.

    Such an edge needs no order: cutting the loop elsewhere would make it longer by a step.
    """
    group = _loops(heard)
    return {
        p.name: [
            s.source
            for s in p.inputs
            if s.lag == 0 or s.source not in heard or group[s.source] != group[p.name]
        ]
        for p in model.populations
    }


def _ordered(
    heard: dict[str, list[str]], at_once: dict[str, list[str]], readout: str
) -> tuple[tuple[str, ...], frozenset[tuple[str, str]]]:
    """Populations such that they hear earlier ones, but for the edges that close loops.

    A loop begins with the population that waits for the fewest others of it; of several, with the
    one that is farthest from the readout, then with the one that edges reach first.
    """
    reached, away, group = _first_reached(heard), _distances(heard, readout), _loops(at_once)
    waiting = {name: {s for s in at_once[name] if s in heard} - {name} for name in heard}
    order: dict[str, int] = {}
    while waiting:
        entered = [
            name
            for name in waiting
            if all(
                group[s] == group[name]
                for member in waiting
                for s in waiting[member]
                if group[member] == group[name]
            )
        ]
        name = min(entered, key=lambda n: (len(waiting[n]), -away.get(n, 0), reached[n]))
        order[name] = len(order)
        del waiting[name]
        for sources in waiting.values():
            sources.discard(name)
    feedback = frozenset(
        (source, name)
        for name, sources in at_once.items()
        for source in sources
        if source in heard and order[source] >= order[name]
    )
    return tuple(order), feedback


def _distances(heard: dict[str, list[str]], readout: str) -> dict[str, int]:
    """Hops from every population to the readout."""
    away, queue = {readout: 0}, deque([readout])
    while queue:
        name = queue.popleft()
        for source in heard.get(name, ()):
            if source not in away:
                away[source] = away[name] + 1
                queue.append(source)
    return away


def _first_reached(heard: dict[str, list[str]]) -> dict[str, int]:
    """Rank of every population in the breadth-first order from the input."""
    feeds: dict[str, list[str]] = {}
    for name, sources in heard.items():
        for source in sources:
            feeds.setdefault(source, []).append(name)
    rank: dict[str, int] = {}
    queue = deque([INPUT])
    seeds = deque([ALWAYS_ON, *heard])  # what the input does not reach
    while queue or seeds:
        name = queue.popleft() if queue else seeds.popleft()
        if name in heard and name not in rank:
            rank[name] = len(rank)
        for target in feeds.pop(name, ()):
            if target not in rank:
                rank[target] = len(rank)
                queue.append(target)
    return rank


def _loops(heard: dict[str, list[str]]) -> dict[str, int]:
    """A number per population, equal for those that reach each other (Tarjan's way)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    group: dict[str, int] = {}
    stack: list[str] = []
    known = {name: [s for s in sources if s in heard] for name, sources in heard.items()}
    for root, first in known.items():
        if root in index:
            continue
        work = [(root, iter(first))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            name, sources = work[-1]
            deeper = next((s for s in sources if s not in group), None)
            if deeper is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    while True:
                        member = stack.pop()
                        group[member] = index[name]
                        if member == name:
                            break
            elif deeper in index:
                low[name] = min(low[name], index[deeper])
            else:
                index[deeper] = low[deeper] = len(index)
                stack.append(deeper)
                work.append((deeper, iter(known[deeper])))
    return group
