"""Sampling: new documents from an ensemble, thousands of streams at a time.

All streams of a wave stand at the same position, so that attention needs no mask and reads only
what is there. Streams that ended are left out every few tokens, and the cache moves closer
together. One wave costs some time for its last, longest documents: take many streams.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from realsam.errors import DataError
from realsam.train.data import Document
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.cache import Past
from realsam.train.teacher.ensemble import Ensemble, mixed, quick
from realsam.train.teacher.stories import Stories

_TIDY_EVERY = 16  # tokens
_ROOM = 64  # positions by which the cache grows
_MOSTLY = 0.85  # share of living streams at which a cache is still good
_FEWEST, _MOST = 64, 8192  # streams of a wave; attention kernels count them in 16 bits
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
        n_tokens: how many are wanted, one end-of-text per document counted: the last document is
            the one that reaches them.
        end_of_text: the token before and behind a document.
        seed: of the draws; one seed gives one text on one kind of machine.
        on_done: hears how many tokens of how many there are.
        processes: who share the work; all get the text that one would have written.

    Raises:
        DataError: if no document of the first wave ends.
    """
    streams = _streams(ensemble, n_tokens)
    found, total, number = list[Document](), 0, processes.rank
    while total < n_tokens:
        generator = torch.Generator(ensemble.device)
        generator.manual_seed(ALONE.seed(seed, number))  # the wave's, whoever draws it
        wave = _Wave(ensemble, streams, end_of_text, generator).run()
        for stories in processes.from_all(Stories.of(wave, ensemble.config.vocab_size)):
            total += stories.n_tokens
            found += stories.documents()
        number += processes.n
        if not found:
            raise DataError(
                f"the teacher ended none of {streams} stories within its "
                f"{ensemble.config.context} tokens",
                "train it longer, or leave --sampled out",
            )
        if on_done:
            on_done(min(total, n_tokens), n_tokens)
    behind = np.cumsum([len(d) + 1 for d in found])
    enough = int(np.searchsorted(behind, n_tokens)) + 1
    return Stories.of(found[:enough], ensemble.config.vocab_size)


def _streams(ensemble: Ensemble, n_tokens: int) -> int:
    """Streams of a wave: as many as are wanted if documents fill half a context, and as fit."""
    wanted = -(-2 * n_tokens // ensemble.config.context)
    return min(streams_that_fit(ensemble), max(_FEWEST, wanted))


def streams_that_fit(ensemble: Ensemble) -> int:
    """Streams whose caches find room at full length."""
    config, gpu = ensemble.config, ensemble.device.type == "cuda"
    each = 2 * config.layers * config.context * config.width * (2 if gpu else 4)
    room = _CPU_MEMORY
    if gpu:
        room = torch.cuda.get_device_properties(ensemble.device).total_memory // 2
    return min(_MOST, max(1, room // (each * len(ensemble.members))))


class _Wave:
    """Streams that start together."""

    def __init__(
        self, ensemble: Ensemble, streams: int, end_of_text: int, generator: torch.Generator
    ) -> None:
        config, put = ensemble.config, ensemble.device
        self._members = ensemble.members
        self._end = end_of_text
        self._generator = generator
        self._device = put
        kind = torch.bfloat16 if put.type == "cuda" else torch.float32
        like = torch.empty(0, dtype=kind, device=put)
        self._caches = [
            [Past(streams, config.heads, config.head_size, like) for _ in member.blocks]
            for member in ensemble.members
        ]
        shape = streams, config.context
        self._last = torch.full((streams,), end_of_text, device=put)
        self._tokens = torch.full(shape, -1, device=put)  # [streams, context] what was drawn
        self._alive = torch.arange(streams, device=put)  # rows of the cache as stream numbers

    @torch.no_grad()
    def run(self) -> list[Document]:
        """Draw until all streams ended or the context is full."""
        with quick(self._device):
            for position in range(self._tokens.shape[1]):
                if position % _TIDY_EVERY == 0:
                    self._tidy(position)
                if not len(self._alive):
                    break
                self._step(position)
        return self._finished()

    def _step(self, position: int) -> None:
        tokens = self._last[self._alive]
        pairs = zip(self._members, self._caches, strict=True)
        p = mixed(member.logits(member.step(tokens, cache)) for member, cache in pairs)
        tokens = drawn(p, self._generator)
        self._tokens[self._alive, position] = self._last[self._alive] = tokens

    def _tidy(self, position: int) -> None:
        """Leave out the streams that ended if they are many, and make room for the next tokens."""
        ended = (self._tokens[self._alive, :position] == self._end).any(1)
        rows = torch.nonzero(~ended)[:, 0]
        lively = len(rows) >= _MOSTLY * len(self._alive)
        if lively and self._caches[0][0].room >= _TIDY_EVERY:
            return
        self._alive = self._alive[rows]
        for past in (past for cache in self._caches for past in cache):
            past.keep(rows, _ROOM)

    def _finished(self) -> list[Document]:
        """Documents that ended and are not empty."""
        ends = self._tokens == self._end
        n = ends.int().argmax(1)  # tokens before the first end of text
        good = ends.any(1) & (n > 0)
        within = torch.arange(ends.shape[1], device=self._device) < n[:, None]
        line = self._tokens[within & good[:, None]].cpu().numpy()
        behind = n[good].cumsum(0).tolist()
        return [line[a:b] for a, b in pairwise([0, *behind])]


def drawn(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Draw tokens [B] from distributions [B, V], which need not sum to 1."""
    # The first of independent exponential clocks to ring: no synchronisation with the CPU.
    clocks = torch.empty_like(probabilities).exponential_(generator=generator)
    return (probabilities / clocks).argmax(-1)
