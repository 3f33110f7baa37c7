"""Paths to sources: files as they are, folders as the files in them.

A folder that `realsam data download` wrote brings its licence and its own validation text.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from realsam.data.source import KINDS, Source
from realsam.documents import UNPACKERS
from realsam.errors import DataError

ORIGIN = "download.json"  # what a download folder says of itself
VALIDATION = "validation.jsonl"  # its rows that validate


def gather(
    paths: Iterable[Path], valid: Iterable[Path], licence: str | None
) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """Sources to train on, and sources to validate on.

    Args:
        paths: files and folders.
        valid: files and folders that validate, in place of what the downloads bring.
        licence: of all of them; None: what the downloads say.

    Raises:
        DataError: if a path is absent, or no source.
    """
    found = [source for path in paths for source in _sources(path, licence)]
    given = [source for path in valid for source in _sources(path, licence)]
    brought = [source for source in found if _validates(source)]
    sources = [source for source in found if source not in brought]
    return tuple(sources), tuple(given or brought)


def _sources(path: Path, licence: str | None) -> list[Source]:
    if not path.is_dir():
        source = Source(path, licence or _licence(path.parent))
        assert source.kind  # refuses other names before anything is read
        return [source]
    endings = tuple(kind + packed for kind in KINDS for packed in ("", *UNPACKERS))
    files = [f for f in sorted(path.rglob("*")) if f.name.endswith(endings) and f.name != ORIGIN]
    if not files:
        raise DataError(f"{path}: holds no file that ends in {', '.join(KINDS)}", "name a source")
    return [Source(file, licence or _licence(file.parent)) for file in files]


def _validates(source: Source) -> bool:
    return source.path.name == VALIDATION and (source.path.parent / ORIGIN).is_file()


def _licence(folder: Path) -> str | None:
    """What a download folder says; None for any other."""
    try:
        told = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))["licence"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, str) else None
