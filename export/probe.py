"""Whether libhdf5 survives a file of a stranger, found out by a process that may die of it.

On a damaged heap of strings of variable length, which nir and h5py write, libhdf5 2.0 crashes or
loops for ever; no exception tells. Files of ours have no such strings.
"""

import subprocess
import sys
from pathlib import Path

import h5py

from realsam.errors import BundleError

_SECONDS = 30
_SMALL = 1 << 20  # numbers; larger arrays are opened, not read
_PROGRAM = (
    "import importlib.util, sys; "
    "spec = importlib.util.spec_from_file_location('probe', sys.argv[1]); "
    "probe = importlib.util.module_from_spec(spec); spec.loader.exec_module(probe); "
    "probe.read_all(sys.argv[2])"
)


def refuse_deadly(path: Path) -> None:
    """Refuse a file that crashes or stops its reader.

    Raises:
        BundleError: without more than that, for nobody lives to tell.
    """
    command = [sys.executable, "-c", _PROGRAM, __file__, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"damaged: libhdf5 does not come back within {_SECONDS} s", "copy it again"
        ) from error
    if done.returncode < 0:
        raise BundleError("damaged: libhdf5 crashes on it", "copy it again")


def read_all(path: str) -> None:
    """Open everything in a file and read what is small; errors are for the real reader to tell."""
    with h5py.File(path, "r") as file:
        file.visititems(_read)


def _read(_: str, item: object) -> None:
    if isinstance(item, h5py.Dataset) and item.size is not None and item.size <= _SMALL:
        try:
            item[()]
        except Exception:  # any, as above
            return
