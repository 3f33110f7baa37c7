"""Packing: all pieces in rows, none on another, and none hears another."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from realsam.train.teacher.packing import IGNORED, Rows, fit, packed
from realsam.train.teacher.text import Text
from tests.realsam.train.teacher import small

LENGTHS = st.lists(st.integers(0, 40), min_size=1, max_size=40)


def epoch(text: Text, batch: int = 3, seed: int = 0) -> list[Rows]:
    """Rows of context 12."""
    return list(packed(text, 12, batch, np.random.default_rng(seed)))


@given(lengths=st.lists(st.integers(1, 12), min_size=1))
def test_pieces_lie_beside_each_other(lengths: list[int]) -> None:
    """No cell is taken twice, none lies beyond the row."""
    row, column = fit(np.array(lengths), 12)

    cells = [
        (r, c + i) for r, c, length in zip(row, column, lengths, strict=True) for i in range(length)
    ]
    assert len(set(cells)) == sum(lengths)
    assert max(c for _, c in cells) < 12


def test_room_is_used() -> None:
    """A piece goes where it leaves the least room."""
    row, column = fit(np.array([10, 7, 4, 2]), 12)

    assert row.tolist() == [0, 1, 1, 0]
    assert column.tolist() == [0, 0, 7, 10]


@given(lengths=LENGTHS, batch=st.integers(1, 9))
def test_every_token_is_a_target_once(lengths: list[int], batch: int) -> None:
    """As many as there are predictions, and the same tokens."""
    text = small.text(small.documents(*lengths))

    targets = torch.cat([rows.targets.flatten() for rows in epoch(text, batch)])

    targets = targets[targets != IGNORED]
    assert torch.equal(text.tokens[1:].sort().values, targets.sort().values)


@given(lengths=LENGTHS, batch=st.integers(1, 9))
def test_batches_are_evenly_full(lengths: list[int], batch: int) -> None:
    """All of one shape; their numbers of empty rows differ by one at most."""
    rows = epoch(small.text(small.documents(*lengths)), batch)

    empty = [int((r.piece < 0).all(1).sum()) for r in rows]
    assert {tuple(r.tokens.shape) for r in rows} == {(batch, 12)}
    assert max(empty) - min(empty) <= 1
    assert max(empty) < batch


@torch.no_grad()
def test_packed_pieces_are_as_if_alone() -> None:
    """Hidden states of a packed document are those of the document itself."""
    model, documents = small.teacher(), small.documents(3, 5, 2, 8, 1)
    alone = {tuple(d): model(torch.tensor([[small.END, *d]]))[0] for d in documents}

    (rows,) = epoch(small.text(documents), batch=2)
    hidden = model(rows.tokens, rows.allowed())

    found = {}
    for piece in range(5):
        here = rows.piece == piece
        found[tuple(rows.tokens[here].tolist()[1:])] = hidden[here]
    assert found.keys() == alone.keys()
    for document, expected in alone.items():
        torch.testing.assert_close(expected, found[document])


def test_epochs_differ_and_repeat() -> None:
    """By the seed alone."""
    text = small.text(small.documents(*range(1, 12)))

    a, b, c = (epoch(text, seed=seed)[0].tokens for seed in (0, 0, 1))

    assert torch.equal(a, b)
    assert not torch.equal(a, c)
