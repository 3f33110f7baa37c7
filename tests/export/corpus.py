"""Networks of other programs, and their recordings: not part of this repository."""

from pathlib import Path

import numpy as np
import pytest

from export.imported import Choices, Imported, import_file
from export.quantize import ImportParity, compare, rows_to_play, simulate
from realsam.arrays import F64, Spikes
from realsam.ir import Replay, Run
from sim import reference

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"
NIR, NETX = CORPUS / "nir", CORPUS / "netx"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason=f"{CORPUS} is not here")


def trace(name: str) -> F64:
    """[steps, 3] input, voltage and spike of the neuron of the NIR paper."""
    return np.loadtxt(NIR / name, delimiter=",")


def random_spikes(lines: int, steps: int = 120, seed: int = 3, rate: float = 0.2) -> Spikes:
    """[T, M] input that every run of a test gets."""
    return (np.random.default_rng(seed).random((steps, lines)) < rate).astype(np.uint8)


def play(found: Imported, spikes: Spikes) -> Run:
    """What the registers do, to the last spike of the last layer."""
    assert found.quantized is not None
    return reference.run(found.network, Replay(rows_to_play(found.quantized, spikes)))


def parity(path: Path, spikes: Spikes | None = None, **options: object) -> ImportParity:
    """A file in float64 beside the registers made from it."""
    found = import_file(path, Choices(**options))  # type: ignore[arg-type]
    assert found.quantized is not None
    given = random_spikes(found.network.input.size) if spikes is None else spikes
    played = simulate(found.quantized.model, found.quantized.schedule, given)
    return compare(found.quantized, played, play(found, given))
