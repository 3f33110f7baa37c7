"""Rules of weights, delays and the number of synapses."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from realsam.arrays import I64
from realsam.checking.rule import Rule, Subject, Violation, and_more
from realsam.ir import Network, Projection, Sparse, place

_CHUNK = 1 << 22  # synapses looked at together


def _weight_range(subject: Subject) -> Iterator[Violation]:
    low, high = subject.limit("weight_min"), subject.limit("weight_max")
    for q in subject.network.projections:
        if q.stored.size and (q.stored.min() < low or q.stored.max() > high):
            wrong = (q.stored < low) | (q.stored > high)
            fix = "quantize the projection with a larger weight exponent"
            yield Violation(q.name, _weights(q, wrong), f"{low}..{high}", fix)


def _weight_step(subject: Subject) -> Iterator[Violation]:
    step = subject.limit("weight_step")
    for q in subject.network.projections:
        if _has_others(q, step):
            fix = "round them, or double them all and take a weight exponent that is one lower"
            yield Violation(q.name, _weights(q, q.stored % step != 0), f"multiples of {step}", fix)


def _has_others(q: Projection, step: int) -> bool:
    """Whether some weight is no multiple of step; fast for powers of two."""
    if step & (step - 1) == 0:
        return bool(int(np.bitwise_or.reduce(q.stored, axis=None)) & (step - 1))
    return bool(np.any(q.stored % step))


def _weights(q: Projection, wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    k = int(np.flatnonzero(wrong)[0])
    i, j = place(q.weight, k)
    return f"weight[{i}, {j}] = {q.stored.flat[k]}{and_more(int(wrong.sum()))}"


def _weight_exp(subject: Subject) -> Iterator[Violation]:
    low, high = subject.limit("weight_exp_min"), subject.limit("weight_exp_max")
    for q in subject.network.projections:
        if not low <= q.weight_exp <= high:
            fix = "scale the weights by powers of two, and the thresholds with them"
            yield Violation(q.name, f"weight_exp = {q.weight_exp}", f"{low}..{high}", fix)


def _delay(subject: Subject) -> Iterator[Violation]:
    high = subject.limit("delay_max")
    for q in subject.network.projections:
        places = np.flatnonzero((q.delay < 0) | (q.delay > high))
        if places.size:
            value = f"delay[{places[0]}] = {q.delay[places[0]]}{and_more(places.size)}"
            fix = "use fewer steps per token, or relay the spikes through a population"
            yield Violation(q.name, value, f"0..{high}", fix)


def _fan_in(subject: Subject) -> Iterator[Violation]:
    most, network = subject.limit("fan_in"), subject.network
    into: dict[str, list[Projection]] = {}
    for q in network.projections:
        into.setdefault(q.target, []).append(q)
    for name, projections in into.items():
        if sum(q.delay.size for q in projections) <= most:
            continue  # not even if all synapses were there
        for i, n in _above(_sources(network, projections), most):
            fix = "prune synapses, or sum the sources in several populations first"
            yield Violation(f"{name}[{i}]", f"{n:,} sources", f"{most:,}", fix)


def _above(counts: I64, most: int) -> Iterator[tuple[int, int]]:
    """The neuron with the largest count, if that is too large."""
    if counts.max() > most:
        i = int(counts.argmax())
        yield i, int(counts[i])


def _sources(network: Network, projections: list[Projection]) -> I64:
    """[N] different neurons that each neuron of one population hears through its projections."""
    size = len(projections[0].weight)
    columns = np.concatenate([network.columns(q) for q in projections])
    sources, which = np.unique(columns, return_inverse=True)
    if any(isinstance(q.weight, Sparse) for q in projections):
        return _listed_sources(size, sources.size, projections, which)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(sources.size))
    counts = np.zeros(size, np.int64)
    step = max(1, _CHUNK // columns.size)
    for start in range(0, size, step):
        rows = slice(start, start + step)
        heard = np.concatenate([q.matrix[rows] != 0 for q in projections], axis=1)[:, order]
        counts[rows] = np.logical_or.reduceat(heard, starts, axis=1).sum(axis=1)
    return counts


def _listed_sources(size: int, n_sources: int, projections: list[Projection], which: I64) -> I64:
    """The same, pair by pair of neurons; `which` source each column of all projections is."""
    pairs, end = [], 0
    for q in projections:
        start, end = end, end + q.delay.size
        if isinstance(q.weight, Sparse):
            targets, sources = q.weight.target, q.weight.source
        else:
            targets, sources = (ends.astype(np.int32) for ends in np.nonzero(q.weight))
        pairs.append(targets.astype(np.int64) * n_sources + which[start:end][sources])
    found = np.unique(np.concatenate(pairs))
    return np.bincount(found // n_sources, minlength=size).astype(np.int64)


def _fan_out(subject: Subject) -> Iterator[Violation]:
    most, network = subject.limit("fan_out"), subject.network
    reached: Counter[str] = Counter()
    for q in network.projections:
        for name in q.sources:
            reached[name] += len(q.weight)
    if max(reached.values(), default=0) <= most:
        return  # not even if all synapses were there
    for name, counts in network.fan_out().items():
        for i, n in _above(counts, most):
            fix = "prune synapses, or send the spikes on through a second population"
            yield Violation(f"{name}[{i}]", f"{n:,} synapses", f"{most:,}", fix)


RULES = (
    Rule(
        "weight_range",
        "every weight fits 8 bits with sign",
        "error",
        ("weight_min", "weight_max"),
        _weight_range,
    ),
    Rule(
        "weight_step",
        "weights of mixed sign are even",
        "error",
        ("weight_step",),
        _weight_step,
    ),
    Rule(
        "weight_exponent",
        "a projection's weight exponent fits its field",
        "error",
        ("weight_exp_min", "weight_exp_max"),
        _weight_exp,
    ),
    Rule("delay", "extra steps of a synapse fit 6 bits", "error", ("delay_max",), _delay),
    Rule("fan_in", "a neuron's sources reach its core", "error", ("fan_in",), _fan_in),
    Rule("fan_out", "a neuron's targets can be reached", "error", ("fan_out",), _fan_out),
)
