"""Text for a teacher: documents as one line of tokens on the device, cut into pieces and batches.

Document i is `[end_of_text, *tokens]`; the line goes on with the next document, so the target of
every position is the token behind it, and the last target is one more end-of-text. Predictions
are numbered along that line: the order of `realsam.train.data.Windows` before it shuffles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I64
from realsam.errors import DataError
from realsam.train.data import Document, laid_out


@dataclass(frozen=True)
class Pieces:
    """Stretches of documents that fit a context.

    A long document gives pieces that overlap by half a context, the first half of which is only
    there to be heard.
    """

    start: I64  # [n] position in the line
    length: I64  # [n]
    skip: I64  # [n] leading positions that another piece predicts

    def of(self, chosen: I64) -> "Pieces":
        """Those of the given numbers, in their order."""
        return Pieces(self.start[chosen], self.length[chosen], self.skip[chosen])


@dataclass(frozen=True)
class Batch:
    """Pieces side by side, filled up on the right."""

    tokens: Tensor  # [B, T]
    kept: Tensor  # [B, T] bool, the positions that are predicted here
    numbers: Tensor  # [kept] of the predictions, in the order of `kept`


@dataclass(frozen=True)
class Text:
    """Documents laid end to end."""

    tokens: Tensor  # [K + 1] int64: K inputs and the last end of text
    starts: I64  # [documents]
    lengths: I64  # [documents] tokens, the end of text before them included

    @staticmethod
    def of(documents: Sequence[Document], end_of_text: int, device: torch.device) -> "Text":
        """Lay documents of token ids end to end."""
        if not documents:
            raise DataError("the text has no documents", "give at least one")
        line, lengths = laid_out(documents, end_of_text)
        tokens = torch.from_numpy(np.append(line, end_of_text).astype(np.int64)).to(device)
        return Text(tokens, np.cumsum(lengths) - lengths, lengths)

    @property
    def n_predictions(self) -> int:
        """Tokens, one end-of-text per document included."""
        return int(self.lengths.sum())

    @property
    def digest(self) -> str:
        """SHA-256 of the inputs, that of `realsam.train.data.Windows` over the same documents."""
        return sha256(self.tokens[:-1].cpu().numpy().tobytes()).hexdigest()

    def pieces(self, context: int) -> Pieces:
        """Cut documents into pieces of at most `context` positions; each is predicted once."""
        stride = context // 2
        beyond = np.maximum(0, self.lengths - context)
        n = 1 + -(-beyond // stride)
        document = np.repeat(np.arange(len(n)), n)
        ordinal = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        offset = ordinal * stride
        length = np.minimum(context, self.lengths[document] - offset)
        skip = np.where(ordinal > 0, context - stride, 0)
        return Pieces(self.starts[document] + offset, length, skip)

    def batches(self, context: int, n_tokens: int) -> Iterator[Batch]:
        """Batches of about n_tokens with little padding, the longest pieces first."""
        pieces = self.pieces(context)
        order = np.argsort(-pieces.length, kind="stable")
        while len(order):
            width = int(pieces.length[order[0]])
            n = max(1, n_tokens // width)
            chosen, order = order[:n], order[n:]
            yield self._batch(pieces.of(chosen), width)

    def _batch(self, pieces: Pieces, width: int) -> Batch:
        put = self.tokens.device
        start, length, skip = (
            torch.from_numpy(column).to(put)[:, None]
            for column in (pieces.start, pieces.length, pieces.skip)
        )
        within = torch.arange(width, device=put)
        position = start + within.clamp(max=length - 1)
        kept = (within >= skip) & (within < length)
        return Batch(self.tokens[position], kept, position[kept])
