"""A sample of texts that come by: what a vocabulary is learned from."""

import heapq
import random
from collections.abc import Iterator

_PIECE = 1 << 16  # characters: a long document is no all or nothing


class Sample:
    """Pieces of documents, drawn without favour until they have `n_bytes`.

    A text of up to so many bytes is in it as a whole. The same texts and seed give the same sample.
    """

    def __init__(self, n_bytes: int, seed: int) -> None:
        self._room = n_bytes
        self._draw = random.Random(seed)
        self._kept: list[tuple[float, int, str, int]] = []  # a heap, the first to leave in front
        self.n_seen = 0  # bytes that came by
        self.n_bytes = 0  # bytes in the sample

    def add(self, text: str) -> None:
        """Let a document come by."""
        for at in range(0, len(text), _PIECE):
            piece = text[at : at + _PIECE]
            size = len(piece.encode("utf-8"))
            # The number sets pieces of equal draw apart, and gives them their order back.
            number = self.n_seen
            self.n_seen += size
            self.n_bytes += size
            heapq.heappush(self._kept, (self._draw.random(), number, piece, size))
            while self.n_bytes > self._room:
                self.n_bytes -= heapq.heappop(self._kept)[3]

    def __iter__(self) -> Iterator[str]:
        return (piece for _, _, piece, _ in sorted(self._kept, key=lambda kept: kept[1]))
