"""A Network as plain values, for the script of the page, which plays it."""

from typing import Any

import numpy as np

from realsam.arrays import I64
from realsam.ir import Network, Projection, Sparse, as_list


def to_json(network: Network) -> dict[str, Any]:
    """Every register, weight and delay; one number stands for an array of equal ones.

    Resets are left out: the script plays none.
    """
    assert not any(p.reset for p in network.populations)
    return {
        "input": {"name": network.input.name, "size": network.input.size},
        "populations": [
            {
                "name": p.name,
                "size": p.size,
                **{name: _short(getattr(p, name)) for name in ("du", "dv", "bias", "vth")},
            }
            for p in network.populations
        ],
        "projections": [_projection(q) for q in network.projections],
    }


def _projection(projection: Projection) -> dict[str, Any]:
    weight = projection.weight
    synapses = weight if isinstance(weight, Sparse) else as_list(weight)
    return {
        "target": projection.target,
        "sources": projection.sources,
        "exponent": projection.weight_exp,
        "delay": _short(projection.delay),
        "counts": np.diff(synapses.start).tolist(),
        "targets": synapses.target.tolist(),
        "weights": _short(synapses.weight.astype(np.int64)),
    }


def _short(values: I64) -> int | list[int]:
    """The values, or the one that all of them are."""
    first = values[:1].tolist()
    return int(first[0]) if first and np.all(values == first[0]) else values.tolist()
