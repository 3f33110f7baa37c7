"""Packing: pieces of documents side by side in rows of one length, no document hearing another."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import I64
from realsam.train.teacher.text import Pieces, Text

IGNORED = -100  # target of what is not to be predicted


@dataclass(frozen=True)
class Rows:
    """Some packed rows."""

    tokens: Tensor  # [B, T]
    targets: Tensor  # [B, T] the next tokens, or IGNORED
    piece: Tensor  # [B, T] number of the piece that a position belongs to; -1 where it is empty

    def allowed(self) -> Tensor:
        """[B, 1, T, T] which position hears which: those of its piece, up to itself."""
        same = self.piece[:, :, None] == self.piece[:, None, :]
        return same.tril()[:, None]


def fit(lengths: I64, width: int) -> tuple[I64, I64]:
    """Rows and columns [n] of pieces, each put where it leaves the least room, in their order."""
    row, column = np.empty_like(lengths), np.empty_like(lengths)
    rooms: list[tuple[int, int]] = []  # sorted: room left, row
    rows = 0
    for i, length in enumerate(lengths.tolist()):
        at = bisect_left(rooms, (length, 0))
        if at < len(rooms):
            room, row[i] = rooms.pop(at)
        else:
            room, row[i], rows = width, rows, rows + 1
        column[i] = width - room
        insort(rooms, (room - length, int(row[i])))
    return row, column


def packed(text: Text, context: int, batch: int, rng: np.random.Generator) -> Iterator[Rows]:
    """One epoch: all pieces in random rows of `context`, `batch` rows at a time.

    Batches are filled up with empty rows as evenly as possible, so that none of them is noisy.
    """
    pieces = text.pieces(context)
    order = rng.permutation(len(pieces.start))
    order = order[np.argsort(-pieces.length[order], kind="stable")]  # the longest pack best first
    row, column = fit(pieces.length[order], context)
    n_rows = int(row.max()) + 1
    n_batches = -(-n_rows // batch)
    # Rows that were opened early hold the longest: deal all out in random order, with gaps.
    slot = rng.permutation(n_rows) * (n_batches * batch) // n_rows
    cell = slot[row] * context + column
    rows = _filled(text, pieces.of(order), cell, (n_batches * batch, context))
    for first in range(0, n_batches * batch, batch):
        some = slice(first, first + batch)
        yield Rows(rows.tokens[some], rows.targets[some], rows.piece[some])


def _filled(text: Text, pieces: Pieces, cell: I64, shape: tuple[int, int]) -> Rows:
    """Write pieces into empty rows, each from its cell on."""
    put = text.tokens.device
    start, length, skip, first = (
        torch.from_numpy(column).to(put)
        for column in (pieces.start, pieces.length, pieces.skip, cell)
    )
    piece = torch.repeat_interleave(length)
    within = torch.arange(len(piece), device=put) - (length.cumsum(0) - length)[piece]
    cells, position = first[piece] + within, start[piece] + within
    rows = Rows(*(torch.full(shape, empty, device=put) for empty in (0, IGNORED, -1)))
    following = text.tokens[position + 1].where(within >= skip[piece], IGNORED)
    for cellular, values in (
        (rows.tokens, text.tokens[position]),
        (rows.targets, following),
        (rows.piece, piece),
    ):
        cellular.view(-1)[cells] = values
    return rows
