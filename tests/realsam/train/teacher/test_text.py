"""Text for a teacher: every prediction is made once, under its number."""

from hashlib import sha256

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import DataError
from realsam.train.data import Windows
from tests.realsam.train.teacher import small

LENGTHS = st.lists(st.sampled_from([0, 1, 2, 5, 6, 7, 11, 12, 13, 17, 18, 19, 40]), min_size=1)


def test_order_is_that_of_the_windows() -> None:
    """The inputs are, byte for byte, the text that training shuffles."""
    documents = small.documents(3, 9, 1)
    windows = Windows(documents, small.END, batch=1, window=4, seed=0)

    line = small.text(documents).tokens[:-1].numpy()

    assert windows.digest == sha256(line.tobytes()).hexdigest()


def test_targets_are_the_tokens_behind() -> None:
    """The last one of a document is an end-of-text, also that of the last document."""
    text = small.text([[5, 6], [7]])

    assert text.tokens.tolist() == [0, 5, 6, 0, 7, 0]
    assert text.n_predictions == 5


@given(lengths=LENGTHS)
def test_pieces_fit_and_predict_all_once(lengths: list[int]) -> None:
    """Pieces of at most the context, and together they predict every number once."""
    text = small.text(small.documents(*lengths))
    pieces = text.pieces(12)
    ends = pieces.start + pieces.length
    predicted = [
        number
        for start, skip, end in zip(pieces.start, pieces.skip, ends, strict=True)
        for number in range(start + skip, end)
    ]

    assert pieces.length.max() <= 12
    assert sorted(predicted) == list(range(text.n_predictions))


@given(lengths=LENGTHS)
def test_late_predictions_hear_half_a_context(lengths: list[int]) -> None:
    """All pieces but a document's first begin with half a context only to be heard."""
    text = small.text(small.documents(*lengths))
    pieces = text.pieces(12)

    first = np.isin(pieces.start, text.starts)
    assert (pieces.skip[first] == 0).all()
    assert (pieces.skip[~first] == 6).all()


@given(lengths=LENGTHS, n_tokens=st.sampled_from([1, 30, 1000]))
def test_batches_hold_every_prediction(lengths: list[int], n_tokens: int) -> None:
    """Each number once, beside the token that stands there."""
    text = small.text(small.documents(*lengths))
    batches = list(text.batches(12, n_tokens))

    numbers = torch.cat([batch.numbers for batch in batches])
    tokens = torch.cat([batch.tokens[batch.kept] for batch in batches])
    assert sorted(numbers.tolist()) == list(range(text.n_predictions))
    assert torch.equal(text.tokens[numbers], tokens)
    assert max(batch.tokens.numel() for batch in batches) <= max(12, n_tokens)


def test_like_lengths_share_a_batch() -> None:
    """Short documents are not filled up to the length of long ones."""
    batches = list(small.text(small.documents(*[2, 9] * 10)).batches(12, 100))

    assert [list(batch.tokens.shape) for batch in batches] == [[10, 10], [10, 3]]


def test_no_documents_are_refused() -> None:
    """There is nothing to learn."""
    with pytest.raises(DataError, match="the text has no documents"):
        small.text([])
