"""Bytes to texts of bearable size, with the place of each: what `realsam ner tag` reads.

A text ends with an empty line. One that is longer than LONGEST is cut before white space, or where
it stands if there is none. Nothing is changed: the texts laid end to end are the input.
"""

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from realsam.errors import DataError
from realsam.ner.corpus import Span

LONGEST = 8192  # characters of a text
_BLOCK = 1 << 16  # bytes read at a time
_END = re.compile(r"\n[ \t\r]*\n")
_LAST_WORD = re.compile(r".*\S(?=\s)", re.DOTALL)


@contextmanager
def opened(name: str) -> Iterator[BufferedIOBase]:
    """The bytes of a file, or of stdin (-).

    Raises:
        DataError: if the file cannot be read.
    """
    with ExitStack() as stack:
        try:
            source = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise DataError(
                f"{name}: not readable ({error.strerror})", "give a text file, or - for stdin"
            ) from error
        yield cast(BufferedIOBase, source)


def texts(source: BufferedIOBase, name: str) -> Iterator[tuple[int, str]]:
    """The texts of a stream, and where each begins, in characters.

    Raises:
        DataError: at bytes that are not UTF-8, or if there is no text at all.
    """
    begin, held, empty = 0, "", True
    for block, last in _decoded(source, name):
        held += block
        while cut := _cut(held, last):
            empty = empty and held[:cut].isspace()
            yield begin, held[:cut]
            begin, held = begin + cut, held[cut:]
    if empty:
        raise DataError(f"{name}: no text in it", "give a text with at least one word")


def _decoded(source: BufferedIOBase, name: str) -> Iterator[tuple[str, bool]]:
    decoder, n_bytes = codecs.getincrementaldecoder("utf-8")(), 0
    while True:
        block = source.read1(_BLOCK)
        held = len(decoder.getstate()[0])
        try:
            yield decoder.decode(block, final=not block), not block
        except UnicodeDecodeError as error:
            place = n_bytes - held + error.start
            raise DataError(f"{name}: byte {place} is not UTF-8", "convert it to UTF-8") from error
        if not block:
            return
        n_bytes += len(block)


def _cut(held: str, last: bool) -> int:
    """Where the first text of what is held ends; 0 if that cannot be said yet."""
    if (end := _END.search(held)) and end.end() <= LONGEST:
        return end.end()
    if len(held) <= LONGEST:
        return len(held) if last else 0
    words = _LAST_WORD.match(held, 0, LONGEST)
    return words.end() if words else LONGEST


def redacted(text: str, spans: Iterable[Span]) -> str:
    """The text with [KIND] in the place of each entity."""
    parts, end = [], 0
    for span in spans:
        parts.append(f"{text[end : span.start]}[{span.kind}]")
        end = span.end
    return "".join(parts) + text[end:]
