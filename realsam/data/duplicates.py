"""Which documents came before, in 12 to 24 bytes a document however long it is."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

_FULL = 2 / 3  # of the table: then it is doubled


class Seen:
    """The 64-bit hashes of documents in an open table.

    Among ten million different documents, one is taken for a duplicate with a probability of
    3 in a million.
    """

    def __init__(self) -> None:
        self._table = np.zeros(1 << 12, np.uint64)  # 0: free
        self._n = 0

    def add(self, text: str) -> bool:
        """Take a document in; False if it was there already."""
        hashed = int.from_bytes(blake2b(text.encode("utf-8"), digest_size=8).digest(), "little")
        key = np.uint64(hashed or 1)
        place = _place(self._table, key)
        if self._table[place]:
            return False
        self._table[place] = key
        self._n += 1
        if self._n > _FULL * len(self._table):
            self._grow()
        return True

    def _grow(self) -> None:
        old = self._table
        self._table = np.zeros(2 * len(old), np.uint64)
        for key in old[old > 0]:
            self._table[_place(self._table, key)] = key


def _place(table: npt.NDArray[np.uint64], key: np.uint64) -> int:
    """Where a key stands, or the free place for it."""
    last = len(table) - 1
    place = int(key) & last
    while table[place] and table[place] != key:
        place = (place + 1) & last
    return place
