"""The proof of an import: its integers beside the file in float64, simulator beside reference."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from export.imported import Imported
from export.quantize import ImportParity, Quantized, compare, rows_to_play, simulate
from realsam.arrays import Spikes
from realsam.cli.spikes import DENSITY, WORK, n_random_steps, random_spikes
from realsam.errors import CurrentOverflowError
from realsam.ir import Network, Replay, Run
from sim import reference, simulator


def prove(found: Imported, given: Spikes | None) -> dict[str, Any]:
    """The integers beside the file in float64, the simulator beside the reference."""
    network, quantized = found.network, found.quantized
    size = sum(q.stored.size for q in network.projections)
    spikes = _random(network) if given is None else given
    rows = rows_to_play(quantized, spikes) if quantized else spikes
    wraps = None
    try:
        run = simulator.run(network, Replay(rows), strict=True)
    except CurrentOverflowError as error:
        wraps, run = error.message, simulator.run(network, Replay(rows))
    expected = reference.run(network, Replay(rows[: max(1, int(WORK // max(1, size)))]))
    fixed = {
        name: int(np.count_nonzero(run.spikes[name][: expected.n_tokens] != wanted))
        for name, wanted in expected.spikes.items()
    }
    told: dict[str, Any] = {
        "input": "given" if given is not None else f"random, {DENSITY:.0%} spikes",
        "wraps": wraps,
        "fixed_parity": {"n_steps": expected.n_tokens, "n_mismatches": fixed},
    }
    if quantized:
        told["float_parity"] = asdict(_float_parity(quantized, spikes, run))
    return told


def _float_parity(quantized: Quantized, spikes: Spikes, run: Run) -> ImportParity:
    played = simulate(quantized.model, quantized.schedule, spikes)
    return compare(quantized, played, run)


def _random(network: Network) -> Spikes:
    """Random spikes; graded lines, which stand for biases, carry 0 or 1, too."""
    plain = replace(network.input, message_bits=0)
    return random_spikes(plain, n_random_steps(network)).astype(network.input.dtype)
