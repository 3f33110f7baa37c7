"""Kernels that follow spikes, against dense products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.nn.cpu.sparse import by_source, gather, halve
from realsam.nn.cpu.streams import Lists


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_gather_is_the_product_with_spikes(seed: int, share: float) -> None:
    """Of the first sources, added to what is there; some are never heard, some in every row."""
    rng = np.random.default_rng(seed)
    spikes = rng.random((21, 6)) < share
    heard, n_heard = np.zeros((21, 6), np.int32), spikes.sum(1).astype(np.int32)
    for row, line in zip(heard, spikes, strict=True):
        row[: line.sum()] = np.flatnonzero(line)
    grad, total = rng.integers(-9, 9, (21, 3)).astype(np.float32), np.ones((4, 3), np.float32)

    Lists(heard, n_heard, 6).gather(grad, total)

    assert total.tolist() == (1 + spikes[:, :4].T.astype(np.float32) @ grad).tolist()


def test_lists_by_source_name_the_rows_in_order() -> None:
    """Three rows, of which one is silent."""
    heard = np.array([[2, 0], [9, 9], [0, 9]], np.int32)
    start, row = np.zeros(5, np.int32), np.empty(3, np.int32)

    by_source(heard, np.array([2, 0, 1], np.int32), start, row)

    lists = [row[start[m] : start[m + 1]].tolist() for m in range(3)]
    assert lists == [[0, 2], [], [0]]


def test_gather_takes_eight_rows_at_once() -> None:
    """And the others one by one."""
    grad = np.arange(1, 20, dtype=np.float32)[:, None]
    total = np.zeros((1, 1), np.float32)

    gather(np.array([0, 19], np.int32), np.arange(19, dtype=np.int32), grad, total)

    assert total.tolist() == [[190]]


def test_halves_of_chip_weights() -> None:
    """The whole range of even 8-bit weights."""
    halves = np.empty(4, np.int8)

    assert halve(np.array([-256, 254, 0, -2], np.float32), halves) == 0
    assert halves.tolist() == [-128, 127, 0, -1]


@pytest.mark.parametrize("weight", [-258, 256, 1, -255, 0.5, 1000])
def test_other_weights_are_counted(weight: float) -> None:
    """Odd ones, fractions, and those that do not fit."""
    assert halve(np.array([2, weight, 2], np.float32), np.empty(3, np.int8)) == 1
