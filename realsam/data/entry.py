"""Entries: what files are made of, and a tally of what was left out and why."""

from collections import Counter
from dataclasses import dataclass, field

from realsam.entities import BAD_COLUMNS, BAD_TAG, TOO_LONG, Span
from realsam.vocab import END_OF_TEXT

PIECE = 1 << 20  # characters read at a time
MAX_DOCUMENT = 1 << 22  # characters of one document or row

# Why a row is left out, beside what a line of CoNLL can lack. docs/data.md says more about each.
NOT_UTF8 = "not UTF-8"
EMPTY = "empty"
DUPLICATE = "duplicate"
HOLDS_END = f"holds {END_OF_TEXT}"
NOT_JSON = "not JSON"
NO_OBJECT = "no object"
NO_SCHEMA = "fields of no schema"
NO_TEXT = "a field is no text"
HOLDS_TURN = "a line begins as a turn"
OTHER_LANGUAGE = "other language"
DELETED = "deleted"
NO_PARENT = "no parent"
NO_REPLY = "no reply"
BAD_ROLE = "turns do not alternate"
BAD_SPAN = "entities overlap, are empty, or leave the text"
NO_STORY = "no whole story"
REASONS = (
    *(NOT_UTF8, EMPTY, DUPLICATE, HOLDS_END, TOO_LONG, NOT_JSON, NO_OBJECT, NO_SCHEMA, NO_TEXT),
    *(HOLDS_TURN, OTHER_LANGUAGE, DELETED, NO_PARENT, NO_REPLY, BAD_ROLE),
    *(BAD_SPAN, BAD_COLUMNS, BAD_TAG, NO_STORY),
)


@dataclass(frozen=True)
class Entry:
    """A document: one story, one conversation, or one labelled sentence."""

    text: str
    spans: tuple[Span, ...] | None = None  # in order, apart; None: text without labels
    group: str | None = None  # entries of one group are all trained on, or all validate


@dataclass
class Tally:
    """What became of the rows of a file."""

    kept: int = 0  # entries
    cut: int = 0  # times that a document was cut, being longer than MAX_DOCUMENT
    rejected: Counter[str] = field(default_factory=Counter)  # rows by reason

    def reject(self, reason: str) -> None:
        """Count a row that is left out."""
        self.rejected[reason] += 1
