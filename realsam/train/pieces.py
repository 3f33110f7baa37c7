"""Documents cut into pieces where words, clauses or sentences begin.

A piece keeps the tokens that the document has there: what is learned of pieces is of use in whole
documents. A clause ends with one of , ; : and a sentence with one of . ! ? and what closes quotes
or brackets behind it; both, like words, are followed by space.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from realsam.arrays import I64
from realsam.train.data import Document
from realsam.vocab import Vocabulary

UNITS = ("words", "phrases", "sentences")  # by the strength of the boundaries between them
_ENDS = (("phrases", ",;:"), ("sentences", ".!?"))
_CLOSING = "\"')]}\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
_INSIDE, _CLOSES = -1, -2  # no boundary; a token that leaves the strength as it was


def cut(
    documents: Iterable[Document], vocabulary: Vocabulary, unit: str, longest: int
) -> list[Document]:
    """Pieces as long as possible that end where a unit does; a long unit is cut at weaker places.

    Args:
        documents: token ids.
        vocabulary: of the tokens.
        unit: one of UNITS.
        longest: tokens of a piece.
    """
    boundaries = _Boundaries(vocabulary)
    wanted = UNITS.index(unit)
    pieces: list[Document] = []
    for document in documents:
        tokens, first = np.asarray(document, np.int64), 0
        for last in _cuts(boundaries.before(tokens), wanted, longest):
            pieces.append(tokens[first:last])
            first = last
    return pieces


class _Boundaries:
    """Knows of every token whether it opens a word, and what it ends."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        texts = [vocabulary.piece(i).decode("utf-8", "replace") for i in range(vocabulary.size)]
        self._opens = np.array([text[:1].isspace() for text in texts])
        self._ends = np.array([_strength(text) for text in texts])

    def before(self, tokens: I64) -> I64:
        """[n] strength of the boundary before each token: an index of UNITS, or _INSIDE."""
        ends = self._ends[tokens]
        told = np.where(ends == _CLOSES, 0, np.arange(len(tokens)))
        ended = np.maximum(ends[np.maximum.accumulate(told)], 0)
        found: I64 = np.where(self._opens[tokens], np.roll(ended, 1), _INSIDE)
        return found


def _strength(text: str) -> int:
    """What ends with a token."""
    core = text.rstrip().rstrip(_CLOSING).strip()
    if not core:
        return _CLOSES
    return next((UNITS.index(unit) for unit, marks in _ENDS if core[-1] in marks), 0)


def _cuts(before: I64, wanted: int, longest: int) -> Iterator[int]:
    """Where pieces end."""
    start, n = 0, len(before)
    while n - start > longest:
        near = before[start + 1 : start + longest + 1]
        strong = near >= min(wanted, near.max())
        start += 1 + int(np.flatnonzero(strong)[-1])
        yield start
    if n:
        yield n
