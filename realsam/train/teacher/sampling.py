"""Sampling: new documents from an ensemble, thousands of streams at a time.

All streams of a wave stand at the same position, so that attention needs no mask and reads only
what is there. Streams that ended are left out every few tokens, and the cache moves closer
together. One wave costs some time for its last, longest documents: take many streams.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from realsam.errors import DataError
from realsam.train.teacher.cache import Past
from realsam.train.teacher.ensemble import Ensemble, mixed, quick
from realsam.train.teacher.labels import Labels

_TIDY_EVERY = 16  # tokens
_ROOM = 64  # positions by which the cache grows
_MOSTLY = 0.85  # share of living streams at which a cache is still good
MAX_STREAMS = 1 << 15  # attention kernels count streams in 16 bits


@dataclass(frozen=True)
class Samples:
    """Documents, and what the ensemble expected after each of their tokens."""

    documents: list[list[int]]  # token ids without end-of-text
    labels: Labels  # in their order, as `label` would give them; k = 0 if none were asked for

    @property
    def n_tokens(self) -> int:
        """Tokens, one end-of-text per document included."""
        return sum(map(len, self.documents)) + len(self.documents)


def sample(
    ensemble: Ensemble,
    n_documents: int,
    end_of_text: int,
    seed: int,
    k: int = 0,
    streams: int = 8192,
    top_p: float = 1.0,
    on_wave: Callable[[int], None] | None = None,
) -> Samples:
    """Write documents at temperature 1, each from the end-of-text token to the next.

    Those that are empty or do not end within the context are dropped, so fewer may come back.

    Args:
        ensemble: who writes.
        n_documents: how many are begun.
        end_of_text: the token before and behind a document.
        seed: of the draws; one seed gives one text on one machine.
        k: tokens per label; 0 for none. Labels are those of the full distribution.
        streams: documents at a time; memory goes with it.
        top_p: draw from the most probable tokens that have this share together.
        on_wave: hears how many documents were begun.

    Raises:
        DataError: if streams, top_p or n_documents is out of range.
    """
    if not 1 <= streams <= MAX_STREAMS:
        raise DataError(f"streams = {streams} is outside 1..{MAX_STREAMS}", "choose one in it")
    if not 0 < top_p <= 1:
        raise DataError(f"top_p = {top_p} is outside 0..1", "use 1 for all tokens")
    if n_documents < 1:
        raise DataError(f"n_documents = {n_documents} is below 1", "use at least 1")
    generator = torch.Generator(ensemble.device).manual_seed(seed)
    found = []
    for first in range(0, n_documents, streams):
        n = min(streams, n_documents - first)
        found.append(_Wave(ensemble, n, end_of_text, k, top_p, generator).run())
        if on_wave:
            on_wave(first + n)
    documents = [document for wave in found for document in wave.documents]
    return Samples(documents, Labels.joined([wave.labels for wave in found]))


class _Wave:
    """Streams that start together."""

    def __init__(
        self,
        ensemble: Ensemble,
        streams: int,
        end_of_text: int,
        k: int,
        top_p: float,
        generator: torch.Generator,
    ) -> None:
        config, put = ensemble.config, ensemble.device
        self._members = ensemble.members
        self._end = end_of_text
        self._top_p = top_p
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
        k = min(k, config.vocab_size)
        self._labels = Labels.empty((*shape, k), config.vocab_size, put)
        self._alive = torch.arange(streams, device=put)  # rows of the cache as stream numbers

    @torch.no_grad()
    def run(self) -> Samples:
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
        tokens = drawn(p, self._top_p, self._generator)
        self._tokens[self._alive, position] = self._last[self._alive] = tokens
        if self._labels.ids.shape[-1]:
            self._labels.write((self._alive, position), p)

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

    def _finished(self) -> Samples:
        """Documents that ended and are not empty, with their labels."""
        ends = self._tokens == self._end
        n = ends.int().argmax(1)  # tokens before the first end of text
        good = ends.any(1) & (n > 0)
        within = torch.arange(ends.shape[1], device=self._device) <= n[:, None]
        chosen = within & good[:, None]
        line = self._tokens[chosen].tolist()
        behind = (n[good] + 1).cumsum(0).tolist()
        documents = [line[a : b - 1] for a, b in pairwise([0, *behind])]
        labels = Labels(self._labels.ids[chosen], self._labels.probabilities[chosen])
        return Samples(documents, labels)


def drawn(probabilities: Tensor, top_p: float, generator: torch.Generator) -> Tensor:
    """Draw tokens [B] from distributions [B, V], which need not sum to 1."""
    if top_p < 1:
        probabilities = nucleus(probabilities, top_p)
    # The first of independent exponential clocks to ring: no synchronisation with the CPU.
    clocks = torch.empty_like(probabilities).exponential_(generator=generator)
    return (probabilities / clocks).argmax(-1)


def nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Set all tokens to zero but the fewest that have `top_p` of the probability together."""
    falling, ids = probabilities.sort(-1, descending=True)
    before = falling.cumsum(-1) - falling
    return probabilities.masked_fill(before.ge(top_p).gather(-1, ids.argsort(-1)), 0)
