"""Maps equal what torch's documentation says, place by place."""

from itertools import product

import numpy as np
import pytest

from export.maps import ENTRIES_MAX, Map, Window, add, compose, convolution, dense, diagonal, pool
from realsam.arrays import F64
from realsam.errors import ExportError
from realsam.ir import Sparse

RNG = np.random.default_rng(7)


def matrix(given: Map) -> F64:
    """The whole matrix of a map."""
    return np.stack([given.times(row) for row in np.eye(given.shape[1])], axis=1)


def slid(weight: F64, groups: int, window: Window, x: F64) -> F64:
    """Cross-correlation of [channels, axes] by its definition."""
    pads = [(0, 0), *zip(window.before, window.behind, strict=True)]
    padded, places = np.pad(x, pads), window.outputs(x.shape[1:])
    per = weight.shape[1]
    out = np.zeros((len(weight), *places))
    for o, *at in product(range(len(weight)), *map(range, places)):
        group = o // (len(weight) // groups)
        for i, *tap in product(range(per), *map(range, window.kernel)):
            spot = [
                a * s + d * k
                for a, s, d, k in zip(at, window.stride, window.dilation, tap, strict=True)
            ]
            out[(o, *at)] += weight[(o, i, *tap)] * padded[(group * per + i, *spot)]
    return out


WINDOWS = [
    (1, (2, 5, 6), Window((3, 2), (1, 1), (0, 0), (0, 0), (1, 1))),
    (2, (4, 5, 6), Window((2, 3), (2, 3), (1, 2), (1, 2), (1, 1))),
    (1, (1, 7, 7), Window((3, 3), (1, 2), (0, 1), (2, 0), (2, 3))),
    (1, (3, 9), Window((4,), (2,), (1,), (2,), (2,))),
]


@pytest.mark.parametrize(("groups", "shape", "window"), WINDOWS)
def test_convolution(groups: int, shape: tuple[int, ...], window: Window) -> None:
    """Groups, strides, uneven padding, dilation; one axis and two."""
    weight = RNG.integers(-9, 10, (4, shape[0] // groups, *window.kernel)).astype(np.float64)
    x = RNG.integers(-9, 10, shape).astype(np.float64)

    expected = slid(weight, groups, window, x)

    assert expected.ravel().tolist() == (
        convolution(weight, groups, window, shape).times(x.ravel()).tolist()
    )


def test_pool_sums_each_channel() -> None:
    """The padding counts as zeros."""
    window = Window((2, 2), (2, 2), (1, 0), (1, 0), (1, 1))
    x = np.arange(2 * 3 * 4, dtype=np.float64).reshape(2, 3, 4)
    weight = np.zeros((2, 2, 2, 2))
    weight[0, 0] = weight[1, 1] = 0.25

    assert slid(weight, 1, window, x).ravel().tolist() == (
        pool(0.25, window, x.shape).times(x.ravel()).tolist()
    )


KINDS = {
    "dense": dense(RNG.integers(-3, 4, (6, 6))),
    "triples": Map((6, 6), np.arange(1.0, 5), np.array([0, 0, 3, 5]), np.array([1, 2, 1, 5])),
    "diagonal": diagonal(np.arange(6)),
}


@pytest.mark.parametrize("after", KINDS)
@pytest.mark.parametrize("before", KINDS)
def test_chain_and_sum(after: str, before: str) -> None:
    """Every pair of kinds: product and sum of the matrices."""
    a, b = KINDS[after], KINDS[before]

    assert (matrix(a) @ matrix(b)).tolist() == matrix(compose(a, b)).tolist()
    assert (matrix(a) + matrix(b)).tolist() == matrix(add([a, b])).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_filled_puts_integers_where_the_weights_are(kind: str) -> None:
    """Also where a weight is 0; in a list where a quarter of the places have one at most."""
    given = KINDS[kind]

    filled = given.filled(given.values.astype(np.int16))

    few = given.rows is not None and 4 * given.values.size <= given.shape[0] * given.shape[1]
    assert isinstance(filled, Sparse) == few
    assert (
        matrix(given).tolist()
        == (filled.dense() if isinstance(filled, Sparse) else filled).tolist()
    )


def test_convolution_beyond_memory_is_refused() -> None:
    """Before a byte of it is allocated."""
    weight, square = np.broadcast_to(np.ones(1), (1 << 7, 1 << 7, 1, 1)), 1 << 9
    window = Window((1, 1), (1, 1), (0, 0), (0, 0), (1, 1))

    with pytest.raises(ExportError, match=f"synapses, more than {ENTRIES_MAX:,}"):
        convolution(weight, 1, window, (1 << 7, square, square))
