"""Which documents validate."""

from fractions import Fraction


class Sides:
    """Takes documents as they come and lets a share of them validate, the first one first.

    A share of 1/50 is every 50th, as `realsam train` does with plain files. Documents of a group
    stay together, and a group counts as one.
    """

    def __init__(self, share: float) -> None:
        exact = Fraction(share).limit_denominator(10_000)
        self._numerator, self._denominator = exact.numerator, exact.denominator
        self._n = 0
        self._groups: dict[str, bool] = {}

    def validates(self, group: str | None) -> bool:
        """Whether the next document validates."""
        if group in self._groups:
            return self._groups[group]
        # Whether n * share, rounded up, grows with this one.
        validates = -self._n * self._numerator % self._denominator < self._numerator
        self._n += 1
        if group is not None:
            self._groups[group] = validates
        return validates
