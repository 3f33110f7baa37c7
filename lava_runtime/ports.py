"""A virtual port that places the values of one port inside a longer vector.

Lava adds up all connections of an input port, so several placed ports make a concatenation;
Lava's own ConcatPort is declared but not implemented. Import it after `load_lava`.

Sources: lava-nc 0.10.0, `magma/core/process/ports/ports.py` (ReshapePort is the pattern).
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from lava.magma.core.process.ports.ports import AbstractPort, AbstractVirtualPort


class PlacePort(AbstractVirtualPort):
    """The N values of a port at one or several offsets of a vector of zeros."""

    def __init__(self, source: AbstractPort, size: int, offsets: Sequence[int]) -> None:
        super().__init__((size,))
        self._spans = tuple(slice(start, start + source.size) for start in offsets)
        source._connect_forward([self], AbstractPort, [None], assert_same_shape=False)

    def get_transform_func_fwd(self) -> Any:
        """Return the function that places [N] values in a vector [size]."""
        return functools.partial(_place, self.size, self._spans)

    def get_transform_func_bwd(self) -> Any:
        """Return the function that picks the [N] values of the first place."""
        return functools.partial(_pick, self._spans[0])


def _place(size: int, spans: tuple[slice, ...], data: Any) -> Any:
    placed = np.zeros(size, data.dtype)
    for span in spans:
        placed[span] = data
    return placed


def _pick(span: slice, data: Any) -> Any:
    return data[span]
