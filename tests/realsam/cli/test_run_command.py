"""`realsam run`: any network file on input spikes, on every backend."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from export.bundle import load_bundle
from export.netx import to_netx
from realsam.cli.backends import BACKENDS, installed
from realsam.ir import Replay, load_run
from sim import reference
from tests import strategies
from tests.realsam.cli.conftest import call, error, parsed
from tests.realsam.cli.runs import network, overflowing, run, spikes

every_backend = pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)


@every_backend
def test_the_saved_run_is_the_references(backend: str, folder: Path) -> None:
    """Spikes of every population and readout voltages, from the file on disk."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    truth = reference.run(network(), Replay(spikes()))

    result = call(*run(folder, "--backend", backend, "--out", folder / "saved.run"))

    assert result.exit_code == 0, result.output
    saved = load_run(folder / "saved.run")
    assert (saved.backend, saved.network) == (backend, network().digest)
    assert truth.digests() == saved.digests()
    assert np.array_equal(truth.voltage, saved.voltage)


@pytest.mark.parametrize("backend", ["sim", "reference"])
@pytest.mark.parametrize("seed", range(4))
def test_any_network_runs_step_by_step(seed: int, backend: str, tmp_path: Path) -> None:
    """Current memory, biases, delays and exponents; a row is one time step."""
    rng = np.random.default_rng(seed)
    free = strategies.network(rng, steps_per_token=1)
    given = strategies.input_spikes(rng, free, 40)
    to_netx(free, tmp_path / "network.net")
    np.savez(tmp_path / "spikes.npz", given)

    values = parsed(call(*run(tmp_path, "--backend", backend, "--format", "json")))

    assert values["steps"] == 40
    assert values["digests"] == reference.run(free, Replay(given)).digests()


@pytest.mark.parametrize("source", ["network.net", "network.nir"])
def test_a_file_is_known_by_its_content(folder: Path, source: str) -> None:
    """Whatever its name says."""
    names = ("any", "any.net", "any.nir", "any.h5", "any.hdf5")
    for name in names:
        shutil.copy(folder / source, folder / name)

    digests = {
        parsed(call(*run(folder, "--format", "json", file=name)))["network"] for name in names
    }

    assert digests == {network().digest}


def test_a_bundle_is_a_network(small: Path, tmp_path: Path) -> None:
    """Without its language."""
    bundle = load_bundle(small)
    np.save(tmp_path / "spikes.npy", bundle.host.code[:9])

    values = parsed(call("run", small, "--input", tmp_path / "spikes.npy", "--format", "json"))

    assert values["network"] == bundle.network.digest
    assert (
        values["digests"] == reference.run(bundle.network, Replay(bundle.host.code[:9])).digests()
    )


def test_the_table_counts_every_population(folder: Path) -> None:
    """Neurons, spikes, firing rate; then time steps and speed."""
    truth = reference.run(network(), Replay(spikes()))

    lines = call(*run(folder)).stdout.splitlines()

    assert lines[0].split() == ["population", "neurons", "spikes", "firing", "rate"]
    for line, (name, fired) in zip(lines[2:6], truth.spikes.items(), strict=True):
        counted = [name, str(fired.shape[1]), str(fired.sum()), f"{fired.mean():.2%}"]
        assert line.split() == counted
    assert lines[7] == "time steps  210 (30 tokens of 7; firing rates are per token)"
    assert lines[8].startswith("speed ")
    assert " steps/s on sim (" in lines[8]


def test_the_keys_are_stable(folder: Path) -> None:
    """Of the run and of each population."""
    values = parsed(call(*run(folder, "--out", folder / "saved.run", "--format", "json")))

    assert set(values) == {
        "network",
        "backend",
        "steps",
        "tokens",
        "steps_per_token",
        "steps_per_second",
        "populations",
        "readout",
        "digests",
        "out",
        "versions",
    }
    assert [p["name"] for p in values["populations"]] == list(network().sizes)
    assert set(values["populations"][0]) == {"name", "kind", "neurons", "n_spikes", "firing_rate"}
    assert values["out"] == str(folder / "saved.run")


@pytest.mark.parametrize("backend", ["sim", "reference"])
def test_strict_refuses_what_would_wrap(tmp_path: Path, backend: str) -> None:
    """By neuron, value and time step; without it the run goes on."""
    to_netx(overflowing(), tmp_path / "network.net")
    np.savez(tmp_path / "spikes.npz", np.ones((3, 2)))
    words = run(tmp_path, "--backend", backend, "--out", tmp_path / "saved.run")

    line = error(call(*words, "--strict"))

    assert line.startswith("out[0]: current u = ")
    assert " at timestep 1 is outside " in line
    assert not (tmp_path / "saved.run").exists()
    assert call(*words).exit_code == 0
