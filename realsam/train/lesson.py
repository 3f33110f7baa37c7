"""Lessons: which documents a run hears, and how they are cut.

Whatever is heard, the same whole documents validate: losses of lessons can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsam.train.corpus import TrainingText, read_text
from realsam.train.data import Document
from realsam.train.pieces import UNITS, cut
from realsam.vocab import Vocabulary

STORIES, CONVERSATIONS, BLENDED = "stories", "conversations", "blended"


@dataclass(frozen=True)
class Corpus:
    """The documents of a training."""

    stories: TrainingText
    conversations: TrainingText | None
    held_out: list[str]  # to validate on; of both, unless a text for it was given

    @property
    def texts(self) -> list[TrainingText]:
        """All that may be heard in one lesson or another; a vocabulary is learned from them."""
        return [self.stories, *([self.conversations] if self.conversations else [])]


@dataclass(frozen=True)
class Lesson:
    """By default a run hears its FILES, in whole documents."""

    name: str = STORIES  # or CONVERSATIONS, BLENDED, or one of UNITS, into which stories are cut
    conversations: tuple[Path, ...] = ()  # files

    def read(self, files: Sequence[Path], valid: Path | None) -> Corpus:
        """All documents, also those of other lessons."""
        stories = read_text(files, valid)
        if not self.conversations:
            return Corpus(stories, None, stories.held_out)
        talks = read_text(self.conversations, valid)
        return Corpus(stories, talks, stories.held_out + ([] if valid else talks.held_out))

    def text(self, corpus: Corpus, vocabulary: Vocabulary, window: int) -> Sequence[Document]:
        """What is heard, as token ids; pieces are of at most a window."""
        if self.name in UNITS:
            return cut(corpus.stories.tokens(vocabulary), vocabulary, self.name, window)
        if self.name == STORIES:
            return corpus.stories.tokens(vocabulary)
        heard = corpus.texts[1:] if self.name == CONVERSATIONS else corpus.texts
        return [document for text in heard for document in text.tokens(vocabulary)]

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
