"""Numbers for readers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.report.html.units import UNKNOWN, decimal, number, percent, quantity, span

finite = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 999.4, 999.6, 1e-30, 1e30, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, UNKNOWN),
        (0, "0 J"),
        (1.73e-5, "17.3 µJ"),
        (1.7e-5, "17.0 µJ"),
        (9.999e-4, "1.00 mJ"),
        (0.051, "51.0 mJ"),
        (2.0, "2.00 J"),
        (1.5e-14, "0.015 pJ"),
        (7e15, "7,000 TJ"),
    ],
)
def test_quantity_has_three_digits_and_a_prefix(value: float | None, text: str) -> None:
    """Rounding up to the next prefix included."""
    assert text == quantity(value, "J")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, UNKNOWN), (0, "0"), (64, "64"), (62.41, "62.4"), (617290.4, "617,290")],
)
def test_number_shows_counts_and_means(value: float | None, text: str) -> None:
    """Means of small counts keep a place."""
    assert text == number(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, UNKNOWN),
        (0, "0 %"),
        (1e-9, "< 0.01 %"),
        (0.0818, "8.18 %"),
        (0.99999, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent_keeps_nothing_and_all_apart(value: float | None, text: str) -> None:
    """What is rounded is never called 0 or 100."""
    assert text == percent(value)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.43e-5, 1.64e-5, "14.3 – 16.4 µJ"),
        (8.15e-7, 2.7e-6, "815 nJ – 2.70 µJ"),
        (2e-6, 2e-6, "2.00 µJ"),
        (None, None, UNKNOWN),
    ],
)
def test_span_says_a_shared_unit_once(low: float | None, high: float | None, text: str) -> None:
    """A range without width is one value."""
    assert text == span(low, high, "J")


@given(value=finite, share=st.floats(0, 1))
def test_every_number_has_a_text(value: float, share: float) -> None:
    """None of them fails, or speaks of infinity."""
    for text in (decimal(value), number(value), quantity(value, "J"), percent(share)):
        assert text
        assert "inf" not in text
        assert "nan" not in text
