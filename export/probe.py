"""Whether a file of a stranger can be read at all, found out by a process that may die of it.

On a damaged heap of strings of variable length, which nir and h5py write, libhdf5 2.0 crashes or
loops for ever; no exception tells. Files of ours have no such strings. What no network needs and
no reader should follow is refused here, too: links, data of other files, numbers that were never
written.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py

from realsam.errors import BundleError

_SECONDS = 30
_SMALL = 1 << 20  # numbers; larger arrays are opened, not read
_DENSEST, _ALWAYS = 2000, 4096  # bytes in memory per byte in the file; bytes that are always fine
_PROGRAM = (
    "import importlib.util, sys; "
    "spec = importlib.util.spec_from_file_location('probe', sys.argv[1]); "
    "probe = importlib.util.module_from_spec(spec); spec.loader.exec_module(probe); "
    "sys.stdout.buffer.write(probe.examine(sys.argv[2]).encode(errors='replace'))"
)


def refuse_deadly(path: Path) -> None:
    """Refuse a file that crashes or stops its reader, or holds what no network needs.

    Raises:
        BundleError: without more than that where nobody lives to tell.
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
    if found := done.stdout.decode():
        raise BundleError(found, "export the network again, into one file")


def examine(path: str) -> str:
    """Open everything in a file and read what is small; returns the first thing that is refused.

    Other errors are for the real reader to tell.
    """
    with h5py.File(path, "r") as file:
        for name, link in _links(file):
            if not isinstance(link, h5py.HardLink):
                return f"{_shown(name)} is a link to another place"
        return str(file.visititems(_complaint) or "")


def _links(file: h5py.File) -> Iterator[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    file.visititems_links(lambda name, link: found.append((name, link)))
    yield from found


def _complaint(name: str, item: object) -> str | None:
    """What is wrong with one dataset; None lets the visit go on."""
    if not isinstance(item, h5py.Dataset) or item.size is None:
        return None
    if item.external or item.is_virtual:
        return f"{_shown(name)} lies in another file"
    # Compression takes a thousandth at best: less was never written, and would fill the memory.
    stored = item.id.get_storage_size()
    if item.nbytes > _DENSEST * max(_ALWAYS, stored):
        return f"{_shown(name)} has {item.size:,} numbers, of which the file holds {stored:,} bytes"
    if item.size <= _SMALL:
        try:
            item[()]
        except Exception:  # any, as above
            return None
    return None


def _shown(name: str) -> str:
    return repr(name if len(name) <= 400 else name[:400] + "...")
