"""Entities in texts: their places, and the files that mark them: Presidio's JSON and CoNLL.

A line of CoNLL is a word, a tab and a BIO tag; empty lines set sentences apart. What a wrong line
costs is up to who reads: `realsam data prepare` leaves its sentence out, `realsam ner` names the
line.
Source: Tjong Kim Sang and De Meulder 2003 (CoNLL), the tags as in its evaluation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

# What a line can lack.
BAD_COLUMNS = "not token TAB tag"
BAD_TAG = "no BIO tag"
TOO_LONG = "too long"

_DOCUMENT = "-DOCSTART-"  # CoNLL 2003 sets documents apart by it
_OUTSIDE = "O"

Row = tuple[str, str]  # word and tag
Marked = tuple[str, tuple["Span", ...]]  # a text and its entities, in order, apart


@dataclass(frozen=True, order=True)
class Span:
    """An entity in a text."""

    start: int  # of its first character
    end: int  # behind its last character
    kind: str  # as in the file: "PERSON", "location"


def json_span(mark: Any) -> Span:
    """The entity of a mark as presidio-research writes it; its places may be outside of the text.

    Args:
        mark: a value of JSON: an object of start_position, end_position and entity_type.

    Raises:
        KeyError: if a field is missing.
        TypeError: if it is no object, or its fields are no two places and a type.
    """
    if not isinstance(mark, dict):
        raise TypeError("a span is no object")
    start, end, kind = (mark[name] for name in ("start_position", "end_position", "entity_type"))
    if not (type(start) is type(end) is int and isinstance(kind, str) and kind):
        raise TypeError("a span has no two whole numbers and a type")
    return Span(start, end, kind)


@dataclass(frozen=True)
class Conll:
    """A reader of CoNLL files."""

    # Is told the number of a wrong line, the line, and one of the reasons above. Where it returns,
    # the sentence is left out as a whole, and nothing more is said about it.
    fault: Callable[[int, str, str], None]
    longest: int  # characters of a sentence; no more of a longer one is held
    # White space around and in a word, or around the line, is no fault; -DOCSTART- is a word.
    loose: bool = False

    def sentences(self, file: TextIO) -> Iterator[Marked]:
        """Sentences with their entities, the words one space apart.

        An I- tag that continues nothing begins an entity, as in the CoNLL evaluation.
        """
        for first, lines in self._sentences(file):
            rows = self._rows(first, lines)
            if rows is not None:
                yield _marked(rows)

    def _sentences(self, file: TextIO) -> Iterator[tuple[int, list[str]]]:
        """Lines between empty ones, behind the number of their first."""
        lines: list[str] = []
        number = first = size = 0
        begins = True  # whether a line begins: a long one is read in pieces
        while line := file.readline(self.longest + 1):
            number += begins
            if begins and self._sets_apart(line):
                if lines:
                    yield first, lines
                lines, size = [], 0
            elif size <= self.longest:
                first = first if lines else number
                lines.append(line)
                size += len(line)
            begins = line.endswith("\n")
        if lines:
            yield first, lines

    def _sets_apart(self, line: str) -> bool:
        return line.isspace() or (not self.loose and line.startswith(_DOCUMENT))

    def _rows(self, first: int, lines: list[str]) -> list[Row] | None:
        """Words and tags; None where a line is wrong."""
        if sum(map(len, lines)) > self.longest:
            self.fault(first, lines[0].removesuffix("\n"), TOO_LONG)
            return None
        rows = []
        for number, line in enumerate(lines, first):
            row = self._row(line)
            if isinstance(row, str):
                self.fault(number, line.removesuffix("\n"), row)
                return None
            rows.append(row)
        return rows

    def _row(self, line: str) -> Row | str:
        """Word and tag, or what is wrong."""
        word, _, tag = (line.rstrip() if self.loose else line.rstrip("\n")).partition("\t")
        if self.loose:
            word = word.strip()
        elif word.split() != [word] or "\t" in tag:
            return BAD_COLUMNS
        if not word or not tag:
            return BAD_COLUMNS
        place, _, kind = tag.partition("-")
        return (word, tag) if tag == _OUTSIDE or (place in {"B", "I"} and kind) else BAD_TAG


def _marked(rows: list[Row]) -> Marked:
    spans: list[Span] = []
    start, before = 0, ""
    for word, tag in rows:
        end, kind = start + len(word), tag[2:]
        if tag == f"I-{before}":
            spans[-1] = Span(spans[-1].start, end, kind)
        elif tag != _OUTSIDE:
            spans.append(Span(start, end, kind))
        start, before = end + 1, kind
    return " ".join(word for word, _ in rows), tuple(spans)
