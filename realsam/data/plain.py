"""Plain text: documents between end-of-text lines, or one document in a file."""

from collections.abc import Iterator
from typing import TextIO

from realsam.data.entry import MAX_DOCUMENT, PIECE, Entry, Tally
from realsam.vocab import END_OF_TEXT


def plain_entries(file: TextIO, tally: Tally) -> Iterator[Entry]:
    """Documents of a text of any length; one beyond MAX_DOCUMENT is cut, at ends of lines.

    Nothing between two end-of-texts is no document, not an empty one.
    """
    for part in _parts(file, tally):
        if part and not part.isspace():
            yield Entry(part)


def _parts(file: TextIO, tally: Tally) -> Iterator[str]:
    held = ""
    while piece := file.read(PIECE):
        *whole, held = (held + piece).split(END_OF_TEXT)
        for text in whole:
            yield from _cut(text, 0, tally)
        # What may be the beginning of an end-of-text stays in one piece.
        *parts, held = _cut(held, len(END_OF_TEXT), tally)
        yield from parts
    yield from _cut(held, 0, tally)


def _cut(text: str, margin: int, tally: Tally) -> list[str]:
    parts = []
    while len(text) > MAX_DOCUMENT + margin:
        end = text.rfind("\n", 1, MAX_DOCUMENT) + 1 or MAX_DOCUMENT
        parts.append(text[:end])
        text = text[end:]
    tally.cut += len(parts)
    return [*parts, text]
