"""Frozen arrays: read-only, and copied only if somebody could still write to them."""

import numpy as np
import pytest

from realsam.arrays import frozen


def test_frozen_array_is_a_copy() -> None:
    """Later changes of what it was made from do not reach it."""
    values = np.arange(4)
    array = frozen(values, np.int64)

    values[0] = 9

    assert array.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_frozen_array_stays_the_same() -> None:
    """Weights are not copied from value to value."""
    array = frozen([1, 2], np.int16)

    assert frozen(array, np.int16) is array


@pytest.mark.parametrize(
    "values",
    [
        frozen([[1, 2], [3, 4]], np.int16)[0],
        frozen([[1, 2], [3, 4]], np.int16).T,
        np.broadcast_to(np.array([3], np.int16), 2),
        frozen([1, 2], np.int64),
        [1, 2],
    ],
    ids=["view", "transposed", "broadcast", "dtype", "list"],
)
def test_anything_else_is_copied(values: object) -> None:
    """Views, other types, what is no array."""
    array = frozen(values, np.int16)

    assert array is not values
    assert array.flags.owndata
    assert array.flags.c_contiguous
    assert array.dtype == np.int16
    np.testing.assert_array_equal(values, array)
