"""Machine code on the disk: one file per kernel, believed only if its digest holds.

A file is the key (what the code was made from and for), the SHA-256 of the code, the code. A
file with another key is of another version, and replaced; a damaged one is, too, with a note.
Files are beside numba's: in NUMBA_CACHE_DIR if that is set, else in `sim/__pycache__`, else in
the user's cache.
"""

import os
import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path

KEY_BYTES = 32


def read(name: str, key: bytes) -> bytes | None:
    """The code that is kept under a name and key, if there is."""
    for path in (folder / name for folder in _folders()):
        try:
            content = path.read_bytes()
        except OSError:  # absent, or not ours to read
            continue
        head, digest, code = content[:KEY_BYTES], content[KEY_BYTES:64], content[64:]
        if head != key:
            continue
        if sha256(code).digest() == digest:
            return code
        _note(f"{path}: was damaged; compiled anew")
    return None


def write(name: str, key: bytes, code: bytes) -> None:
    """Keep code under a name and key where there is a place for it."""
    reasons = []
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _replace(folder / name, key + sha256(code).digest() + code)
        except OSError as error:  # read-only, full, somebody else's
            reasons.append(f"{folder}: {error.strerror or error}")
        else:
            return
    _note_once(f"every start compiles the kernels: they cannot be kept in {', '.join(reasons)}")


def _folders() -> list[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return [Path(chosen)]
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return [Path(__file__).parent / "__pycache__", Path(user) / "realsam"]


def _replace(path: Path, content: bytes) -> None:
    """Write a file that appears whole; processes that write it at once do not meet."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@cache
def _note_once(text: str) -> None:
    _note(text)


def _note(text: str) -> None:
    from realsam.console import note  # late: who only computes needs no console

    note(text)
