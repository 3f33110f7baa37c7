"""JSON rows: one object a line, or one array of objects, read a piece at a time."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from realsam.data.entry import EMPTY, MAX_DOCUMENT, NO_OBJECT, NOT_JSON, PIECE, Tally
from realsam.entities import TOO_LONG
from realsam.errors import DataError

_SPACE = " \t\n\r"
_SPACES = re.compile(f"[{_SPACE}]*")


def json_rows(file: TextIO, where: str, tally: Tally) -> Iterator[dict[str, Any]]:
    """The objects of a file; lines that hold none are counted.

    Raises:
        DataError: if the file is an array that is damaged or cut: nothing behind that place can
            be told apart.
    """
    start = file.read(1)
    while start and start in _SPACE:
        start = file.read(1)
    found = _array(file, where) if start == "[" else _lines(file, start, tally)
    for row in found:
        if isinstance(row, dict):
            yield row
        else:
            tally.reject(NO_OBJECT)


def _lines(file: TextIO, start: str, tally: Tally) -> Iterator[Any]:
    while line := start + file.readline(MAX_DOCUMENT):
        start = ""
        if len(line) >= MAX_DOCUMENT and not line.endswith("\n"):
            _skip_line(file)
            tally.reject(TOO_LONG)
        elif line.isspace():
            tally.reject(EMPTY)
        else:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                tally.reject(NOT_JSON)


def _skip_line(file: TextIO) -> None:
    while (rest := file.readline(PIECE)) and not rest.endswith("\n"):
        pass


def _array(file: TextIO, where: str) -> Iterator[Any]:
    """The values of an array whose bracket has been read."""
    decode = json.JSONDecoder().raw_decode
    text, at, n, separator = file.read(PIECE), 0, 0, ","
    if text.lstrip(_SPACE).startswith("]"):
        at, separator = text.index("]") + 1, "]"
    while separator == ",":
        try:
            value, end = decode(text, _behind_space(text, at))
            end = _behind_space(text, end)
            separator = text[end]
        except (ValueError, RecursionError, IndexError):  # the row is damaged, or not all read
            rest = text[at:]
            more = file.read(max(PIECE, len(rest))) if len(rest) <= MAX_DOCUMENT else ""
            if not more:
                raise _damaged(where, n) from None
            text, at = rest + more, 0
        else:
            yield value
            at, n = end + 1, n + 1
    if separator != "]" or (text[at:] + file.read(PIECE)).strip(_SPACE):
        raise _damaged(where, n)


def _behind_space(text: str, at: int) -> int:
    found = _SPACES.match(text, at)
    assert found is not None  # it matches nothing, too
    return found.end()


def _damaged(where: str, n: int) -> DataError:
    return DataError(
        f"{where}: the array is damaged or cut behind row {n}",
        "restore the file, or write one row a line: then only damaged rows are left out",
    )
