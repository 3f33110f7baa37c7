"""The text of a training: files to documents, those apart that validate, and their vocabulary.

Teachers and the models that learn from them split a text alike: what validates one of them was
never seen by the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsam.data.part import Part
from realsam.data.prepared import load_prepared
from realsam.data.toy import toy_documents
from realsam.documents import read_documents
from realsam.errors import DataError
from realsam.train.data import Windows
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.stories import Stories
from realsam.vocab import Vocabulary

HELD_OUT = 50  # every 50th document validates when there is no validation text
MAX_VALIDATION = 200  # documents scored at each validation
TOY_STORIES = 2000


@dataclass(frozen=True)
class RawText:
    """Text files, or the toy corpus."""

    documents: list[str]  # to train on
    held_out: list[str]  # up to MAX_VALIDATION others

    def tokens(self, vocabulary: Vocabulary) -> list[list[int]]:
        """The documents in a vocabulary."""
        return vocabulary.encode_all(self.documents)


@dataclass(frozen=True)
class PreparedText:
    """A folder that `realsam data prepare` wrote."""

    path: Path
    documents: Part
    held_out: list[str]
    vocabulary: Vocabulary  # the only one

    def tokens(self, vocabulary: Vocabulary) -> Part:
        """The documents, as they are on disk.

        Raises:
            DataError: if they are tokens of another vocabulary.
        """
        if vocabulary.to_json() != self.vocabulary.to_json():
            raise DataError(
                f"{self.path}: its tokens are of another vocabulary",
                "prepare it with --tokenizer and the folder of the teacher or run",
            )
        return self.documents


TrainingText = RawText | PreparedText


def read_text(files: Sequence[Path], valid: Path | None) -> TrainingText:
    """The text of a training: files, the folder of a prepared one, or the toy corpus."""
    validation = read_documents(valid)[:MAX_VALIDATION] if valid else []
    if any(file.is_dir() for file in files):
        return _prepared_text(files, validation)
    documents = [d for f in files for d in read_documents(f)] or toy_documents(TOY_STORIES)
    if validation:
        return RawText(documents, validation)
    if len(documents) < 2:
        raise DataError(
            "the training text is a single document, none is left to validate on",
            "give --valid FILE, or separate documents with <|endoftext|> lines",
        )
    training = [d for i, d in enumerate(documents) if i % HELD_OUT]
    return RawText(training, documents[::HELD_OUT][:MAX_VALIDATION])


def _prepared_text(files: Sequence[Path], validation: list[str]) -> PreparedText:
    if len(files) > 1:
        raise DataError(
            f"{next(f for f in files if f.is_dir())}: a prepared folder is a whole text",
            "give it alone, or prepare all sources into one folder",
        )
    found = load_prepared(files[0])
    vocabulary = found.vocabulary
    held_out = validation or [vocabulary.decode(d) for d in found.valid[:MAX_VALIDATION]]
    if not held_out:
        raise DataError(f"{files[0]}: holds no document to validate on", "give --valid FILE")
    return PreparedText(files[0], found.train, held_out, vocabulary)


def text_vocabulary(
    texts: Sequence[TrainingText], size: int, processes: Processes = ALONE
) -> Vocabulary:
    """The one that a text was prepared with, or one that the main process learns from all."""
    documents: list[str] = []
    for text in texts:
        if isinstance(text, PreparedText):
            return text.vocabulary
        documents += text.documents
    learned = Vocabulary.train(documents, size) if processes.is_main else None
    told = processes.from_main(learned.to_json() if learned else "")
    return learned or Vocabulary.from_json(told, "vocabulary of the main process")


def described(
    files: Sequence[Path], valid: Path | None, windows: Windows, stories: Stories | None
) -> dict[str, Any]:
    """What a run folder stores about its text, to find and to recognise it."""
    return {
        "files": [str(f.resolve()) for f in files],
        "valid": str(valid.resolve()) if valid else None,
        "n_tokens": windows.n_tokens,
        "streams": windows.batch,
        "n_sampled": stories.n_tokens if stories else 0,
        "sha256": windows.digest,
    }
