"""The text of a training: files to documents, those apart that validate, and their vocabulary.

Teachers and the models that learn from them split a text alike: what validates one of them was
never seen by the other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from realsam.documents import read_documents
from realsam.errors import DataError
from realsam.train.data import Windows
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.stories import Stories
from realsam.train.toy import toy_documents
from realsam.vocab import Vocabulary

HELD_OUT = 50  # every 50th document validates when there is no validation text
MAX_VALIDATION = 200  # documents scored at each validation
TOY_STORIES = 2000


def split(files: Sequence[Path], valid: Path | None) -> tuple[list[str], list[str]]:
    """Training documents, and up to MAX_VALIDATION others to validate on."""
    documents = [d for f in files for d in read_documents(f)] or toy_documents(TOY_STORIES)
    if valid:
        return documents, read_documents(valid)[:MAX_VALIDATION]
    if len(documents) < 2:
        raise DataError(
            "the training text is a single document, none is left to validate on",
            "give --valid FILE, or separate documents with <|endoftext|> lines",
        )
    training = [d for i, d in enumerate(documents) if i % HELD_OUT]
    return training, documents[::HELD_OUT][:MAX_VALIDATION]


def learned_vocabulary(documents: list[str], size: int, processes: Processes = ALONE) -> Vocabulary:
    """The vocabulary of the documents, learned by the main process alone."""
    learned = Vocabulary.train(documents, size) if processes.is_main else None
    text = processes.from_main(learned.to_json() if learned else "")
    return learned or Vocabulary.from_json(text, "vocabulary of the main process")


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
