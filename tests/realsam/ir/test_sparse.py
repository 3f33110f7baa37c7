"""Weights as a list: the matrix that they stand for, and lists that stand for none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError
from realsam.ir import Network, Projection, Sparse, as_list, listed, place
from tests import strategies

MATRIX = np.array([[0, 2, 0], [-4, 6, 0]], np.int16)


def matrices() -> st.SearchStrategy[np.ndarray]:
    """Mostly zeros, with empty rows and columns."""

    def drawn(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        n, m = rng.integers(1, 8, 2).tolist()
        return strategies.weights(rng, n, m) * (rng.random((n, m)) < 0.4).astype(np.int16)

    return st.integers(0, 2**32 - 1).map(drawn)


def test_synapses_stand_source_by_source() -> None:
    """Two of the second source, one of the first, none of the third."""
    sparse = as_list(MATRIX)

    assert sparse.start.tolist() == [0, 1, 3, 3]
    assert (sparse.target.tolist(), sparse.weight.tolist()) == ([1, 0, 1], [-4, 2, 6])
    assert (len(sparse), sparse.shape) == (2, (2, 3))


@given(matrix=matrices())
def test_list_and_matrix_are_the_same(matrix: np.ndarray) -> None:
    """There and back, in any order of the synapses."""
    targets, sources = np.nonzero(matrix)
    order = np.random.default_rng(0).permutation(targets.size)
    weights = matrix[targets, sources]

    shuffled = listed(matrix.shape, targets[order], sources[order], weights[order])

    for sparse in (as_list(matrix), shuffled):
        assert np.array_equal(matrix, sparse.dense())


@given(matrix=matrices(), seed=st.integers(0, 2**32 - 1))
def test_parts_are_those_of_the_matrix(matrix: np.ndarray, seed: int) -> None:
    """Some rows and columns in any order; columns side by side; sources by target."""
    rng = np.random.default_rng(seed)
    sparse, (n, m) = as_list(matrix), matrix.shape
    rows = rng.permutation(n)[: rng.integers(1, n + 1)]
    columns = rng.permutation(m)[: rng.integers(1, m + 1)]
    begin, end = sorted(rng.integers(0, m + 1, 2).tolist())
    starts, sources = sparse.by_target

    assert np.array_equal(matrix[np.ix_(rows, columns)], sparse.taken(rows, columns).dense())
    assert np.array_equal(matrix[:, begin:end], sparse.columns(begin, end).dense())
    for i, row in enumerate(matrix):
        assert np.flatnonzero(row).tolist() == sources[starts[i] : starts[i + 1]].tolist()


@given(matrix=matrices())
def test_projection_counts_the_same(matrix: np.ndarray) -> None:
    """Synapses per source, whatever holds them; only a matrix stores zeros."""
    delay = np.zeros(matrix.shape[1], np.int64)
    dense = Projection("b", ("a",), matrix, delay)
    sparse = Projection("b", ("a",), as_list(matrix), delay)

    assert np.array_equal(dense.fan_out(), sparse.fan_out())
    assert np.array_equal(dense.matrix, sparse.matrix)
    assert (int(dense.n_stored().sum()), int(sparse.n_stored().sum())) == (
        matrix.size,
        np.count_nonzero(matrix),
    )
    for k, weight in enumerate(sparse.stored):
        assert weight == matrix[place(sparse.weight, k)]


def test_list_is_part_of_the_network() -> None:
    """A chip stores the zeros of a matrix, so that the digests differ; equal lists agree."""
    network = strategies.network(np.random.default_rng(3))
    first, *others = (replace(q, weight=q.matrix) for q in network.projections)

    def with_first(projection: Projection) -> Network:
        return replace(network, projections=(projection, *others))

    sparse = [with_first(replace(first, weight=as_list(first.matrix))) for _ in range(2)]
    assert sparse[0] == sparse[1]
    assert sparse[0] != with_first(first)


@pytest.mark.parametrize(
    ("start", "target", "weight", "message"),
    [
        ([0, 1], [0], [2], "sparse weights: 2 starts, 1 targets and 1 weights do not list"),
        ([0, 1, 1], [0], [2, 2], "sparse weights: 3 starts, 1 targets and 2 weights do not list"),
        ([1, 1, 1], [0], [2], "sparse weights: 3 starts"),
        ([0, 2, 1], [0], [2], "sparse weights: 3 starts"),
        ([0, 1, 1], [0], [2.0], "sparse weights: 3 starts"),
        ([0, 1, 1], [2], [2], "sparse weights: target[0] = 2 is outside 0..1"),
        ([0, 1, 1], [2**32], [2], "sparse weights: target[0] = 4294967296 is outside 0..1"),
        ([0, 1, 1], [-1], [2], "sparse weights: target[0] = -1 is outside 0..1"),
        ([0, 2, 2], [1, 0], [2, 2], "sparse weights: target[1] = 0 does not follow 1"),
        ([0, 2, 2], [1, 1], [2, 2], "sparse weights: target[1] = 1 does not follow 1"),
        ([0, 1, 2], [0, 0], [2, 0], "sparse weights: weight[1] = 0"),
    ],
)
def test_other_lists_are_refused(
    start: list[int], target: list[int], weight: list[float], message: str
) -> None:
    """A list names each place of its matrix once, source by source, and no zero."""
    with pytest.raises(NetworkError) as raised:
        Sparse((2, 2), np.array(start), np.array(target), np.array(weight))

    assert raised.value.message.startswith(message)


@pytest.mark.parametrize("weight", [1, 255, 256, -258, 2**15, 2**31])
def test_weights_of_lists_are_even_and_of_eight_bits(weight: int) -> None:
    """As those of a matrix; the error names the place in the matrix."""
    sparse = Sparse((2, 2), np.array([0, 0, 1]), np.array([1]), np.array([weight]))

    with pytest.raises(NetworkError, match=r"a->b: weight\[1, 1\] = .* is not an even number"):
        Projection("b", ("a",), sparse, np.zeros(2, np.int64))
