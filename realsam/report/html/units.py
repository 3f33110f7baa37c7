"""Numbers as a reader wants them: three digits, an SI prefix and a unit; a dash for the unknown."""

UNKNOWN = "\N{EM DASH}"
_PREFIXES = {-4: "p", -3: "n", -2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T"}


def quantity(value: float | None, unit: str) -> str:
    """A quantity in its unit: 0.0000173 J is 17.3 µJ."""
    if value is None:
        return UNKNOWN
    thousands = min(max(_magnitude(value) // 3, min(_PREFIXES)), max(_PREFIXES))
    return f"{decimal(value / 1000.0**thousands)} {_PREFIXES[thousands]}{unit}".rstrip()


def span(low: float | None, high: float | None, unit: str) -> str:
    """A range of a quantity: 14.3 - 16.4 µJ; one value where both ends read the same."""
    first, last = quantity(low, unit), quantity(high, unit)
    if first == last:
        return last
    if first.split()[1:] == last.split()[1:]:
        first = first.split()[0]
    return f"{first} \N{EN DASH} {last}"


def decimal(value: float | None) -> str:
    """A number to three digits, and to three places: 17.0, 2.07, 0.004."""
    if value is None:
        return UNKNOWN
    return f"{value:,.{min(max(2 - _magnitude(value), 0), 3)}f}" if value else "0"


def number(value: float | None) -> str:
    """A count, or the mean of counts: 617,290 or 62.4."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.1f}"


def percent(value: float | None) -> str:
    """A share, 0..1: 8.18 %; only nothing is 0 %, and only all is 100 %."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.0001:
        return "< 0.01 %"
    if 0.9995 <= value < 1:
        return "> 99.9 %"
    return f"{decimal(100 * value)} %"


def _magnitude(value: float) -> int:
    """The power of ten of a value's first digit, once it is rounded to three."""
    return int(f"{value:.2e}".partition("e")[2])
