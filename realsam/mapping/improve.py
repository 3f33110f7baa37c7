"""Local search: move things between bins, or swap two, while that keeps together what talks.

The same search serves parts on cores and cores on chips. It goes through the things in a random
order that its seed gives, and takes a move only if it lowers the messages between bins: the result
is never worse than the start.
"""

from collections.abc import Callable

import numpy as np

from realsam.arrays import F64, I64

_PASSES = 10  # most of them find nothing after three or four
_TRIED = 4  # bins that a thing tries, those that it talks most with first
_LEAST_GAIN = 0.5  # messages are integers: less is rounding


class Bins:
    """Things in bins, and how much each thing talks with each bin.

    Args:
        shared: messages between one thing and all others [things], 0 with itself.
        use: [things, R] what each thing takes of a bin.
        capacity: [R] what a bin holds.
        bin_of: [things] the bin of each thing at the start.
        kind: [things] of which a bin holds at most one each.
    """

    def __init__(
        self, shared: Callable[[int], F64], use: I64, capacity: I64, bin_of: I64, kind: I64
    ) -> None:
        n_bins = int(bin_of.max()) + 1
        self.bin_of = bin_of.copy()
        self._shared, self._use, self._capacity, self._kind = shared, use, capacity, kind
        self._talk = np.array(
            [np.bincount(bin_of, shared(i), n_bins) for i in range(bin_of.size)]
        )  # [things, bins]
        self._used = np.zeros((n_bins, len(capacity)), np.int64)
        np.add.at(self._used, bin_of, use)

    def improve(self, seed: int) -> int:
        """Move and swap until nothing helps; returns how many moves and swaps that took."""
        order = np.random.default_rng(seed)
        n = 0
        for _ in range(_PASSES):
            found = sum(self._place_better(int(i)) for i in order.permutation(self.bin_of.size))
            n += found
            if not found:
                break
        return n

    def _place_better(self, i: int) -> bool:
        gain = self._talk[i] - self._talk[i, self.bin_of[i]]
        gain[self.bin_of[i]] = -np.inf
        shared = self._shared(i)
        for b in np.argsort(-gain, kind="stable")[:_TRIED].tolist():
            if b == self.bin_of[i]:
                break
            if self._move(i, b, float(gain[b])) or self._swap(i, b, float(gain[b]), shared):
                return True
        return False

    def _move(self, i: int, b: int, gain: float) -> bool:
        if gain < _LEAST_GAIN or not self._fits(self._used[b] + self._use[i]):
            return False
        if np.any(self._kind[self.bin_of == b] == self._kind[i]):
            return False
        self._put(i, b)
        return True

    def _swap(self, i: int, b: int, gain: float, shared: F64) -> bool:
        """Swap with the thing in b that gains most by it."""
        a = int(self.bin_of[i])
        there = np.flatnonzero(self.bin_of == b)
        if there.size == 0:
            return False
        gains = gain + self._talk[there, a] - self._talk[there, b] - 2 * shared[there]
        k = int(np.argmax(gains))
        j = int(there[k])
        if gains[k] < _LEAST_GAIN or not self._may_swap(i, j, a, b):
            return False
        self._put(i, b)
        self._put(j, a)
        return True

    def _may_swap(self, i: int, j: int, a: int, b: int) -> bool:
        change = self._use[i] - self._use[j]
        if not (self._fits(self._used[a] - change) and self._fits(self._used[b] + change)):
            return False
        kinds, bins = self._kind, self.bin_of
        into_a = (bins == a) & (kinds == kinds[j])
        into_b = (bins == b) & (kinds == kinds[i])
        into_a[i] = into_b[j] = False
        return not (into_a.any() or into_b.any())

    def _fits(self, used: I64) -> bool:
        return bool(np.all(used <= self._capacity))

    def _put(self, i: int, b: int) -> None:
        a, shared = self.bin_of[i], self._shared(i)
        self._talk[:, a] -= shared
        self._talk[:, b] += shared
        self._used[a] -= self._use[i]
        self._used[b] += self._use[i]
        self.bin_of[i] = b
