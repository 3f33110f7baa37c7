"""Entity F1: a span counts if its first and last character and its kind are all right.

Source: Tjong Kim Sang and De Meulder 2003 (CoNLL-2003 shared task, exact match).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from realsam.ner.corpus import Span


@dataclass(frozen=True)
class Counts:
    """Spans of one kind, or of all; ratios are derived and 0 where nothing is there."""

    n_right: int
    n_found: int
    n_marked: int

    @property
    def precision(self) -> float:
        """Share of the found spans that are right."""
        return self.n_right / max(1, self.n_found)

    @property
    def recall(self) -> float:
        """Share of the marked spans that were found."""
        return self.n_right / max(1, self.n_marked)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.n_right / max(1, self.n_found + self.n_marked)

    def to_json(self) -> dict[str, Any]:
        """Counts and ratios under their stable names."""
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return vars(self) | ratios


def compare(
    marked: Sequence[Iterable[Span]], found: Sequence[Iterable[Span]]
) -> tuple[Counts, dict[str, Counts]]:
    """All spans of some texts, and those of each kind, by name."""
    true = {(i, span) for i, spans in enumerate(marked) for span in spans}
    said = {(i, span) for i, spans in enumerate(found) for span in spans}
    each = {
        kind: Counts(*(sum(s.kind == kind for _, s in part) for part in (true & said, said, true)))
        for kind in sorted({span.kind for _, span in true | said})
    }
    return Counts(len(true & said), len(said), len(true)), each
