"""A snapshot is the whole state: what is restored goes on bit for bit, on every engine.

The cases are those of the backends; `UNSUPPORTED` says there what an engine refuses, and why.
"""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsam.arrays import Spikes
from realsam.cli.backends import ENGINES, require
from realsam.errors import BackendUnavailableError
from realsam.ir import Engine, Network
from realsam.ir.tensor_file import load_tensors, save_tensors
from tests import strategies
from tests.conformance.test_backends import CASES, UNSUPPORTED

HALF = 5  # tokens before the snapshot
PAIRS = [pair for pair in product(CASES, ENGINES) if pair not in UNSUPPORTED]


def engine(name: str, network: Network) -> Engine:
    """An engine at rest, or a skip with what is missing."""
    try:
        require(name)
    except BackendUnavailableError as missing:
        pytest.skip(str(missing))
    return ENGINES[name](network, False)


def told(moving: Engine, rows: Spikes) -> list[bytes]:
    """All spikes and readout voltages of some tokens."""
    return [b"".join(values.tobytes() for values in moving.token(row)) for row in rows]


@pytest.mark.parametrize(("case", "name"), PAIRS)
def test_restored_engine_goes_on(case: str, name: str) -> None:
    """Another engine with the state of the first, which went on meanwhile."""
    network, spikes = CASES[case]()
    first, second = engine(name, network), engine(name, network)
    told(second, spikes)  # whatever it did before
    told(first, spikes[:HALF])

    kept = first.snapshot()
    expected = told(first, spikes[HALF:])
    second.restore(kept)

    assert expected == told(second, spikes[HALF:])


@pytest.mark.parametrize("name", ENGINES)
def test_snapshot_survives_its_file(name: str, tmp_path: pytest.TempPathFactory) -> None:
    """Names, types, shapes and values of the arrays."""
    network, spikes = CASES["dense-0"]()
    moving = engine(name, network)
    told(moving, spikes)
    kept = moving.snapshot()

    save_tensors(tmp_path / "state", kept)
    read, _ = load_tensors(tmp_path / "state")

    assert {n: (v.dtype, v.tolist()) for n, v in kept.items()} == {
        n: (v.dtype, v.tolist()) for n, v in read.items()
    }


@pytest.mark.parametrize(("source", "target"), [("sim", "torch"), ("torch", "sim")])
def test_simulator_and_torch_share_their_snapshots(source: str, target: str) -> None:
    """What one kept the other takes up."""
    network, spikes = CASES["dense-1"]()
    first, second = engine(source, network), engine(target, network)
    told(first, spikes[:HALF])

    second.restore(first.snapshot())

    assert told(first, spikes[HALF:]) == told(second, spikes[HALF:])


@settings(max_examples=30, deadline=None)
@given(case=strategies.cases(), half=st.integers(0, 6), name=st.sampled_from(["reference", "sim"]))
def test_any_network_goes_on(case: strategies.Case, half: int, name: str) -> None:
    """Networks drawn edges first, from any token on."""
    first, second = (ENGINES[name](case.network, False) for _ in range(2))
    told(first, case.spikes[:half])

    second.restore(first.snapshot())

    assert told(first, case.spikes[half:]) == told(second, case.spikes[half:])


def test_snapshot_is_a_copy() -> None:
    """The engine goes on without it."""
    network, spikes = CASES["dense-0"]()
    for name in ENGINES:
        moving = engine(name, network)
        told(moving, spikes[:HALF])
        kept = moving.snapshot()
        before = {n: values.copy() for n, values in kept.items()}

        told(moving, spikes[HALF:])

        assert all(np.array_equal(before[n], kept[n]) for n in kept), name
