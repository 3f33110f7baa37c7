"""Files and folders that appear whole or not at all, in places that are refused before the work."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from realsam.errors import RealSamError, RunError

_PIECE = 1 << 20  # bytes hashed at a time: a file is never in memory as a whole


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a sibling to write to; it takes the place of `path` if the block ends well.

    An error or an interruption leaves what was there before, and nothing else. A link stays one:
    the file that it leads to is replaced.

    Raises:
        RealSamError: if something else than a file is there, a device or a folder.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise RealSamError(f"{path}: is no regular file", "give another place to write to")
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def written(out: Path, option: str = "--out") -> Iterator[Path]:
    """`replacing` for what a command writes: a full disk is one line that names the file.

    Args:
        out: the file.
        option: what chose the file, for the message.

    Raises:
        RunError: if it cannot be written; the block reads nothing that could fail so.
    """
    try:
        with replacing(out) as partial:
            yield partial
    except OSError as error:
        raise RunError(
            f"{out}: cannot be written ({error.strerror or error})",
            f"free some room, or give another {option}",
        ) from error


def refuse_place(out: Path, inputs: Iterable[Path], option: str = "--out") -> None:
    """Refuse, before the work, a file that could not be written after it.

    Args:
        out: the file.
        inputs: files that are read, and folders of such; some may not be there.
        option: what chose the file, for the message.

    Raises:
        RunError: naming the file and the option that chose it.
    """
    if out.is_dir():
        raise RunError(f"{out}: is a folder", f"name a file with {option}")
    if out.exists() and not out.is_file():
        raise RunError(f"{out}: is no regular file", f"name a file with {option}")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise RunError(
            f"{out}: cannot be written",
            f"give {option} a place in a folder that is there and yours",
        )
    read = [file for path in inputs for file in (path.rglob("*") if path.is_dir() else [path])]
    if out.exists() and any(path.exists() and out.samefile(path) for path in read):
        raise RunError(f"{out}: is what the run reads", f"give another {option}")


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a sibling folder to fill; it takes the place of `folder` if the block ends well.

    An error or an interruption leaves what was there before, and nothing else.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield partial
        swap(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def swap(partial: Path, folder: Path) -> None:
    """Put a finished folder in the place of an older one."""
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    old = aside / folder.name
    try:
        if folder.exists():
            folder.rename(old)
        partial.chmod(0o755)  # mkdtemp keeps a folder to its owner
        partial.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file of any length."""
    found = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()
