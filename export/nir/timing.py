"""In which step of a NIR file a spike takes effect, for any delays of a Network.

NIR knows no chip steps. Step t of the file is chip step t P + d of a population of depth d, P chip
steps per token, and a synapse of delay x from depth k to depth l takes

    lag = (1 + x + k - l) / P    steps of the file, which must be a whole number.

Simulators agree on lag 0 of an edge that leads forward, and on lag 1 of one that closes a loop of
such edges; every other lag is a nir.Delay. So a depth is that of the fastest way from the input,
which gives most edges lag 0. What the input does not reach plays as late as what it feeds allows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np

from realsam.arrays import I64
from realsam.errors import ExportError
from realsam.ir import Network

Hops = Mapping[str, Mapping[str, int]]  # source -> target -> chip steps of the fastest synapse


@dataclass(frozen=True, eq=False)
class Connection:
    """The synapses of one projection from one of its sources."""

    projection: int  # which of the network's
    source: str
    target: str
    columns: slice  # of the projection
    lag: I64  # [M] steps of the file between a spike and its effect
    closes_loop: bool  # of edges that take no time, so that simulators take a step for it

    @property
    def needs_delay(self) -> bool:
        """Whether lags are others than the place in the graph says."""
        return bool(np.any(self.lag != self.closes_loop))


def depths(
    network: Network, start: Sequence[str] = (), without: str | None = None
) -> dict[str, int]:
    """Depth of the input, which is 0, and of every population.

    Args:
        network: any network.
        start: populations that act from the first chip step on: their depth is 0, too.
        without: a population whose own input does not count.
    """
    hops: dict[str, dict[str, int]] = defaultdict(dict)
    for j, source, columns in _connections(network):
        q = network.projections[j]
        steps = 1 + int(q.delay[columns].min())
        if q.target != without:
            hops[source][q.target] = min(steps, hops[source].get(q.target, steps))
    found: dict[str, int] = {}
    _spread(found, hops, dict.fromkeys([network.input.name, *start], 0))
    while missing := [name for name in network.sizes if name not in found]:
        feeds = [name for name in missing if any(target in found for target in hops[name])]
        seed = network.readout if network.readout in missing else missing[0]
        name = feeds[0] if feeds else seed
        alone = network.readout_phase if name == network.readout else 0
        late = [found[target] - steps for target, steps in hops[name].items() if target in found]
        _spread(found, hops, {name: max(late, default=alone)})
    return found


def timed(
    network: Network, depth: Mapping[str, int], without: str | None = None
) -> list[Connection]:
    """Every connection with its lags, in the order of projections and their sources.

    Raises:
        ExportError: naming the first synapse that meets no step of the file.
    """
    found = []
    for j, source, columns in _connections(network):
        q = network.projections[j]
        if q.target == without:
            continue
        delay = q.delay[columns]
        steps = 1 + delay + depth[source] - depth[q.target]
        lag, rest = np.divmod(steps, network.steps_per_token)
        for i in np.flatnonzero((rest > 0) | (lag < 0))[:1]:
            raise ExportError(
                f"{q.name}[{columns.start + i}]: NIR cannot hold delay = {delay[i]}, which meets "
                f"{q.target} between two of its steps",
                "use delays that bring all its input in one chip step of a token",
            )
        found.append(Connection(j, source, q.target, columns, lag, closes_loop=False))
    at_once = _AtOnce(found)
    return [replace(c, closes_loop=c.source in at_once.reached(c.target)) for c in found]


def _connections(network: Network) -> Iterator[tuple[int, str, slice]]:
    """Number of each projection with each of its sources, and the columns of that source."""
    for j, q in enumerate(network.projections):
        start = 0
        for source in q.sources:
            end = start + network.sizes[source]
            yield j, source, slice(start, end)
            start = end


def _spread(found: dict[str, int], hops: Hops, start: Mapping[str, int]) -> None:
    """Place these populations and what they reach, by the fastest way (Dijkstra's)."""
    queue = [(depth, name) for name, depth in start.items()]
    while queue:
        depth, name = heappop(queue)
        if name not in found:
            found[name] = depth
            for target, steps in hops[name].items():
                heappush(queue, (depth + steps, target))


class _AtOnce:
    """What a population reaches in the same step of the file; looked up once."""

    def __init__(self, connections: list[Connection]) -> None:
        self._feeds: dict[str, set[str]] = defaultdict(set)
        for c in connections:
            if not c.lag.all():
                self._feeds[c.source].add(c.target)
        self._found: dict[str, set[str]] = {}

    def reached(self, name: str) -> set[str]:
        """Names of populations, the first one too."""
        if name not in self._found:
            found, waiting = {name}, [name]
            while waiting:
                new = self._feeds[waiting.pop()] - found
                found |= new
                waiting += new
            self._found[name] = found
        return self._found[name]
