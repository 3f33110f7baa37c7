"""Which documents validate."""

from fractions import Fraction
from math import ceil


class Sides:
    """Takes documents as they come and lets a share of them validate, the first one first.

    A share of 1/50 is every 50th, as `realsam train` does with plain files. Documents of a group
    stay together, and a group counts as one.
    """

    def __init__(self, share: float) -> None:
        self._share = Fraction(share).limit_denominator(10_000)
        self._n = 0
        self._groups: dict[str, bool] = {}

    def validates(self, group: str | None) -> bool:
        """Whether the next document validates."""
        if group in self._groups:
            return self._groups[group]
        validates = ceil(self._n * self._share) < ceil((self._n + 1) * self._share)
        self._n += 1
        if group is not None:
            self._groups[group] = validates
        return validates
