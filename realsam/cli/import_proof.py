"""The proof of an import: its integers beside the file in float64, simulator beside reference."""

from dataclasses import asdict
from typing import Any

import numpy as np

from export.imported import Imported
from export.quantize import ImportParity, Quantized, compare, rows_to_play, simulate
from realsam.arrays import Spikes
from realsam.errors import CurrentOverflowError
from realsam.ir import Network, Replay, Run
from sim import reference, simulator

_STEPS = 200  # of random input, fewer in large networks
_WORK = 5e8  # synapses times steps
_DENSITY = 0.2  # spikes per line and step


def prove(found: Imported, given: Spikes | None) -> dict[str, Any]:
    """The integers beside the file in float64, the simulator beside the reference."""
    network, quantized = found.network, found.quantized
    size = sum(q.stored.size for q in network.projections)
    spikes = _random(network, size) if given is None else given
    rows = rows_to_play(quantized, spikes) if quantized else spikes
    wraps = None
    try:
        run = simulator.run(network, Replay(rows), strict=True)
    except CurrentOverflowError as error:
        wraps, run = error.message, simulator.run(network, Replay(rows))
    expected = reference.run(network, Replay(rows[: max(1, int(_WORK // max(1, size)))]))
    fixed = {
        name: int(np.count_nonzero(run.spikes[name][: expected.n_tokens] != wanted))
        for name, wanted in expected.spikes.items()
    }
    told: dict[str, Any] = {
        "input": "given" if given is not None else f"random, {_DENSITY:.0%} spikes",
        "wraps": wraps,
        "fixed_parity": {"n_steps": expected.n_tokens, "n_mismatches": fixed},
    }
    if quantized:
        told["float_parity"] = asdict(_float_parity(quantized, spikes, run))
    return told


def _float_parity(quantized: Quantized, spikes: Spikes, run: Run) -> ImportParity:
    played = simulate(quantized.model, quantized.schedule, spikes)
    return compare(quantized, played, run)


def _random(network: Network, size: int) -> Spikes:
    steps = int(np.clip(_WORK // max(1, size), 20, _STEPS))
    rng = np.random.default_rng(0)
    drawn = rng.random((steps, network.input.size)) < _DENSITY
    return drawn.astype(network.input.dtype)
