"""Makes Lava importable on Python 3.10 to 3.13, with numpy 2 and without torch.

Lava 0.10.0 was written for Python 3.10 and numpy 1, and is archived. `load_lava` mends five
places while it is imported; nothing happens when this module is.

Sources: lava-nc 0.10.0 and lava-dl 0.6.0 (the modules named below).
"""

import dataclasses
import functools
import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from realsam.errors import BackendUnavailableError

_SLAYER = "lava.lib.dl.slayer"
_NETX = "lava.lib.dl.netx"


@functools.cache
def load_lava() -> str:
    """Import Lava with its patches, once; returns the version of lava-nc.

    After it every `import lava...` works, `lava.lib.dl.netx` included where lava-dl is installed.
    Unless it was imported before, `lava.lib.dl.slayer` is then a stub.

    Raises:
        BackendUnavailableError: if Lava is not installed or the platform cannot fork.
    """
    if not hasattr(os, "fork"):
        raise BackendUnavailableError(
            "Lava needs a platform with fork", "use Linux or macOS, or the reference backend"
        )
    try:
        with _hashable_dataclasses():
            importlib.import_module("lava.magma.compiler.var_model")
        with _untouched_start_method():
            importlib.import_module("lava.magma.runtime.runtime")
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"Lava cannot be imported: no module named {error.name!r}", "run `make install`"
        ) from error
    _mend_reshape()
    if _is_installed(_NETX):
        _stub_slayer()
        _stub_sequential_modules()
    return version("lava-nc")


def _hashable_dataclasses() -> AbstractContextManager[None]:
    # compiler/var_model.py takes instances as field defaults; since 3.11 those must be hashable.
    hashable = functools.partial(dataclasses.dataclass, unsafe_hash=True)
    return _replaced(dataclasses, "dataclass", hashable)


def _untouched_start_method() -> AbstractContextManager[None]:
    # message_infrastructure/multiprocessing.py sets the start method of the whole interpreter,
    # and fails where it is set already; `supervise` selects fork for the moment of a start.
    return _replaced(multiprocessing, "set_start_method", lambda _: None)


@contextmanager
def _replaced(module: ModuleType, name: str, value: object) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, original)


def _mend_reshape() -> None:
    # process/ports/ports.py calls np.reshape(newshape=...), which numpy 2.4 removed.
    port = importlib.import_module("lava.magma.core.process.ports.ports").ReshapePort
    port.get_transform_func_fwd = lambda self: functools.partial(_reshape, self.shape)
    port.get_transform_func_bwd = lambda self: functools.partial(_reshape, self.old_shape)


def _reshape(shape: tuple[int, ...], data: Any) -> Any:
    return np.reshape(data, shape)


def _stub_slayer() -> None:
    # netx/hdf5.py wants one function of slayer, whose package imports torch, OpenCV and more.
    if _SLAYER in sys.modules:
        return
    slayer, neuron, rf = (_stub(_SLAYER + tail) for tail in ("", ".neuron", ".neuron.rf"))
    vars(slayer)["neuron"] = neuron
    vars(neuron)["rf"] = rf
    vars(rf)["neuron_params"] = _no_neuron_params


def _no_neuron_params(*_: object) -> None:
    raise BackendUnavailableError(
        "resonate-and-fire neurons need the real lava.lib.dl.slayer",
        "import it before load_lava() is called",
    )


def _stub_sequential_modules() -> None:
    # netx/__init__.py imports them although only networks driven from torch use them.
    if _is_installed("torch"):
        return
    package = find_spec(_NETX)
    assert package is not None
    assert package.submodule_search_locations is not None
    stub = _stub(f"{_NETX}.sequential_modules")
    # The compiler asks every module of the package for its file.
    folder = Path(package.submodule_search_locations[0])
    stub.__file__ = str(folder / "sequential_modules.py")


def _stub(name: str) -> ModuleType:
    module = sys.modules[name] = ModuleType(name, "Stub of a part of lava-dl that is not used.")
    module.__path__ = []
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    return module


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
