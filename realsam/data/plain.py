"""Plain text: documents between end-of-text lines, or one document in a file."""

from collections.abc import Iterator
from typing import TextIO

from realsam.data.entry import MAX_DOCUMENT, PIECE, Entry, Tally
from realsam.vocab import END_OF_TEXT


def plain_entries(file: TextIO, tally: Tally) -> Iterator[Entry]:
    """Documents of a text of any length; one beyond MAX_DOCUMENT is cut, at ends of lines."""
    held = ""
    while piece := file.read(PIECE):
        *whole, held = (held + piece).split(END_OF_TEXT)
        for text in whole:
            yield from _entries(text)
        # What may be the start of an end-of-text stays in one piece.
        while len(held) > MAX_DOCUMENT + len(END_OF_TEXT):
            end = held.rfind("\n", 1, MAX_DOCUMENT) + 1 or MAX_DOCUMENT
            yield from _entries(held[:end])
            held = held[end:]
            tally.cut += 1
    yield from _entries(held)


def _entries(text: str) -> Iterator[Entry]:
    if text and not text.isspace():  # nothing between two ends is no document that is empty
        yield Entry(text)
