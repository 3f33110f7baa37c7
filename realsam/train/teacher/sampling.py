"""Sampling: new documents from an ensemble, thousands of streams at a time.

A stream whose document ends goes on with the next one, so that all are always busy. What is drawn
depends on the seed, the number of the document and the position alone, and documents are taken by
number, not as they end, so that short ones are not preferred. Neither streams nor processes decide
what is written, unless products of another shape round another way (bfloat16 on a GPU).
"""

from collections.abc import Callable

import numpy as np
import torch

from realsam.arrays import I32, I64
from realsam.errors import DataError
from realsam.train.data import Document
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.stories import Stories
from realsam.train.teacher.streams import Streams

_CHUNK = 64  # tokens of each stream between two looks at what is done
_FEWEST, _MOST = 64, 8192  # streams
_CPU_MEMORY = 1 << 31  # bytes for the caches; on a GPU half of what it has


def sample(
    ensemble: Ensemble,
    n_tokens: int,
    end_of_text: int,
    seed: int,
    on_done: Callable[[int, int], None] | None = None,
    processes: Processes = ALONE,
) -> Stories:
    """Write documents at temperature 1, each from the end-of-text token to the next.

    Those that are empty or do not end within the context are dropped.

    Args:
        ensemble: who writes.
        n_tokens: how many are wanted, at least 1, one end-of-text per document counted: the last
            document is the one that reaches them.
        end_of_text: the token before and behind a document.
        seed: of the draws; one seed gives one text on one machine.
        on_done: hears how many tokens of how many there are.
        processes: who share the work; all get the text that one would have written.

    Raises:
        DataError: if no document ends.
    """
    assert n_tokens > 0
    context = ensemble.config.context
    wanted = -(-2 * n_tokens // (context * processes.n))  # documents fill half a context, or so
    streams = min(streams_that_fit(ensemble), max(_FEWEST, wanted))
    writing = Streams(ensemble, streams, _CHUNK, end_of_text, seed, processes)
    written = _Written(context, end_of_text)
    total, steps = 0, 0
    while total < n_tokens:
        written.add(*writing.advance())
        steps += _CHUNK
        lengths = _interleaved(processes.from_all(written.lengths))
        total = int(lengths.sum())
        if steps >= context and not total:
            raise DataError(
                f"the teacher ended none of {streams} stories within its {context} tokens",
                "train it longer, or leave --sampled out",
            )
        if on_done:
            on_done(min(total, n_tokens), n_tokens)
    enough = int(np.searchsorted(np.cumsum(lengths), n_tokens)) + 1
    size, n = ensemble.config.vocab_size, processes.n
    own = Stories.of(written.documents(-(-(enough - processes.rank) // n)), size)
    parts = [stories.documents() for stories in processes.from_all(own)]
    found = [parts[i % n][i // n] for i in range(enough)]
    return Stories.of([document for document in found if len(document)], size)


def streams_that_fit(ensemble: Ensemble) -> int:
    """Streams whose caches find room."""
    config, gpu = ensemble.config, ensemble.device.type == "cuda"
    each = 2 * config.layers * config.context * config.width * (2 if gpu else 4)
    room = _CPU_MEMORY
    if gpu:
        room = torch.cuda.get_device_properties(ensemble.device).total_memory // 2
    return min(_MOST, max(1, room // (each * len(ensemble.members))))


def _interleaved(parts: list[I64]) -> I64:
    """Deal [n_i] values of processes out in turn, up to the first one that is missing."""
    n = len(parts)
    whole = min(len(part) * n + rank for rank, part in enumerate(parts))
    dealt = np.zeros(whole, np.int64)
    for rank, part in enumerate(parts):
        dealt[rank::n] = part[: len(dealt[rank::n])]
    return dealt


class _Written:
    """The tokens that were drawn, by document."""

    def __init__(self, context: int, end_of_text: int) -> None:
        self._context = context
        self._end = end_of_text
        self._numbers: list[I32] = []
        self._tokens: list[I32] = []
        self._drawn = np.zeros(0, np.int64)  # [documents] tokens, end-of-text included
        self._ended = np.zeros(0, bool)

    def add(self, numbers: I64, tokens: I64) -> None:
        """Take draws [steps, B] and the documents that they belong to, numbered from 0 on."""
        self._numbers.append(numbers.ravel().astype(np.int32))
        self._tokens.append(tokens.ravel().astype(np.int32))
        counts = np.bincount(numbers.ravel(), minlength=len(self._drawn))
        counts[: len(self._drawn)] += self._drawn
        self._drawn = counts
        self._ended = np.append(self._ended, np.zeros(len(counts) - len(self._ended), bool))
        self._ended[numbers[tokens == self._end]] = True

    @property
    def lengths(self) -> I64:
        """Tokens, end-of-text included, of documents up to the first that goes on; 0 if dropped."""
        whole = self._ended | (self._drawn == self._context)
        n = len(whole) if whole.all() else int(whole.argmin())
        good = self._ended[:n] & (self._drawn[:n] > 1)
        return np.where(good, self._drawn[:n], 0)

    def documents(self, n: int) -> list[Document]:
        """The first n without end-of-text, empty where they are dropped."""
        numbers = np.concatenate(self._numbers)
        wanted = numbers < n
        order = np.argsort(numbers[wanted], kind="stable")
        line = np.concatenate(self._tokens)[wanted][order]
        behind = np.cumsum(self._drawn[:n])
        kept = np.maximum(self.lengths[:n] - 1, 0)
        begins = behind - self._drawn[:n]
        return [line[a : a + m] for a, m in zip(begins.tolist(), kept.tolist(), strict=True)]
