"""Training text: documents to streams of windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from realsam.arrays import I64
from realsam.data.part import Part
from realsam.errors import DataError

Line = npt.NDArray[np.integer[Any]]
Document = Sequence[int] | Line  # token ids, without end-of-text
_PIECE = 1 << 20  # tokens hashed at a time


@dataclass(frozen=True)
class Position:
    """Where a stream of windows stands; enough to resume it exactly."""

    epoch: int
    window: int


@dataclass(frozen=True)
class Window:
    """One piece of every stream."""

    tokens: I64  # [T, B]
    targets: I64  # [T, B] the next tokens
    places: I64  # [T, B] where the tokens stand in the text: documents end to end, unshuffled
    fresh: bool  # a new epoch starts: all state is reset
    after: Position  # where the next window stands


def laid_out(documents: Sequence[Document], end_of_text: int) -> tuple[Line, I64]:
    """All tokens end to end, each document behind one end-of-text, and their numbers with it.

    Places in a text are counted along this line, by `Windows` and by a teacher alike. Prepared
    text lies like that on disk, and stays there.
    """
    if isinstance(documents, Part):
        return documents.line, documents.lengths
    lengths = np.array([len(d) + 1 for d in documents], np.int64)
    line = np.full(lengths.sum(), end_of_text, np.int64)
    for document, behind in zip(documents, np.cumsum(lengths), strict=True):
        line[behind - len(document) : behind] = document
    return line, lengths


def digest(line: Line) -> str:
    """SHA-256 of tokens, the same however wide the integers are that hold them."""
    found = sha256()
    for at in range(0, len(line), _PIECE):
        found.update(line[at : at + _PIECE].astype(np.int64).tobytes())
    return found.hexdigest()


class Windows:
    """Endless windows over shuffled documents, laid end to end in B parallel streams.

    Each document follows one end-of-text token. Streams keep their place, so that the state of
    one window is the right start of the next.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        end_of_text: int,
        batch: int,
        window: int,
        seed: int,
    ) -> None:
        self._text, self._lengths = laid_out(documents, end_of_text)
        self._window = window
        self._seed = seed
        self.n_tokens = total = len(self._text)
        if total < window + 1:
            raise DataError(
                f"the training text has {total} tokens, fewer than one window of "
                f"{window} and its target",
                "use more text or a shorter --window",
            )
        self.digest = digest(self._text)
        self.batch = min(batch, (total - 1) // window)
        self.windows_per_epoch = (total - 1) // (self.batch * window)

    def start(self, position: Position, streams: slice = slice(None)) -> Iterator[Window]:
        """Windows from a position on, of some of the streams."""
        first_of = np.arange(self.batch)[streams] * self.windows_per_epoch * self._window
        epoch, first = position.epoch, position.window
        while True:
            shuffled = _Shuffled(self._lengths, np.random.default_rng((self._seed, epoch)))
            for i in range(first, self.windows_per_epoch):
                within = np.arange(i * self._window, (i + 1) * self._window + 1)
                places = shuffled.places(first_of[:, None] + within).T
                text = self._text[places].astype(np.int64, copy=False)
                last = i + 1 == self.windows_per_epoch
                after = Position(epoch + 1, 0) if last else Position(epoch, i + 1)
                yield Window(text[:-1], text[1:], places[:-1], i == 0, after)
            epoch, first = epoch + 1, 0


class _Shuffled:
    """Documents end to end in the order of an epoch.

    Nothing is moved: an epoch of any size begins at once.
    """

    def __init__(self, lengths: I64, rng: np.random.Generator) -> None:
        order = rng.permutation(len(lengths))
        begins = np.cumsum(lengths) - lengths
        self._begins = np.cumsum(lengths[order]) - lengths[order]
        self._moves = begins[order] - self._begins

    def places(self, positions: I64) -> I64:
        """Where in the unshuffled text the tokens at these positions stand."""
        document = np.searchsorted(self._begins, positions, side="right") - 1
        found: I64 = positions + self._moves[document]
        return found
