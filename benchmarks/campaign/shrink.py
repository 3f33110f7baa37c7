"""A failing case made smaller, as long as it fails: what a person can look at."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from benchmarks.campaign.case import Case
from realsam.ir import Network, Sparse

_ATTEMPTS = 300  # a reference run each


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """A case that still fails: fewer tokens, projections, populations, weights and registers."""
    attempts = 0
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(case):
            attempts += 1
            if attempts > _ATTEMPTS:
                return case
            if fails(smaller):
                case, progress = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less, the largest things first."""
    tokens = len(case.spikes)
    for n in dict.fromkeys((tokens // 2, tokens - 1)):
        if 0 < n < tokens:
            yield replace(case, spikes=case.spikes[:n])
            yield replace(case, spikes=case.spikes[-n:])
    for network in _simpler(case.network):
        yield replace(case, network=network)
    for half in np.array_split(np.arange(case.network.input.size), 2):
        if case.spikes[:, half].any():
            quiet = case.spikes.copy()
            quiet[:, half] = 0
            yield replace(case, spikes=quiet)
    if (units := np.clip(case.spikes, -1, 1)).tolist() != case.spikes.tolist():
        yield replace(case, spikes=units)


def _simpler(network: Network) -> Iterator[Network]:
    for i in range(len(network.projections)):
        fewer = (*network.projections[:i], *network.projections[i + 1 :])
        yield replace(network, projections=fewer)
    used = {network.readout, *(n for q in network.projections for n in (q.target, *q.sources))}
    for population in network.populations:
        if population.name not in used:
            others = tuple(p for p in network.populations if p is not population)
            yield replace(network, populations=others)
    for i, q in enumerate(network.projections):
        both = network.projections[:i], network.projections[i + 1 :]
        if isinstance(q.weight, Sparse):
            yield replace(network, projections=(*both[0], replace(q, weight=q.matrix), *both[1]))
            continue
        for axis in (0, 1):
            for half in np.array_split(np.arange(q.weight.shape[axis]), 2):
                weight = q.weight.copy()
                weight[(half, slice(None)) if axis == 0 else (slice(None), half)] = 0
                if (weight != q.weight).any():
                    changed = (replace(q, weight=weight),)
                    yield replace(network, projections=(*both[0], *changed, *both[1]))
    for i, p in enumerate(network.populations):
        simpler = [replace(p, bias=p.bias * 0)] if p.bias.any() else []
        simpler += [replace(p, reset=None)] if p.reset else []
        for other in simpler:
            both = network.populations[:i], network.populations[i + 1 :]
            yield replace(network, populations=(*both[0], other, *both[1]))
