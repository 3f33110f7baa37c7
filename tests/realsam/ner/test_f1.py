"""Entity F1 against cases worked out by hand."""

from realsam.ner.corpus import Span
from realsam.ner.f1 import Counts, compare

ANN, BOB, WIEN = Span(0, 3, "PERSON"), Span(8, 11, "PERSON"), Span(20, 24, "GPE")


def test_everything_right_is_one() -> None:
    """Order does not matter."""
    total, each = compare([[ANN, WIEN], []], [[WIEN, ANN], []])

    assert Counts(2, 2, 2) == total
    assert {"PERSON": Counts(1, 1, 1), "GPE": Counts(1, 1, 1)} == each
    assert (total.precision, total.recall, total.f1) == (1.0, 1.0, 1.0)


def test_one_wrong_place_is_a_miss_and_a_false_alarm() -> None:
    """A start, an end and a kind that are off: of 3 found and 4 marked none is right."""
    found = [Span(1, 3, "PERSON"), Span(8, 12, "PERSON"), Span(20, 24, "PERSON")]

    total, _ = compare([[ANN, BOB, WIEN, Span(30, 31, "AGE")]], [found])

    assert Counts(0, 3, 4) == total
    assert total.f1 == 0


def test_f1_is_the_harmonic_mean() -> None:
    """Of 3 found 2 are right, of 4 marked 2 were found: P 2/3, R 1/2, F1 4/7."""
    marked = [[ANN, BOB], [WIEN, ANN]]
    found = [[ANN, Span(4, 5, "GPE")], [WIEN]]

    total, each = compare(marked, found)

    assert (total.precision, total.recall, total.f1) == (2 / 3, 1 / 2, 4 / 7)
    assert Counts(1, 2, 1) == each["GPE"]
    assert Counts(1, 1, 3) == each["PERSON"]


def test_a_span_counts_in_its_own_sentence_only() -> None:
    """The right place in the wrong text is wrong."""
    total, _ = compare([[ANN], []], [[], [ANN]])

    assert Counts(0, 1, 1) == total


def test_nothing_to_find_and_nothing_found_is_zero() -> None:
    """And no division by it."""
    total, each = compare([[]], [[]])

    assert (total.precision, total.recall, total.f1) == (0.0, 0.0, 0.0)
    assert each == {}
