"""CoNLL files: a token, a tab and its BIO tag on each line; sentences apart by empty lines."""

from collections.abc import Iterator
from typing import TextIO

from realsam.data.entry import BAD_COLUMNS, BAD_TAG, MAX_DOCUMENT, TOO_LONG, Entry, Span, Tally

_DOCUMENT = "-DOCSTART-"  # CoNLL 2003 sets documents apart by it
_OUTSIDE = "O"


def conll_entries(file: TextIO, tally: Tally) -> Iterator[Entry]:
    """Sentences with their entities, the tokens one space apart.

    A sentence with one wrong line is left out as a whole. An I- tag that continues nothing begins
    an entity, as in the CoNLL evaluation.
    """
    for lines in _sentences(file):
        found = _entry(lines) if sum(map(len, lines)) <= MAX_DOCUMENT else TOO_LONG
        if isinstance(found, Entry):
            yield found
        else:
            tally.reject(found)


def _sentences(file: TextIO) -> Iterator[list[str]]:
    """Lines between empty ones; of a sentence that is too long no more than shows it."""
    lines: list[str] = []
    size, begins = 0, True  # whether a line begins: a long one is read in pieces
    while line := file.readline(MAX_DOCUMENT + 1):
        if begins and (line.isspace() or line.startswith(_DOCUMENT)):
            if lines:
                yield lines
            lines, size = [], 0
        elif size <= MAX_DOCUMENT:
            lines.append(line)
            size += len(line)
        begins = line.endswith("\n")
    if lines:
        yield lines


def _entry(lines: list[str]) -> Entry | str:
    """The sentence of these lines, or why it is left out."""
    words: list[str] = []
    spans: list[Span] = []
    before, end = "", 0
    for line in lines:
        word, _, tag = line.rstrip("\n").partition("\t")
        if not word or word.split() != [word] or not tag or "\t" in tag:
            return BAD_COLUMNS
        place, _, kind = tag.partition("-")
        if tag != _OUTSIDE and (place not in {"B", "I"} or not kind):
            return BAD_TAG
        begin = end + 1 if words else 0
        end = begin + len(word)
        words.append(word)
        if tag == f"I-{before}":
            spans[-1] = Span(spans[-1].start, end, kind)
        elif tag != _OUTSIDE:
            spans.append(Span(begin, end, kind))
        before = kind
    return Entry(" ".join(words), tuple(spans))
