"""Files of every kind that the tests read."""

import json
from pathlib import Path
from typing import Any

from realsam.data.entry import Entry, Tally
from realsam.data.source import Reading, Source


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content."""
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    path.write_bytes(data)
    return path


def jsonl(path: Path, *rows: Any) -> Path:
    """A file of one row a line."""
    return write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read(path: Path, language: str = "") -> tuple[list[Entry], Tally]:
    """The entries of a file, and what was left out."""
    reading = Reading(Source(path), language, lambda _: None)
    return list(reading), reading.tally


def texts(path: Path, language: str = "") -> tuple[list[str], dict[str, int]]:
    """The texts of a file, and how many rows were left out for each reason."""
    entries, tally = read(path, language)
    return [entry.text for entry in entries], dict(tally.rejected)
