"""Lava is importable everywhere it can be, and missing politely elsewhere."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lava_runtime import backend, compat
from lava_runtime.hardware import refuse_loihi2
from realsam.errors import BackendUnavailableError
from realsam.ir import Replay
from tests import strategies

pytestmark = pytest.mark.lava


def in_fresh_interpreter(program: str) -> str:
    """What a program prints in an interpreter that imported nothing, warnings being errors."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_start_method_of_others_stays() -> None:
    """Lava selects fork for everybody, and fails where a method is set; patched it does not."""
    program = """
import multiprocessing
multiprocessing.set_start_method("spawn")
from lava_runtime.compat import load_lava
load_lava()
print(multiprocessing.get_start_method())
"""
    assert in_fresh_interpreter(program) == "spawn"


def test_netx_without_torch() -> None:
    """Its netx loads without torch, and its module stub stands in its folder."""
    program = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, NoTorch())
from lava_runtime.compat import load_lava
load_lava()
from lava.lib.dl.netx import hdf5, sequential_modules
print(hdf5.Network.__name__, "netx" in sequential_modules.__file__)
"""
    if not compat._is_installed("lava.lib.dl.netx"):
        pytest.skip("lava-dl is not installed")
    assert in_fresh_interpreter(program) == "Network True"


def test_ports_can_be_reshaped() -> None:
    """Lava's reshaping works with a numpy that forgot an argument's old name."""
    from lava.magma.core.process.ports.ports import OutPort

    port = OutPort((2, 3)).reshape((6,))

    assert port.get_transform_func_fwd()(np.zeros((2, 3))).shape == (6,)
    assert port.get_transform_func_bwd()(np.zeros(6)).shape == (2, 3)


def test_importing_our_package_does_no_work() -> None:
    """The backend module alone does not import Lava."""
    program = "import sys; import lava_runtime.backend; print('lava' in sys.modules)"

    assert in_fresh_interpreter(program) == "False"


def test_missing_lava_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Lava one line says what is missing and how to install it."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="lava")

    monkeypatch.setattr(importlib, "import_module", missing)

    with pytest.raises(BackendUnavailableError) as raised:
        compat.load_lava.__wrapped__()

    expected = "Lava cannot be imported: no module named 'lava'; run `make install`"
    assert str(raised.value) == expected


def test_platform_without_fork_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no fork."""
    monkeypatch.delattr(os, "fork")

    with pytest.raises(BackendUnavailableError, match="use Linux or macOS"):
        compat.load_lava.__wrapped__()


def test_unknown_mode_is_refused() -> None:
    """The modes are named."""
    network = strategies.network(np.random.default_rng(0))

    with pytest.raises(BackendUnavailableError, match="use one of fused, graph"):
        backend.run(network, Replay(np.zeros((1, network.input.size), np.uint8)), "loihi")


def test_chip_needs_intels_extension() -> None:
    """Without lava-loihi the message says what is missing."""
    with pytest.raises(BackendUnavailableError, match="extension lava-loihi is not installed"):
        refuse_loihi2()
