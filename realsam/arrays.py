"""Array type names used in signatures; shapes stand in the docstrings."""

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I16 = npt.NDArray[np.int16]
I8 = npt.NDArray[np.int8]
U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
# Spikes: how many, or int32 where graded spikes carry payloads.
Spikes = npt.NDArray[np.uint8 | np.int32]


def frozen(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    """Return values as a read-only, C-ordered array of dtype: a copy, or the same if it is one."""
    if isinstance(values, np.ndarray) and values.dtype == dtype and _is_frozen(values):
        return values
    array = np.array(values, dtype=dtype, order="C")
    array.flags.writeable = False
    return array


def _is_frozen(array: npt.NDArray[np.generic]) -> bool:
    """Whether nobody can write to it: read-only, and no view of what somebody else may write."""
    flags = array.flags
    return (
        type(array) is np.ndarray and flags.owndata and flags.c_contiguous and not flags.writeable
    )
