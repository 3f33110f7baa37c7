"""Training text: windows that neither lose nor repeat a token."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.part import Part
from realsam.errors import DataError
from realsam.train.data import Position, Windows, laid_out

END = 0


def documents(n: int = 20, longest: int = 9, seed: int = 0) -> list[list[int]]:
    """Documents whose tokens are all different numbers, the end of text apart."""
    lengths = np.random.default_rng(seed).integers(1, longest + 1, n)
    ends = np.cumsum(lengths)
    return [
        list(range(end - length + 1, end + 1)) for end, length in zip(ends, lengths, strict=True)
    ]


def windows(batch: int = 3, window: int = 4, seed: int = 0) -> Windows:
    """Windows over the documents."""
    return Windows(documents(), END, batch, window, seed)


def epoch(source: Windows, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and targets [steps, B] of an epoch."""
    found = list(islice(source.start(Position(number, 0)), source.windows_per_epoch))
    return tuple(
        np.concatenate([getattr(w, name) for w in found]) for name in ("tokens", "targets")
    )


@given(batch=st.integers(1, 9), window=st.integers(1, 12), seed=st.integers(0, 99))
def test_targets_are_the_next_tokens(batch: int, window: int, seed: int) -> None:
    """In every stream, across the borders of windows."""
    tokens, targets = epoch(Windows(documents(), END, batch, window, seed), 0)

    assert np.array_equal(tokens[1:], targets[:-1])


def test_last_target_is_the_first_token_of_the_next_stream() -> None:
    """The streams lie end to end."""
    tokens, targets = epoch(windows(), 0)

    assert targets[-1, :-1].tolist() == tokens[0, 1:].tolist()


def test_documents_may_be_arrays_or_empty() -> None:
    """Each after its end of text."""
    line, lengths = laid_out([[5, 6], [], np.array([7], np.uint16)], END)

    assert (line.tolist(), lengths.tolist()) == ([END, 5, 6, END, END, 7], [3, 1, 2])


def test_every_document_follows_one_end_of_text() -> None:
    """Put together, the streams are whole documents."""
    tokens, _ = epoch(windows(batch=1), 0)
    text = tokens[:, 0]
    starts = np.flatnonzero(text == END)

    found = [text[a + 1 : b].tolist() for a, b in pairwise(starts)]

    assert all(document in documents() for document in found)
    assert text[0] == END


def test_tokens_count_one_end_per_document() -> None:
    """What the summary line tells."""
    assert windows().n_tokens == sum(len(d) + 1 for d in documents())


def test_epoch_holds_no_token_twice() -> None:
    """The ends of text apart."""
    tokens, _ = epoch(windows(), 0)
    words = tokens[tokens != END]

    assert len(set(words.tolist())) == words.size


def test_epoch_leaves_out_less_than_a_window_of_every_stream() -> None:
    """All that fits is used."""
    source = windows()

    assert source.n_tokens - 1 - source.windows_per_epoch * 3 * 4 < 3 * 4


def test_epochs_are_shuffled_anew() -> None:
    """The order depends on seed and epoch alone."""
    first, second = epoch(windows(), 0)[0], epoch(windows(), 1)[0]

    assert not np.array_equal(first, second)
    assert np.array_equal(second, epoch(windows(), 1)[0])
    assert not np.array_equal(first, epoch(windows(seed=1), 0)[0])


@given(skip=st.integers(0, 40))
def test_position_resumes_exactly(skip: int) -> None:
    """What follows a window is what starts at its `after`."""
    position = Position(0, 0)
    straight = windows().start(position)
    for _ in range(skip):
        position = next(straight).after

    resumed = windows().start(position)

    for _ in range(5):
        expected, actual = next(straight), next(resumed)
        assert np.array_equal(expected.tokens, actual.tokens)
        assert np.array_equal(expected.targets, actual.targets)
        assert (expected.fresh, expected.after) == (actual.fresh, actual.after)


def test_first_window_of_an_epoch_is_fresh() -> None:
    """There the streams do not go on."""
    source = windows()
    n = source.windows_per_epoch

    fresh = [w.fresh for w in islice(source.start(Position(0, 0)), 2 * n)]

    assert fresh == ([True] + [False] * (n - 1)) * 2


def test_text_of_one_window_and_a_target_is_enough() -> None:
    """One stream of one window; the batch shrinks to what the text holds."""
    source = Windows([[1, 2, 3]], END, batch=8, window=3, seed=0)

    window = next(source.start(Position(0, 0)))

    assert source.batch == 1
    assert (window.tokens.T.tolist(), window.targets.T.tolist()) == ([[0, 1, 2]], [[1, 2, 3]])


def test_text_smaller_than_one_window_is_refused() -> None:
    """One token less."""
    with pytest.raises(DataError) as raised:
        Windows([[1, 2, 3]], END, batch=1, window=4, seed=0)

    assert str(raised.value) == (
        "the training text has 4 tokens, fewer than one window of 4 and its target; "
        "use more text or a shorter --window"
    )


@given(seed=st.integers(0, 99), window=st.integers(1, 7), batch=st.integers(1, 5))
def test_places_are_those_of_the_unshuffled_text(seed: int, window: int, batch: int) -> None:
    """Every token is found where its window says that it stands."""
    text = np.array([t for d in documents() for t in (END, *d)])

    for piece in islice(Windows(documents(), END, batch, window, seed).start(Position(0, 0)), 20):
        assert np.array_equal(text[piece.places], piece.tokens)


@pytest.mark.parametrize("streams", [slice(0, 1), slice(1, 3), slice(3, 3)])
def test_streams_of_a_process_are_columns_of_the_whole(streams: slice) -> None:
    """In every window, over two epochs."""
    source = windows()
    whole, part = source.start(Position(0, 0)), source.start(Position(0, 0), streams)

    for _ in range(2 * source.windows_per_epoch):
        expected, actual = next(whole), next(part)
        for name in ("tokens", "targets", "places"):
            assert np.array_equal(getattr(expected, name)[:, streams], getattr(actual, name))
        assert expected.after == actual.after


@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
def test_text_on_disk_gives_the_same_windows(dtype: str) -> None:
    """Whatever its integers are: same digest, and 64-bit tokens for the model."""
    line, lengths = laid_out(documents(), END)
    part = Part(line.astype(dtype), np.cumsum(lengths).astype("<u8") - lengths.astype("<u8"), None)
    plain, mapped = windows(), Windows(part, END, 3, 4, 0)

    assert plain.digest == mapped.digest
    streams = (w.start(Position(0, 0)) for w in (plain, mapped))
    for expected, found in islice(zip(*streams, strict=True), 20):
        assert np.array_equal(expected.tokens, found.tokens)
        assert found.tokens.dtype == found.targets.dtype == np.int64
