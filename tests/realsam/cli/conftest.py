"""A run that is trained once and a bundle that is exported once, and how commands are called."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from export.bundle import save_bundle
from export.netx import to_netx
from export.nir import to_nir
from realsam.cli import proof
from realsam.cli.main import main as realsam
from realsam.ir import Replay, to_network
from sim import reference
from tests import strategies, tiny
from tests.realsam.cli import runs

TRAINING = [
    *("--steps", "6", "--eval-every", "3", "--batch", "4"),
    *("--window", "16", "--vocab-size", "300"),
]
needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")


def call(*words: object) -> Result:
    """Run `realsam WORDS` in this process."""
    return CliRunner().invoke(realsam, [str(word) for word in words])


def generate(*words: object) -> Result:
    """Run `python -m lava_runtime.generate WORDS` in this process."""
    from lava_runtime.generate import main

    return CliRunner().invoke(main, [str(word) for word in words])


def parsed(result: Result) -> dict[str, Any]:
    """The one JSON object on stdout of a command that went well."""
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    return json.loads(result.stdout)


def error(result: Result, exit_code: int = 1) -> str:
    """The one error line of a command that refused its input, without its first word."""
    assert result.exit_code == exit_code, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    assert result.stderr.endswith(f"{lines[0]}\n")
    return lines[0].removeprefix("Error: ")


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of random weights that hardly ever ends a text; made without torch."""
    rng, vocabulary = np.random.default_rng(2), tiny.vocabulary()
    network = to_network(strategies.token_clock(rng, width=16, lines=8))
    end = vocabulary.end_of_text
    host = strategies.host(rng, network, vocabulary.size, end)
    host = replace(host, bias=np.where(np.arange(vocabulary.size) == end, -(2**40), host.bias))
    record = reference.run(network, Replay(host.code[[end, 5, 6, 7]]))
    folder = tmp_path_factory.mktemp("small") / "model"
    about = {"probe": {"text": "Hi", "nats_per_token": 0.0, "digests": record.digests()}}
    save_bundle(
        folder,
        network,
        host,
        vocabulary,
        record,
        ("netx", "nir"),
        "portable",
        about,
        lambda _: None,
    )
    return folder


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty stories."""
    return tiny.corpus(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="session")
def training(text: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder of a run of six steps, and what the command said."""
    for library in ("torch", "snntorch"):
        pytest.importorskip(library, reason="the train extra is not installed")
    folder = tmp_path_factory.mktemp("training") / "run"
    return folder, call("train", text, *TRAINING, "--out", folder, "--format", "json")


@pytest.fixture(scope="session")
def trained(training: tuple[Path, Result]) -> Path:
    """The folder of the run."""
    parsed(training[1])
    return training[0]


@pytest.fixture(scope="session")
def export(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Its bundle with both formats, and what the command said."""
    folder = tmp_path_factory.mktemp("export") / "model"
    return folder, call("export", trained, "--format", "all", "--out", folder, "--json")


@pytest.fixture(scope="session")
def bundle(export: tuple[Path, Result]) -> Path:
    """The folder of the bundle."""
    parsed(export[1])
    return export[0]


@pytest.fixture
def two_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter proof: the whole one, of all backends, is made once, by the fixture `export`."""
    monkeypatch.setattr(proof, "installed", lambda: ["reference", "sim"])
    probe = "Once upon a time, there was a little girl named Lily."
    monkeypatch.setattr("realsam.train.record.PROBE", probe)


@pytest.fixture
def broken(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle to break."""
    return Path(shutil.copytree(bundle, tmp_path / "broken"))


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of the run to break."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the network as netx and NIR, and input for it."""
    to_netx(runs.network(), tmp_path / "network.net")
    to_nir(runs.network(), tmp_path / "network.nir")
    np.savez(tmp_path / "spikes.npz", runs.spikes())
    return tmp_path
