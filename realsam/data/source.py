"""Sources: files to entries that can be used, in one pass of flat memory.

Bytes that are no UTF-8 come through as lone surrogates, so that one damaged document does not
spoil its file: whatever cannot be written as UTF-8 is left out, wherever it came from.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from realsam.data.conll import conll_entries
from realsam.data.entry import EMPTY, HOLDS_END, NOT_UTF8, PIECE, Entry, Tally
from realsam.data.plain import plain_entries
from realsam.data.rows import json_rows
from realsam.data.schemas import row_entries
from realsam.documents import UNPACKERS, one_newline, unpacked
from realsam.errors import DataError
from realsam.vocab import END_OF_TEXT

KINDS = (".txt", ".json", ".jsonl", ".conll")


@dataclass(frozen=True)
class Source:
    """A file to read."""

    path: Path
    licence: str | None = None

    @property
    def kind(self) -> str:
        """Its ending, that of compression aside.

        Raises:
            DataError: if it is none of KINDS.
        """
        name = self.path.stem if self.path.suffix in UNPACKERS else self.path.name
        if (kind := Path(name).suffix) not in KINDS:
            raise DataError(
                f"{self.path}: no name of a source",
                f"let it end in {', '.join(KINDS)}, maybe with .gz or .xz behind",
            )
        return kind


class Reading:
    """One pass over a source: iterate it, then ask what became of its rows."""

    def __init__(self, source: Source, language: str, on_read: Callable[[int], None]) -> None:
        self.source = source
        self.tally = Tally()
        self.sha256 = ""  # of the file, once it is read
        self._language = language
        self._on_read = on_read

    def __iter__(self) -> Iterator[Entry]:
        try:
            tap = _Tap(self.source.path, self._on_read)
        except OSError as error:
            raise DataError(
                f"{self.source.path}: not readable ({error.strerror})", "give a text file"
            ) from error
        with unpacked(self.source.path, io.BufferedReader(tap, PIECE)) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
            for entry in self._entries(text):
                if reason := _unusable(entry.text):
                    self.tally.reject(reason)
                else:
                    yield entry
            self.sha256 = tap.digest()

    def refuse_unused(self) -> None:
        """Refuse a source that has been read and of which nothing was kept.

        Raises:
            DataError: with what was wrong with its rows.
        """
        if not self.tally.kept:
            reasons = ", ".join(f"{n:,} {why}" for why, n in sorted(self.tally.rejected.items()))
            raise DataError(
                f"{self.source.path}: nothing in it can be used ({reasons or 'it is empty'})",
                "docs/data.md says what each kind of file must hold",
            )

    def about(self) -> dict[str, Any]:
        """What there is to tell of a source that has been read; its folder stays out of it."""
        return {
            "file": self.source.path.name,
            "sha256": self.sha256,
            "licence": self.source.licence,
            "kept": self.tally.kept,
            "cut": self.tally.cut,
            "rejected": dict(sorted(self.tally.rejected.items())),
        }

    def _entries(self, file: TextIO) -> Iterator[Entry]:
        kind, where = self.source.kind, str(self.source.path)
        if kind == ".conll":
            yield from conll_entries(file, self.tally)
            return
        if kind == ".txt":
            found = plain_entries(file, self.tally)
        else:
            rows = json_rows(file, where, self.tally)
            found = row_entries(rows, where, self._language, self.tally)
        for entry in found:
            # Places of entities count every character, white space too.
            if entry.spans is not None:
                yield entry
            else:
                yield Entry(one_newline(entry.text).strip(), group=entry.group)


def _unusable(text: str) -> str:
    """Why a text is left out; "" if it is not."""
    if not text or text.isspace():
        return EMPTY
    if END_OF_TEXT in text:
        return HOLDS_END
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return NOT_UTF8
    return ""


class _Tap(io.RawIOBase):
    """A file that counts and hashes the bytes that are read of it."""

    def __init__(self, path: Path, on_read: Callable[[int], None]) -> None:
        self._file = path.open("rb", buffering=0)
        self._sha256 = sha256()
        self._on_read = on_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n = self._file.readinto(buffer) or 0
        self._sha256.update(memoryview(buffer)[:n])
        self._on_read(n)
        return n

    def digest(self) -> str:
        """SHA-256 of the whole file; of the rest, too, if a decompressor left some unread."""
        while rest := self._file.read(PIECE):
            self._sha256.update(rest)
        return self._sha256.hexdigest()

    def close(self) -> None:
        self._file.close()
        super().close()
