"""How the kernels of this package are compiled: several of them run in threads, without the GIL."""

from typing import Any

import numba


def exact(function: Any) -> Any:
    """Compile a kernel whose every bit is promised: without fast arithmetic."""
    return _compile(function, fastmath=False)


def rounded(function: Any) -> Any:
    """Compile a kernel of gradients, in which a product and a sum may become one operation."""
    return _compile(function, fastmath={"contract"})


def _compile(function: Any, fastmath: Any) -> Any:
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=fastmath)(function)
    except RuntimeError:  # nowhere to keep a cache: compile at every start
        return numba.njit(nogil=True, error_model="numpy", fastmath=fastmath)(function)
