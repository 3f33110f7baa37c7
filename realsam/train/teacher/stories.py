"""Stories that a teacher wrote, kept beside the run that is trained on them.

They are drawn once: which text a run is trained on must not depend on the machine that resumes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from realsam.arrays import I64
from realsam.errors import CheckpointError
from realsam.files import replacing
from realsam.train.data import Document

_MOST_16 = 1 << 16  # tokens that uint16 can number


@dataclass(frozen=True, eq=False)
class Stories:
    """Documents of token ids in little memory."""

    tokens: npt.NDArray[np.unsignedinteger[Any]]  # [n] end to end, without end-of-text
    lengths: I64  # [documents] of each, at least 1

    @staticmethod
    def of(documents: Sequence[Document], vocab_size: int) -> "Stories":
        """Pack documents."""
        kind = np.uint16 if vocab_size <= _MOST_16 else np.uint32
        lengths = np.array([len(d) for d in documents], np.int64)
        parts = [np.asarray(d, kind) for d in documents]
        return Stories(np.concatenate(parts) if parts else np.zeros(0, kind), lengths)

    @property
    def n_tokens(self) -> int:
        """Tokens, one end-of-text per document included."""
        return len(self.tokens) + len(self.lengths)

    def documents(self) -> list[Document]:
        """Them one by one, as views."""
        ends = np.cumsum(self.lengths).tolist()
        return [self.tokens[a:b] for a, b in pairwise([0, *ends])]

    def save(self, path: Path) -> None:
        """Write a compressed .npz file."""
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, tokens=self.tokens, lengths=self.lengths)


def load_stories(path: Path) -> Stories:
    """Read stories back.

    Raises:
        CheckpointError: if the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            tokens, lengths = stored["tokens"], stored["lengths"].astype(np.int64)
        whole = len(lengths) and lengths.min() > 0 and lengths.sum() == tokens.size
        if whole and tokens.dtype.kind == "u":
            return Stories(tokens, lengths)
        reason = "its lengths do not fit its tokens"
    except Exception as error:  # numpy raises almost every kind on a damaged file
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    raise CheckpointError(
        f"{path}: missing or damaged ({reason})", "restore the file, or start a new run"
    )
