"""Export proves itself: what fails the proof, or is interrupted, leaves nothing behind."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export import bundle as bundle_module
from export import nir
from export.bundle import load_bundle
from realsam import files
from realsam import lower as lower_module
from realsam.cli import proof
from realsam.cli.observation import observe
from realsam.errors import MismatchError
from realsam.ir import (
    Host,
    Input,
    Layer,
    Network,
    Replay,
    Run,
    TokenClock,
    readout_layer,
    to_network,
)
from sim import reference
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed

pytestmark = pytest.mark.usefixtures("two_backends")
Patch = pytest.MonkeyPatch


def interrupt(*_: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def mismatch(*_: object) -> None:
    """A backend that disagrees."""
    raise MismatchError("not exact: token 4", "report this")


def full(*_: object) -> None:
    """No space left."""
    raise OSError(28, "No space left on device")


def crash(*_: object) -> None:
    """A bug of ours."""
    raise ZeroDivisionError


@pytest.mark.parametrize("stop", [interrupt, mismatch, full, crash])
def test_failed_proof_leaves_nothing(
    run: Path, monkeypatch: Patch, stop: Callable[..., None]
) -> None:
    """No folder, no part of one."""
    before = everything(run)
    monkeypatch.setattr(proof, "play", stop)

    result = call("export", run)

    assert result.exit_code == (130 if stop is interrupt else 1)
    assert before == everything(run)
    assert not [p for p in run.parent.rglob("*") if "partial" in p.name or "bundle" in p.name]


@pytest.mark.parametrize("stop", [interrupt, mismatch, full, crash])
@pytest.mark.parametrize("where", ["proof", "network", "record", "swap"])
def test_failed_export_keeps_the_older_bundle(
    run: Path, bundle: Path, monkeypatch: Patch, stop: Callable[..., None], where: str
) -> None:
    """Wherever it stops, every byte is the same and the folder loads."""
    shutil.copytree(bundle, run / "bundle")
    before = everything(run)
    owner, name = {
        "proof": (proof, "play"),
        "network": (nir, "to_nir"),
        "record": (bundle_module, "save_run"),
        "swap": (files, "swap"),
    }[where]
    monkeypatch.setattr(owner, name, stop)

    assert call("export", run).exit_code == (130 if stop is interrupt else 1)

    assert before == everything(run)
    assert load_bundle(run / "bundle").network == load_bundle(bundle).network


def test_failed_rename_puts_the_older_bundle_back(
    run: Path, bundle: Path, monkeypatch: Patch
) -> None:
    """The last moment at which something can go wrong."""
    shutil.copytree(bundle, run / "bundle")
    before = everything(run)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith(".bundle."):
            full()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)

    assert "No space left on device" in error(call("export", run))

    assert before == everything(run)


@pytest.mark.parametrize("out", [".", "notes", "notes/mine.txt"])
def test_export_does_not_replace_what_is_no_bundle(
    run: Path, tmp_path: Path, monkeypatch: Patch, out: str
) -> None:
    """A folder or file of the user's stays."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    before = everything(tmp_path)

    line = error(call("export", run, "--out", out))

    assert line == f"{(tmp_path / out).resolve()}: exists and is no bundle; give another --out"
    assert before == everything(tmp_path)


def test_export_into_an_empty_folder(run: Path, tmp_path: Path) -> None:
    """Made beforehand by a careful user."""
    (tmp_path / "empty").mkdir()

    parsed(call("export", run, "--format", "nir", "--out", tmp_path / "empty", "--json"))

    assert load_bundle(tmp_path / "empty").network_files == ["network.nir"]


Lowered = tuple[Network, Host]


def other_weight(network: Network, host: Host) -> Lowered:
    """The constant of one readout neuron 128 too high or too low."""
    last = network.projections[-1]
    weight = last.weight.copy()
    weight[3, network.input.size - 1] += 128 if weight[3, network.input.size - 1] < 0 else -128
    return replace(
        network, projections=(*network.projections[:-1], replace(last, weight=weight))
    ), host


def other_threshold(network: Network, host: Host) -> Lowered:
    """A threshold of zero in the first layer."""
    first, *others = network.populations
    return replace(network, populations=(replace(first, vth=first.vth * 0), *others)), host


def other_code(network: Network, host: Host) -> Lowered:
    """Two input lines changed places."""
    code = host.code.copy()
    code[:, [0, 1]] = code[:, [1, 0]]
    return network, replace(host, code=code)


def other_decoder(network: Network, host: Host) -> Lowered:
    """Two tokens changed places in the decoder."""
    return network, replace(host, decode=np.roll(host.decode, 1, axis=0))


def other_bias(network: Network, host: Host) -> Lowered:
    """An output bias on all tokens but one."""
    return network, replace(host, bias=host.bias + 1000 * np.arange(host.vocab_size))


@pytest.mark.parametrize(
    "fault", [other_weight, other_threshold, other_code, other_decoder, other_bias]
)
def test_fault_of_lowering_is_found(
    run: Path, monkeypatch: Patch, fault: Callable[[Network, Host], Lowered]
) -> None:
    """The record is the training module's own, so a wrong network or host cannot pass."""
    lower = lower_module.lower
    monkeypatch.setattr(lower_module, "lower", lambda *args: fault(*lower(*args)))

    assert error(call("export", run)).startswith("not exact: ")

    assert not (run / "bundle").exists()


def test_fault_of_a_backend_names_the_place(bundle: Path, monkeypatch: Patch) -> None:
    """Token, population, neuron, both values."""
    backend = proof.require("sim")

    def faulty(*args: object) -> Run:
        run = backend(*args)
        run.spikes["layer2"][4, 17] ^= 1
        return run

    monkeypatch.setattr(proof, "require", lambda _: faulty)

    line = error(call("verify", bundle, "--backends", "sim"))

    assert line.startswith("not exact: token 4, layer2[17]: spikes ")
    assert "(training) and " in line


def test_backend_that_stops_early_is_found(bundle: Path, monkeypatch: Patch) -> None:
    """The tokens that it did not play are not exact."""
    backend = proof.require("sim")

    def lazy(*args: object) -> Run:
        run = backend(*args)
        return replace(run, voltage=run.voltage[:3])

    monkeypatch.setattr(proof, "require", lambda _: lazy)

    line = error(call("verify", bundle, "--backends", "sim", "--tokens", 9))

    assert line.startswith("not exact: sim played 3 of 9 tokens")


def test_interrupted_export_says_so(run: Path, monkeypatch: Patch) -> None:
    """One line with the cure."""
    monkeypatch.setattr(proof, "play", interrupt)

    line = error(call("export", run), 130)

    assert line == "export was interrupted; nothing half-written is left, run it again"


def test_one_backend_is_no_witness_beyond_the_record(bundle: Path) -> None:
    """Up to its end the record is the other one."""
    n_tokens = load_bundle(bundle).record.n_tokens

    exact = call("verify", bundle, "--tokens", n_tokens, "--backends", "sim")
    line = error(call("verify", bundle, "--tokens", n_tokens + 1, "--backends", "sim"))

    assert exact.exit_code == 0
    assert line.startswith(f"beyond the record's {n_tokens} tokens sim would be its own witness")


def test_foreign_files_in_a_bundle_stay(run: Path, bundle: Path) -> None:
    """Such as a model card."""
    shutil.copytree(bundle, run / "bundle")
    (run / "bundle" / "MODEL_CARD.md").write_text("mine")

    assert call("export", run).exit_code == 0

    assert (run / "bundle" / "MODEL_CARD.md").read_text() == "mine"


def test_peaks_are_those_before_wrap_and_reset() -> None:
    """600 inputs of weight 254 in one step wrap the current of a neuron that then spikes."""
    lines = 600
    weight = np.full((1, lines), 254, np.int16)
    layer = Layer("a", np.array([0]), np.array([1]), ("in",), weight)
    out = readout_layer("out", ("a",), np.array([[2]], np.int16))
    network = to_network(TokenClock(Input("in", lines), (layer, out), 3))
    truth = reference.run(network, Replay(np.ones((1, lines), np.uint8)))

    peaks = proof._peaks(network, truth)

    assert peaks == {"a_in": 254 * lines, "v": 254 * lines << 6, "a_in_worst_case": 254 * lines}


def test_peaks_are_what_the_registers_reach() -> None:
    """In both directions, before wrap, clip and reset; the worst case takes all sources at once."""
    network = tiny.network()
    spikes = (np.random.default_rng(3).random((20, 2)) < 0.6).astype(np.uint8)
    run = reference.run(network, Replay(spikes))
    reached = observe(network, spikes).values()

    peaks = proof._peaks(network, run)

    for register in ("a_in", "v"):
        ends = [getattr(reach, register) for reach in reached]
        assert peaks[register] == max(int(abs(x).max()) for e in ends for x in (e.low, e.high)) > 0
    assert peaks["a_in_worst_case"] == 14
