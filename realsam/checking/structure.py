"""Rules of the network as a whole: payloads, the token clock, loops, names."""

import heapq
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from realsam.checking.rule import Rule, Subject, Violation, and_more
from realsam.ir import Network

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
Edges = dict[str, list[tuple[str, int]]]  # source -> targets, and steps to get there


def _payload(subject: Subject) -> Iterator[Violation]:
    most, lines = subject.limit("message_bits"), subject.network.input
    if lines.message_bits > most:
        fix = f"scale the payloads to {most} bits" if most else "spread a payload over plain lines"
        limit = f"at most {most}" if most else "0: plain spikes"
        yield Violation(lines.name, f"message_bits = {lines.message_bits}", limit, fix)


def _steps(subject: Subject) -> Iterator[Violation]:
    steps, most = subject.network.steps_per_token, subject.limit("steps_per_token_max")
    if not 1 <= steps <= most:
        fix = "use fewer layers, or lay out and train the network with fewer steps"
        yield Violation("network", f"steps_per_token = {steps}", f"1..{most}", fix)


def _readout(subject: Subject) -> Iterator[Violation]:
    network = subject.network
    if network.steps_per_token == 1:
        return  # a pipeline: each row is a step, and the readout is late by all layers
    arrival = _arrivals(network).get(network.readout)
    value = f"readout_phase = {network.readout_phase}"
    if arrival is None:
        fix = "connect it, or name another readout"
        yield Violation(network.readout, "no path from the input", "heard in its token", fix)
    elif arrival > network.readout_phase:
        fix = "read later, with more steps per token if need be, or shorten the delays"
        limit = f"{arrival}, when the input of the token arrives"
        yield Violation(network.readout, value, limit, fix)


def _io_steps(subject: Subject) -> Iterator[Violation]:
    network, steps = subject.network, subject.limit("io_steps")
    least = network.readout_phase + steps
    if 1 < network.steps_per_token < least:
        value = f"steps_per_token = {network.steps_per_token}"
        limit = f"{least}: phase {network.readout_phase} and {steps} steps of I/O"
        fix = "train with more steps per token if the next token depends on this one"
        yield Violation("network", value, limit, fix)


def _arrivals(network: Network) -> dict[str, int]:
    """The first phase in which each population hears the input of the token."""
    edges, found = _edges(network), dict[str, int]()
    queue = [(0, network.input.name)]
    while queue:
        phase, name = heapq.heappop(queue)
        if name not in found:
            found[name] = phase
            for target, latency in edges.get(name, ()):
                heapq.heappush(queue, (phase + latency, target))
    return found


def _edges(network: Network) -> Edges:
    """All pairs of populations that a spike passes between, each with its latencies."""
    sizes = network.sizes
    edges: Edges = {name: [] for name in sizes}
    for q in network.projections:
        ends = np.cumsum([sizes[name] for name in q.sources])[:-1]
        for name, delays in zip(q.sources, np.split(q.delay, ends), strict=True):
            edges[name] += [(q.target, int(d) + 1) for d in np.unique(delays)]
    return edges


def _loops(subject: Subject) -> Iterator[Violation]:
    """Where a loop is no whole number of tokens long.

    Within a loop every population has a phase; a connection that arrives in another is named.
    """
    network = subject.network
    steps = network.steps_per_token
    edges = _edges(network)
    for members in _components(edges):
        phases = _phases(members, edges, steps)
        wrong = [
            (source, target, latency)
            for source in members
            for target, latency in edges[source]
            if target in phases and (phases[source] + latency - phases[target]) % steps
        ]
        for source, target, latency in wrong[:1]:
            off = (phases[source] + latency - phases[target]) % steps
            value = f"{latency} steps: a loop of {off} more than whole tokens{and_more(len(wrong))}"
            fix = "let the delays of a loop, and one step for each hop, sum to a multiple"
            yield Violation(f"{source}->{target}", value, f"multiples of {steps} steps", fix)


def _phases(members: set[str], edges: Edges, steps: int) -> dict[str, int]:
    """A phase for each member of a component, as its connections have it, the first one found."""
    start = min(members)
    phases, queue = {start: 0}, [start]
    while queue:
        source = queue.pop()
        for target, latency in edges[source]:
            if target in members and target not in phases:
                phases[target] = (phases[source] + latency) % steps
                queue.append(target)
    return phases


def _components(edges: Edges) -> Iterator[set[str]]:
    """The strongly connected components: the populations that loops join (Kosaraju)."""
    backward: Edges = {name: [] for name in edges}
    for source, targets in edges.items():
        for target, latency in targets:
            backward[target].append((source, latency))
    seen: set[str] = set()
    order = [name for root in edges for name in _finished(root, edges, seen)]
    seen = set()
    for root in reversed(order):
        if members := set(_finished(root, backward, seen)):
            yield members


def _finished(root: str, edges: Edges, seen: set[str]) -> Iterator[str]:
    """The nodes not seen before that root reaches, each after those that it leads to."""
    if root in seen:
        return
    seen.add(root)
    stack = [(root, iter(edges[root]))]
    while stack:
        name, targets = stack[-1]
        for target, _ in targets:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(edges[target])))
                break
        else:
            stack.pop()
            yield name


def _names(subject: Subject) -> Iterator[Violation]:
    network = subject.network
    counts = Counter([network.input.name, *(p.name for p in network.populations)])
    for name, n in counts.items():
        broken = not name or "/" in name or "\0" in name or not _is_text(name)
        if n > 1:
            yield Violation(repr(name), f"{n} populations", "one", "rename all but one")
        elif broken:
            limit = "text without '/' and NUL"
            yield Violation(repr(name), "no name that HDF5 can hold", limit, "rename it")
        elif not _PLAIN.fullmatch(name):
            limit = "1 to 64 of A-Z a-z 0-9 _ . + -"
            fix = "rename it if another tool is to read it"
            yield Violation(repr(name), f"{len(name)} characters", limit, fix, is_certain=False)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


_CLOCK = "the token clock (ADR-0003)"

RULES = (
    Rule("payload", "graded spikes fit the chip's messages", "error", ("message_bits",), _payload),
    Rule(
        "steps_per_token",
        "a token takes no more steps than a recurrent delay can span",
        "error",
        ("steps_per_token_max",),
        _steps,
    ),
    Rule(
        "readout_phase",
        "the readout hears a token before the host reads it",
        "warning",
        (),
        _readout,
        _CLOCK,
    ),
    Rule(
        "io_steps",
        "a token leaves the chip's I/O time for the next one",
        "warning",
        ("io_steps",),
        _io_steps,
    ),
    Rule(
        "loops",
        "a loop takes whole tokens: what returns meets its own phase",
        "warning",
        (),
        _loops,
        _CLOCK,
    ),
    Rule(
        "names",
        "names are unique, and every file format can hold them",
        "error",
        (),
        _names,
        "HDF5; docs/ir.md",
    ),
)
