"""Entries of CoNLL files, wrong sentences left out and counted."""

from collections.abc import Iterator
from typing import TextIO

from realsam.data.entry import MAX_DOCUMENT, Entry, Tally
from realsam.entities import Conll


def conll_entries(file: TextIO, tally: Tally) -> Iterator[Entry]:
    """Sentences with their entities; one with a wrong line is left out as a whole."""
    reader = Conll(lambda _number, _line, reason: tally.reject(reason), MAX_DOCUMENT)
    for text, spans in reader.sentences(file):
        yield Entry(text, spans)
