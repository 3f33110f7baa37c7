"""`realsam run` with a graded input and resets: payloads from a file, on every backend."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.netx import to_netx
from realsam.arrays import I32
from realsam.cli.backends import BACKENDS, installed
from realsam.ir import Network, Replay, Reset, load_run, to_network
from sim import reference
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed


def graded() -> Network:
    """The tiny clock with payloads of 8 bits and a layer that forgets."""
    clock = to_network(tiny.clock())
    first, *others = clock.populations
    forgetful = replace(first, reset=Reset(5, 2)), *others
    return replace(clock, input=replace(clock.input, message_bits=8), populations=forgetful)


def payloads() -> I32:
    """Both ends, zero, and small ones."""
    rng = np.random.default_rng(4)
    return rng.choice(np.array([-128, -1, 0, 1, 127], np.int32), (30, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the network and payloads for it."""
    to_netx(graded(), tmp_path / "network.net")
    np.savez(tmp_path / "spikes.npz", payloads())
    return tmp_path


def run(folder: Path, *words: object) -> tuple[object, ...]:
    """The words of a command on the files of the folder."""
    return ("run", folder / "network.net", "--input", folder / "spikes.npz", *words)


@pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)
def test_payloads_and_resets_run(backend: str, folder: Path) -> None:
    """As the reference plays them; torch has neither and says so."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    truth = reference.run(graded(), Replay(payloads()))
    words = run(folder, "--backend", backend, "--out", folder / "saved.run", "--format", "json")

    if backend == "torch":
        expected = "the network does not follow the token clock: in is graded; run it with the"
        assert error(call(*words)).startswith(expected)
        return
    values = parsed(call(*words))

    saved = load_run(folder / "saved.run")
    assert values["digests"] == truth.digests() == saved.digests()
    assert np.array_equal(payloads(), saved.spikes["in"])
    messages = int(np.count_nonzero(payloads()))
    assert values["populations"][0]["n_spikes"] == messages
    assert values["populations"][0]["firing_rate"] == messages / payloads().size


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_payloads_may_be_any_numbers(folder: Path, dtype: type) -> None:
    """That are integers; silence follows them."""
    truth = np.concatenate([payloads(), np.zeros((4, 2), np.int32)])
    expected = reference.run(graded(), Replay(truth)).digests()
    np.savez(folder / "spikes.npz", payloads().astype(dtype))

    assert parsed(call(*run(folder, "--steps", 34, "--format", "json")))["digests"] == expected


RANGE = "is not an integer in -128..127; scale and round the payloads"
PAYLOADS = {
    "high": ([[0, 1], [128, 0]], f"row 1, line 0 = 128 {RANGE}"),
    "low": ([[0, -129]], f"row 0, line 1 = -129 {RANGE}"),
    "huge": ([[0, 2**60]], f"row 0, line 1 = {2**60} {RANGE}"),
    "fraction": ([[0.5, 1]], f"row 0, line 0 = 0.5 {RANGE}"),
    "nan": ([[0, np.nan]], f"row 0, line 1 = nan {RANGE}"),
    "infinity": ([[0, -np.inf]], f"row 0, line 1 = -inf {RANGE}"),
    "strings": ([["0", "1"]], "holds <U1, not numbers; store integers"),
    "lines": ([[1, 2, 3]], "the spikes are [1, 3], but the network has 2 input lines"),
}


@pytest.mark.parametrize(("values", "message"), PAYLOADS.values(), ids=list(PAYLOADS))
def test_unusable_payload_is_named(folder: Path, values: object, message: str) -> None:
    """Of a graded input; nothing is written."""
    np.savez(folder / "spikes.npz", np.asarray(values))
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / "saved.run")))

    assert line.startswith(f"{folder / 'spikes.npz'}: {message}")
    assert before == everything(folder)
