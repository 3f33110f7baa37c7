"""Entities as one label per token: 0 outside, 2 t - 1 where one of type t begins, 2 t within."""

from collections.abc import Iterable

import numpy as np

from realsam.arrays import I64, U8
from realsam.data.encoding import token_lengths
from realsam.entities import Span
from realsam.errors import DataError
from realsam.vocab import Vocabulary

MAX_TYPES = 127  # labels are bytes


class Labels:
    """Gives labels, and numbers the types of entities as they come."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.types: list[str] = []
        self._lengths = token_lengths(vocabulary)

    def of(self, text: str, spans: Iterable[Span], tokens: I64) -> U8:
        """The label of every token.

        A token that touches an entity belongs to it, if it touches two, to the later one.

        Args:
            text: an entry's.
            spans: its entities, in order.
            tokens: [K] of the text, end-of-text apart.

        Raises:
            DataError: if there are more than MAX_TYPES types.
        """
        data = text.encode("utf-8")
        owners, types = np.zeros(len(data), np.int64), [0]
        for span in spans:
            begin = len(text[: span.start].encode("utf-8"))
            end = begin + len(text[span.start : span.end].encode("utf-8"))
            owners[begin:end] = len(types)
            types.append(self._number(span.kind))
        lengths = self._lengths[tokens]
        owner = np.maximum.reduceat(owners, np.cumsum(lengths) - lengths)
        begins = owner != np.concatenate(([0], owner[:-1]))
        labels = 2 * np.array(types)[owner] - begins
        return np.where(owner > 0, labels, 0).astype(np.uint8)

    def _number(self, kind: str) -> int:
        if kind not in self.types:
            if len(self.types) == MAX_TYPES:
                raise DataError(
                    f"more than {MAX_TYPES} types of entities, {kind!r} among them",
                    "see whether the tags are in the second column",
                )
            self.types.append(kind)
        return self.types.index(kind) + 1


def label_names(types: Iterable[str]) -> list[str]:
    """The BIO tag of each label."""
    return ["O", *(f"{place}-{kind}" for kind in types for place in "BI")]
