"""Sentences with marked entities: JSON with character spans, or CoNLL columns.

JSON is the list that presidio-research writes: `full_text` and `spans` with `entity_type`,
`start_position` and `end_position`. Some of its templates mark the number and the name of a street
apart and others as one, so that neighbours of one kind with only white space between them are
read as one span. A span of no characters marks nothing, and is left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

from realsam.documents import read_text
from realsam.entities import Conll, Span, json_span
from realsam.errors import DataError

__all__ = ["Sentence", "Span", "read_sentences", "to_json"]

_JSON_CURE = "give full_text and spans with entity_type, start_position and end_position"
_CONLL_CURE = "give a word, a tab and O, B-KIND or I-KIND per line"


@dataclass(frozen=True)
class Sentence:
    """A text and its entities, in order; none overlap."""

    text: str
    spans: tuple[Span, ...]


def read_sentences(path: Path) -> list[Sentence]:
    """Sentences of a .json or CoNLL file, which may be packed (.xz, .gz).

    Raises:
        DataError: if the file is not readable, of another form, or holds no sentence.
    """
    text = read_text(path)
    read = _from_json if ".json" in path.suffixes else _from_conll
    sentences = [s for s in read(text, path) if s.text.strip()]
    if not sentences:
        raise DataError(f"{path}: no sentence in it", "give at least one")
    return sentences


def to_json(sentence: Sentence) -> dict[str, Any]:
    """A row of a .json file, as `read_sentences` reads it."""
    spans = [
        {
            "entity_type": span.kind,
            "entity_value": sentence.text[span.start : span.end],
            "start_position": span.start,
            "end_position": span.end,
        }
        for span in sentence.spans
    ]
    return {"full_text": sentence.text, "spans": spans}


def _from_json(text: str, path: Path) -> Iterator[Sentence]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no list of sentences ({error})", _JSON_CURE) from error
    if not isinstance(rows, list):
        raise DataError(f"{path}: no list of sentences", _JSON_CURE)
    for number, row in enumerate(rows):
        try:
            yield _sentence(row)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path}: row {number}: {error}", _JSON_CURE) from error


def _sentence(row: Any) -> Sentence:
    if not isinstance(row, dict):
        raise TypeError("is no object")
    text, marks, spans = row["full_text"], row["spans"], list[Span]()
    if not isinstance(text, str):
        raise TypeError("full_text is no text")
    if not isinstance(marks, list):
        raise TypeError("spans is no list")
    text.encode("utf-8")  # a ValueError for half a surrogate pair, which JSON can hold
    for span in sorted(map(json_span, marks)):
        if 0 <= span.start == span.end <= len(text):  # as presidio's first set has them
            continue
        before = spans[-1] if spans else Span(0, 0, "")
        if not before.end <= span.start < span.end <= len(text):
            where = f"{span.kind} at {span.start}..{span.end}"
            raise ValueError(f"{where} overlaps another, or is not in the text")
        if before.kind == span.kind and not text[before.end : span.start].strip():
            spans[-1] = Span(before.start, span.end, span.kind)
        else:
            spans.append(span)
    return Sentence(text, tuple(spans))


def _from_conll(text: str, path: Path) -> Iterator[Sentence]:
    def refuse(number: int, line: str, _reason: str) -> NoReturn:
        where = f"{path}: line {number} = {line[:40]!r}"
        raise DataError(f"{where} is no word and tag", _CONLL_CURE)

    for sentence in Conll(refuse, longest=len(text), loose=True).sentences(StringIO(text)):
        yield Sentence(*sentence)
