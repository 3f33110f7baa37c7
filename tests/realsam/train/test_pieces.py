"""Pieces of documents: nothing is lost, none is too long, and they end where units do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.train.pieces import UNITS, cut
from realsam.vocab import Vocabulary
from tests import tiny

TEXT = 'He ran, "Stop!" she said. Then: it (the end.) was 3.5 m'


def pieces(text: str, unit: str, longest: int, vocabulary: Vocabulary | None = None) -> list[str]:
    """What one document is cut into, as text."""
    vocabulary = vocabulary or tiny.vocabulary()
    found = cut([vocabulary.encode(text)], vocabulary, unit, longest)
    return [vocabulary.decode(piece) for piece in found]


def characters() -> Vocabulary:
    """A vocabulary in which every token is a byte."""
    return Vocabulary.train([], 257)


@given(
    documents=st.lists(st.text(st.sampled_from("ab ,.!\"'\n\u201d"), min_size=1), max_size=4),
    unit=st.sampled_from(UNITS),
    longest=st.integers(1, 9),
)
def test_nothing_is_lost_and_no_piece_is_longer(
    documents: list[str], unit: str, longest: int
) -> None:
    """The pieces of all documents end to end are the documents, token for token."""
    vocabulary = tiny.vocabulary()
    tokens = vocabulary.encode_all(documents)

    found = cut(tokens, vocabulary, unit, longest)

    assert [int(t) for piece in found for t in piece] == [t for d in tokens for t in d]
    assert all(1 <= len(piece) <= longest for piece in found)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_no_text_gives_no_pieces(documents: list[list[int]], unit: str) -> None:
    """Not empty ones."""
    assert cut(documents, tiny.vocabulary(), unit, 8) == []


@pytest.mark.parametrize(
    ("unit", "longest", "expected"),
    [
        ("words", 9, 'He ran,| "Stop!"| she| said.| Then: it| (the| end.)| was 3.5| m'),
        ("phrases", 18, 'He ran, "Stop!"| she said. Then:| it (the end.)| was 3.5 m'),
        ("sentences", 28, 'He ran, "Stop!" she said.| Then: it (the end.)| was 3.5 m'),
    ],
)
def test_pieces_end_where_units_do(unit: str, longest: int, expected: str) -> None:
    """In tokens of one byte: as long as possible, behind closing quotes and brackets."""
    assert pieces(TEXT, unit, longest, characters()) == expected.split("|")


@pytest.mark.parametrize(
    ("unit", "text", "longest", "expected"),
    [
        ("sentences", "one, two three four", 12, ["one,", " two three", " four"]),
        ("sentences", "one two three", 9, ["one two", " three"]),
        ("words", "extraordinary", 5, ["extra", "ordin", "ary"]),
        ("phrases", "extraordinary, yes", 14, ["extraordinary,", " yes"]),
    ],
)
def test_long_units_are_cut_at_weaker_places(
    unit: str, text: str, longest: int, expected: list[str]
) -> None:
    """At a clause, else at a word, else anywhere."""
    assert pieces(text, unit, longest, characters()) == expected


def test_document_that_fits_stays_whole() -> None:
    """Whatever the unit."""
    tokens = tiny.vocabulary().encode("One. Two.")

    for unit in UNITS:
        (piece,) = cut([tokens], tiny.vocabulary(), unit, len(tokens))
        assert np.array_equal(piece, tokens)


def test_documents_are_never_joined() -> None:
    """A piece ends with its document."""
    assert len(cut([[5], [6], [7]], tiny.vocabulary(), "words", 8)) == 3
