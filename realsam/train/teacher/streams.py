"""Streams of text that an ensemble writes side by side, a token of each at every step.

Every step has the same shape, whatever ends and begins: on CUDA it is captured once as a graph,
for its hundreds of small kernels would otherwise wait for the CPU.
"""

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I64
from realsam.nn.dropout import WORD, mix
from realsam.train.parallel import Processes
from realsam.train.teacher.ensemble import Ensemble, mixed, quick

_WARM_UP = 2  # steps before a capture, in which kernels are compiled
_BITS = 22  # of a random number


class Streams:
    """B streams; a stream whose document ends begins the next one."""

    def __init__(
        self,
        ensemble: Ensemble,
        streams: int,
        chunk: int,
        end_of_text: int,
        seed: int,
        processes: Processes,
    ) -> None:
        """Of several processes each writes every n-th document."""
        put = ensemble.device
        self._members = ensemble.members
        self._context = ensemble.config.context
        self._end = end_of_text
        self._key = seed & WORD, seed >> 32 & WORD
        self._rank, self._n = processes.rank, processes.n
        self._at = torch.zeros(streams, dtype=torch.int64, device=put)
        self._last, self._document = torch.empty_like(self._at), torch.empty_like(self._at)
        self._begun = torch.zeros((), dtype=torch.int64, device=put)
        self._row = torch.zeros(1, dtype=torch.int64, device=put)
        self._log = torch.zeros(2, chunk, streams, dtype=torch.int64, device=put)
        kind = torch.bfloat16 if put.type == "cuda" else torch.float32
        self._caches = [member.memory(self._at, kind) for member in self._members]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._begin()
        if put.type == "cuda":
            self._capture()

    def advance(self) -> tuple[I64, I64]:
        """Draw a chunk; returns numbers of documents [chunk, B], from 0 on, and their tokens."""
        self._row.zero_()
        for _ in range(self._log.shape[1]):
            self._graph.replay() if self._graph else self._step()
        numbers, tokens = self._log.cpu().numpy().astype(np.int64)
        return numbers, tokens

    def _begin(self) -> None:
        """Put every stream at the start of a document of its own."""
        self._at.zero_()
        self._last.fill_(self._end)
        torch.arange(len(self._at), out=self._document)
        self._begun.fill_(len(self._at))
        self._row.zero_()

    def _capture(self) -> None:
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._step()
        self._begin()

    @torch.no_grad()
    def _step(self) -> None:
        pairs = zip(self._members, self._caches, strict=True)
        with quick(self._at.device):
            p = mixed(m.logits(m.step(self._last, self._at, cache)) for m, cache in pairs)
        tokens = drawn(p, self._uniform())
        self._log[0].index_copy_(0, self._row, self._document[None])
        self._log[1].index_copy_(0, self._row, tokens[None])
        self._row += 1
        ended = (tokens == self._end) | (self._at + 1 == self._context)
        following = self._begun + ended.cumsum(0) - 1
        self._begun += ended.sum()
        self._document.copy_(torch.where(ended, following, self._document))
        self._last.copy_(torch.where(ended, self._end, tokens))
        self._at.copy_(torch.where(ended, 0, self._at + 1))

    def _uniform(self) -> Tensor:
        """Numbers [B] in 0..1 of the positions that the streams stand at."""
        low, high = self._key
        document = self._document * self._n + self._rank
        word = mix(mix(mix(document & WORD) + low & WORD) ^ high)
        word = mix(word + mix(self._at + 1) & WORD)
        return ((word >> 32 - _BITS).float() + 0.5) / (1 << _BITS)


def drawn(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Draw tokens [B] from distributions [B, V], which need not sum to 1, by numbers in 0..1."""
    reached = probabilities.cumsum(-1)
    wanted = uniform[:, None] * reached[:, -1:]
    return (reached <= wanted).sum(-1).clamp_(max=probabilities.shape[-1] - 1)
