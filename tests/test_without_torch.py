"""Without torch the core, the exports, the simulators and Lava run; training says what it needs.

Each program runs in a fresh interpreter in which torch and snntorch cannot be imported, as if the
train extra were not installed.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from export.bundle import SHIPPED, save_bundle
from realsam.ir import Network, Replay, to_network
from sim import reference
from tests import strategies, tiny

ROOT = Path(__file__).parent.parent
BLOCK = "import sys; sys.modules['torch'] = sys.modules['snntorch'] = None\n"
needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")


def fresh(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program without torch; warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", BLOCK + program, *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def output(program: str, *arguments: object) -> str:
    """What it prints on stdout."""
    done = fresh(program, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def language_model() -> Network:
    """A network for the tiny vocabulary."""
    return to_network(strategies.token_clock(np.random.default_rng(2), width=16, lines=8))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with both network files, written by hand."""
    rng, network, vocabulary = np.random.default_rng(2), language_model(), tiny.vocabulary()
    end = vocabulary.end_of_text
    host = strategies.host(rng, network, vocabulary.size, end)
    record = reference.run(network, Replay(host.code[[end, 5, 6, 7]]))
    folder = tmp_path_factory.mktemp("bundle") / "model"
    about = {"probe": {"text": "Hi", "nats_per_token": 0.0, "digests": record.digests()}}
    formats = ("netx", "nir")
    save_bundle(
        folder, network, host, vocabulary, record, formats, "portable", about, lambda _: None
    )
    return folder


def test_torch_is_really_absent() -> None:
    """The block works, and looks like a missing package."""
    program = (
        "from importlib.util import find_spec; from realsam.cli.backends import installed\n"
        "print(find_spec('torch'), 'torch' in installed())"
    )

    assert output(program) == "None False"
    assert "ModuleNotFoundError" in fresh("import torch").stderr


def test_core_counts_a_run() -> None:
    """Waist, vocabulary, reference, report."""
    program = """
import numpy as np
from realsam.ir import Input, Network, Projection, Replay, readout
from realsam.report import count, estimate, facts_of, load_costs, quantities, render_summary
from realsam.vocab import Vocabulary
from sim.reference import run
into = Projection("out", ("in",), np.array([[2]]), np.array([0]))
network = Network(Input("in", 1), (readout("out", 1),), (into,), "out")
counts = count(facts_of(network), run(network, Replay(np.ones((3, 1), np.uint8))))
assert "estimated" in render_summary(counts, estimate(quantities(counts), load_costs()))
print(counts.n_synops.mean(), Vocabulary.train(["text"], 257).decode([40]))
"""
    assert output(program).startswith("1.0 ")


def test_files_are_written_and_read(tmp_path: Path, bundle: Path) -> None:
    """A bundle, netx and NIR, both ways."""
    program = """
from pathlib import Path
from export.bundle import load_bundle
from export.netx import from_netx, to_netx
from export.nir import from_nir, to_nir
bundle, out = load_bundle(Path(sys.argv[1])), Path(sys.argv[2])
for write, read in ((to_netx, from_netx), (to_nir, from_nir)):
    write(bundle.network, out / write.__name__)
    print(read(out / write.__name__) == bundle.network)
"""
    assert output(program, bundle, tmp_path).split() == ["True", "True"]


def test_simulators_agree(bundle: Path) -> None:
    """All backends that need neither torch nor Lava reproduce the record."""
    program = """
from pathlib import Path
from export.bundle import load_bundle
from realsam.cli.backends import installed, require
from realsam.ir import Replay
bundle = load_bundle(Path(sys.argv[1]))
names = [name for name in installed() if not name.startswith("lava")]
for name in names:
    run = require(name)(bundle.network, Replay(bundle.record.spikes["in"]))
    assert run.digests() == bundle.record.digests(), name
print(*names)
"""
    assert {"reference", "sim"} <= set(output(program, bundle).split())


def test_simulator_generates_and_runs(bundle: Path, tmp_path: Path) -> None:
    """The two commands that need no training."""
    program = "from realsam.cli.main import main; main()"
    np.save(tmp_path / "spikes.npy", np.ones((5, 8)))

    text = output(program, "generate", bundle, "--prompt", "One day", "--tokens", 5)
    table = output(program, "run", bundle, "--input", tmp_path / "spikes.npy")

    assert text.startswith("One day")
    assert "steps/s on sim" in table


@pytest.mark.lava
@needs_lava
def test_lava_generates(bundle: Path) -> None:
    """The main command, fused."""
    program = "from lava_runtime.generate import main; main()"

    text = output(program, "--model", bundle, "--prompt", "One day", "--tokens", 5)

    assert text.startswith("One day")
    assert "energy per token" in text


@pytest.mark.lava
@needs_lava
@pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")
def test_lava_generates_with_the_shipped_model() -> None:
    """What `make demo` does, shorter."""
    program = "from lava_runtime.generate import main; main()"

    assert output(program, "--prompt", "Once upon a time", "--tokens", 8).startswith("Once upon")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["teach", "--out", "a"],
        ["eval", "--data", "a.txt", "--backend", "torch"],
        ["export"],
    ],
    ids=lambda a: a[0],
)
def test_training_says_what_it_needs(arguments: list[str]) -> None:
    """One line, exit code 1."""
    done = fresh("from realsam.cli.main import main; main()", *arguments)

    assert done.returncode == 1
    assert done.stderr == (
        "Error: backend torch needs torch, snntorch; "
        "run `make train-install`, or install the extra `train`\n"
    )


def test_verify_leaves_torch_out(bundle: Path) -> None:
    """Unless it is asked for."""
    program = "from realsam.cli.main import main; main()"

    asked = fresh(program, "verify", bundle, "--backends", "reference,torch")

    assert asked.returncode == 1
    assert asked.stderr.startswith(
        "Error: backend torch needs torch, snntorch; run `make train-install`"
    )


@pytest.mark.parametrize(
    "command",
    [
        *("train", "teach", "eval", "generate", "export", "verify", "run", "data"),
        *("profile", "report"),
    ],
)
def test_help_needs_no_torch(command: str) -> None:
    """Every command can be read about."""
    program = "from realsam.cli.main import main; main()"

    assert "Example" in output(program, command, "--help")
