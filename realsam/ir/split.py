"""Split populations by register value: a chip wants one du, one dv and one vth per population.

`layer1` with three sets of values becomes `layer1.0`, `layer1.1`, `layer1.2`. Weights and delays
go with their neurons, so every neuron hears the same spikes in the same steps: the split network
is spike-exact, which `joined` lets a run show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from realsam.arrays import I64
from realsam.errors import NetworkError
from realsam.ir.network import Network
from realsam.ir.neuron import Lif
from realsam.ir.synapse import Projection

Array = TypeVar("Array", bound=np.ndarray)


def register_groups(lif: Lif) -> list[I64]:
    """Indices of the neurons that share du, dv and vth, the group of the first neuron first."""
    registers = np.column_stack([lif.du, lif.dv, lif.vth])
    _, first, place = np.unique(registers, axis=0, return_index=True, return_inverse=True)
    place = place.reshape(-1)
    return [np.flatnonzero(place == group) for group in np.argsort(first)]


def splits(network: Network, names: Sequence[str] | None = None) -> dict[str, list[I64]]:
    """The populations that `split` divides, each with the neurons of its parts.

    Args:
        network: any.
        names: populations to divide [all but the readout, of which the host reads one].

    Raises:
        NetworkError: for a name that is no population, or the readout if it cannot stay one.
    """
    populations = {p.name: p for p in network.populations}
    found = {}
    for name in populations if names is None else names:
        if name not in populations:
            raise NetworkError(
                f"{name!r} is no population to split",
                f"name one of {', '.join(populations)}",
            )
        groups = register_groups(populations[name])
        if len(groups) < 2 or (names is None and name == network.readout):
            continue
        if name == network.readout:
            raise NetworkError(
                f"{name}: the readout cannot be split, the host reads one population",
                "give its neurons the same registers",
            )
        found[name] = groups
    return found


def split(network: Network, names: Sequence[str] | None = None) -> Network:
    """The same network with one value per register in each of its populations.

    Args:
        network: any.
        names: populations to divide [all but the readout].

    Raises:
        NetworkError: as `splits`, or if a new name is taken.
    """
    parts = splits(network, names)
    if not parts:
        return network
    populations = [p for lif in network.populations for p in _divided(lif, parts)]
    sizes = network.sizes
    projections = [p for q in network.projections for p in _spread(sizes, q, parts)]
    return replace(network, populations=tuple(populations), projections=tuple(projections))


def joined(spikes: Mapping[str, Array], parts: Mapping[str, list[I64]]) -> dict[str, Array]:
    """Spikes [K, N] of a split network under the names, and in the order, of the original.

    Args:
        spikes: of every population of the split network.
        parts: what `splits` said of the original.
    """
    pieces = {part for name, groups in parts.items() for part in _names(name, len(groups))}
    whole = {name: given for name, given in spikes.items() if name not in pieces}
    for name, groups in parts.items():
        order = np.argsort(np.concatenate(groups))
        apart = [spikes[part] for part in _names(name, len(groups))]
        whole[name] = np.concatenate(apart, axis=-1)[..., order]  # type: ignore[assignment]
    return whole


def _names(name: str, n_parts: int) -> list[str]:
    return [f"{name}.{i}" for i in range(n_parts)]


def _divided(lif: Lif, parts: Mapping[str, list[I64]]) -> list[Lif]:
    if lif.name not in parts:
        return [lif]
    groups = parts[lif.name]
    return [
        Lif(name, lif.du[g], lif.dv[g], lif.bias[g], lif.vth[g], lif.reset)
        for name, g in zip(_names(lif.name, len(groups)), groups, strict=True)
    ]


def _spread(
    sizes: Mapping[str, int], q: Projection, parts: Mapping[str, list[I64]]
) -> list[Projection]:
    """One projection per part of the target; the columns of a source follow its parts."""
    sources: list[str] = []
    columns: list[I64] = []
    start = 0
    for name in q.sources:
        size = sizes[name]
        groups = parts.get(name, [np.arange(size)])
        sources += _names(name, len(groups)) if name in parts else [name]
        columns += [start + group for group in groups]
        start += size
    order = np.concatenate(columns)
    groups = parts.get(q.target, [np.arange(len(q.weight))])
    names = _names(q.target, len(groups)) if q.target in parts else [q.target]
    return [
        Projection(name, tuple(sources), q.taken(group, order), q.delay[order], q.weight_exp)
        for name, group in zip(names, groups, strict=True)
    ]
