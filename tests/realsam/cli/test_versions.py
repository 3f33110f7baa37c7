"""The versions that Real Sam grew from: trained, exported, and played by every backend."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.bundle import load_bundle
from realsam.cli.backends import installed
from realsam.ir import spiking
from tests.realsam.cli.conftest import call, parsed

pytest.importorskip("torch", reason="the train extra is not installed")

from realsam.train import record
from realsam.train.runs import load_run_folder

VERSIONS = ("v1", "v2", "v3", "v4")
SIZES = ("--width", 32, "--batch", 4, "--window", 16, "--steps", 6, "--eval-every", 3)


@pytest.fixture(scope="module", params=VERSIONS)
def exported(
    request: pytest.FixtureRequest, text: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    """A version, its run, and what its export proved; the bundle lies in the run."""
    name = request.param
    run = tmp_path_factory.mktemp(name) / "run"
    vocabulary = 257 if name == "v1" else 300
    words = ("--preset", name, *SIZES, "--vocab-size", vocabulary, "--device", "cpu")
    parsed(call("train", text, *words, "--out", run, "--format", "json"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "PROBE", "Once upon a time, there was a little girl named Lily.")
        proof = parsed(call("export", run, "--json"))
    return name, run, proof


def test_every_backend_gives_the_spikes_of_training(
    exported: tuple[str, Path, dict[str, Any]],
) -> None:
    """Both files, all backends that are installed, no difference."""
    _, run, proof = exported
    bundle = load_bundle(run / "bundle")

    assert proof["backends"] == installed()
    assert proof["files"] == ["network.net", "network.nir"]
    assert proof["parity"]["n_fixed"] == 0
    fired = {name: int(bundle.record.spikes[name].sum()) for name in spiking(bundle.network)}
    assert min(fired.values()) > 0, fired


def test_nothing_is_exported_for_what_is_not_wired(
    exported: tuple[str, Path, dict[str, Any]],
) -> None:
    """Every source of a projection sends it something."""
    network = load_bundle(exported[1] / "bundle").network

    for projection in network.projections:
        sizes = [network.sizes[source] for source in projection.sources]
        for block in np.split(projection.matrix, np.cumsum(sizes)[:-1], axis=1):
            assert block.any(), projection.target


def test_frozen_values_are_recorded(exported: tuple[str, Path, dict[str, Any]]) -> None:
    """In the run with the last validation, and in the manifest: the same, of the checkpoint."""
    name, run, _ = exported
    rows = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    weights = load_run_folder(run).checkpoint.model

    frozen = load_bundle(run / "bundle").manifest["frozen"]

    assert frozen == json.loads(rows[-1])["frozen"]
    expected = {"v3": {"threshold_min", "threshold_max"}, "v4": {"stress"}}
    assert expected.get(name, set()) == frozen.keys()
    if name == "v4":
        assert frozen["stress"] == weights["environment.stress"].item()
    if name == "v3":
        assert frozen["threshold_min"] < 1 < frozen["threshold_max"]


def test_wrong_target_is_one_line(text: Path, tmp_path: Path) -> None:
    """Three values for six layers."""
    words = ("--preset", "v4", "--target-firing", "0.1,0.1,0.1", "--device", "cpu")

    result = call("train", text, *words, "--out", tmp_path / "run")

    assert result.exit_code == 1
    assert "Error: target_firing has 3 values for 6 layers; give one" in result.stderr
    assert not (tmp_path / "run").exists()


def test_target_that_is_no_number_is_wrong_usage(text: Path) -> None:
    """Exit code 2."""
    assert call("train", text, "--target-firing", "0.1,much").exit_code == 2
