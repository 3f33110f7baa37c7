"""Whether a file of a stranger can be read at all, found out by a child that may die of it.

On a damaged heap of strings of variable length, which nir and h5py write, libhdf5 2.0 crashes or
loops for ever; no exception tells. Files of ours have no such strings. What no network needs and
no reader should follow is refused here, too: links, data of other files, numbers that were never
written.
"""

import faulthandler
import gc
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import NoReturn

import h5py

from realsam.errors import BundleError

_SECONDS = 30
_SMALL = 1 << 20  # numbers; larger arrays are opened, not read
_DENSEST, _ALWAYS = 2000, 4096  # bytes in memory per byte in the file; bytes that are always fine
_ALIVE = "lives:"  # before every answer: who dies gives none
_PROGRAM = (
    "import importlib.util, sys; "
    "spec = importlib.util.spec_from_file_location('probe', sys.argv[1]); "
    "probe = importlib.util.module_from_spec(spec); spec.loader.exec_module(probe); "
    "sys.stdout.buffer.write(probe.answer(sys.argv[2]))"
)


def refuse_deadly(path: Path) -> None:
    """Refuse a file that crashes or stops its reader, or holds what no network needs.

    Raises:
        BundleError: without more than that where nobody lives to tell.
    """
    ask = forked if hasattr(os, "fork") else started
    try:
        said = ask(path).decode()
    except TimeoutError as error:
        raise BundleError(
            f"damaged: libhdf5 does not come back within {_SECONDS} s", "copy it again"
        ) from error
    if not said.startswith(_ALIVE):
        raise BundleError("damaged: libhdf5 crashes on it", "copy it again")
    if found := said.removeprefix(_ALIVE):
        raise BundleError(found, "export the network again, into one file")


def forked(path: Path) -> bytes:
    """The answer of a fork of this process, which starts at once, h5py being loaded.

    h5py takes its lock before a fork; all that the child does is to read with it.

    Raises:
        TimeoutError: if there is none.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings():  # of Python 3.12, for numpy's threads: the child has no use
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _answer_and_end(path, writer)
    try:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            if not wait([reader], _SECONDS):
                raise TimeoutError
            return pipe.read()
    finally:
        with suppress(ProcessLookupError, ChildProcessError):  # where children are ignored
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answer_and_end(path: Path, writer: int) -> NoReturn:
    """In the child: its last words and Ctrl-C are for its parent alone, whose files it leaves."""
    try:
        gc.disable()  # it would close some of them
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS + 1)  # should its parent die meanwhile
        faulthandler.disable()
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        os.write(writer, answer(str(path)))
    finally:
        os._exit(0)


def started(path: Path) -> bytes:
    """The answer of a new Python, for systems without forks.

    Raises:
        TimeoutError: if there is none.
    """
    command = [sys.executable, "-c", _PROGRAM, __file__, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    return done.stdout


def answer(path: str) -> bytes:
    """That this process lives, and what it refuses."""
    try:
        found = examine(path)
    except Exception:  # any: for the real reader to tell
        found = ""
    return f"{_ALIVE}{found}".encode(errors="replace")


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
