"""Lessons: which documents a run hears, and how they are cut.

Whatever is heard, the same whole documents validate: losses of lessons can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsam.train.corpus import split
from realsam.train.data import Document
from realsam.train.pieces import UNITS, cut
from realsam.vocab import Vocabulary

STORIES, CONVERSATIONS, BLENDED = "stories", "conversations", "blended"


@dataclass(frozen=True)
class Corpus:
    """The documents of a training."""

    stories: list[str]
    conversations: list[str]
    held_out: list[str]  # to validate on; of both, unless a text for it was given

    @property
    def documents(self) -> list[str]:
        """All that may be heard in one lesson or another; a vocabulary is learned from them."""
        return self.stories + self.conversations


@dataclass(frozen=True)
class Lesson:
    """By default a run hears its FILES, in whole documents."""

    name: str = STORIES  # or CONVERSATIONS, BLENDED, or one of UNITS, into which stories are cut
    conversations: tuple[Path, ...] = ()  # files

    def read(self, files: Sequence[Path], valid: Path | None) -> Corpus:
        """All documents, also those of other lessons."""
        stories, held_out = split(files, valid)
        if not self.conversations:
            return Corpus(stories, [], held_out)
        conversations, more = split(self.conversations, valid)
        return Corpus(stories, conversations, held_out if valid else held_out + more)

    def text(self, corpus: Corpus, vocabulary: Vocabulary, window: int) -> list[Document]:
        """What is heard, as token ids; pieces are of at most a window."""
        if self.name in UNITS:
            return cut(vocabulary.encode_all(corpus.stories), vocabulary, self.name, window)
        heard = {
            STORIES: corpus.stories,
            CONVERSATIONS: corpus.conversations,
            BLENDED: corpus.documents,
        }
        return [*vocabulary.encode_all(heard[self.name])]

    def heard(self, files: Sequence[Path]) -> list[str]:
        """Names of the files that are heard, without their folders."""
        stories = [file.name for file in files] or ["toy corpus"]
        conversations = [file.name for file in self.conversations]
        heard = {CONVERSATIONS: conversations, BLENDED: stories + conversations}
        return heard.get(self.name, stories)

    def to_json(self) -> dict[str, Any]:
        """What a run folder stores of it, beside FILES."""
        return {
            "lesson": self.name,
            "conversations": [str(file.resolve()) for file in self.conversations],
        }

    @staticmethod
    def from_json(stored: dict[str, Any]) -> "Lesson":
        """Read `to_json` back; runs of older versions heard their FILES.

        Raises:
            ValueError: if there is no such lesson.
        """
        name, files = stored.get("lesson", STORIES), stored.get("conversations", [])
        if name not in (*UNITS, STORIES, CONVERSATIONS, BLENDED):
            raise ValueError(f"lesson {name!r}")
        return Lesson(name, tuple(Path(file) for file in files))
