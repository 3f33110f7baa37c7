"""Duplicates, the vocabulary's sample, and the documents that validate."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.duplicates import Seen
from realsam.data.sample import Sample
from realsam.data.sides import Sides


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_text_is_new_once(texts: list[str]) -> None:
    """As a set would say it."""
    seen, known = Seen(), set[str]()
    for text in texts:
        assert seen.add(text) == (text not in known)
        known.add(text)


def test_many_texts_are_told_apart() -> None:
    """The table grows, and forgets none."""
    seen, n = Seen(), 20_000

    assert all(seen.add(str(i)) for i in range(n))
    assert not any(seen.add(str(i)) for i in range(n))
    assert len(seen._table) * 8 <= 24 * n


def sample(texts: list[str], n_bytes: int, seed: int = 0) -> Sample:
    """What is kept of texts."""
    kept = Sample(n_bytes, seed)
    for text in texts:
        kept.add(text)
    return kept


def test_small_text_is_in_the_sample_as_a_whole() -> None:
    """In its order."""
    texts = ["a", "bé", "", "c" * 200_000]

    kept = sample(texts, 10**6)

    assert "".join(kept) == "".join(texts)
    assert kept.n_bytes == kept.n_seen == 200_004


@given(n_bytes=st.integers(0, 3000), seed=st.integers(0, 9))
def test_sample_has_no_more_than_its_bytes(n_bytes: int, seed: int) -> None:
    """And little less; the same seed gives the same one."""
    texts = [f"text {i}" for i in range(500)]

    kept = sample(texts, n_bytes, seed)

    assert sum(len(text) for text in kept) == kept.n_bytes <= n_bytes
    assert kept.n_bytes > min(n_bytes, kept.n_seen) - 9
    assert list(kept) == list(sample(texts, n_bytes, seed))


def test_sample_favours_no_place() -> None:
    """First and second half have about as much of it; seeds give others."""
    texts = [f"{i:08}" for i in range(4000)]

    kept = list(sample(texts, 8 * 1000))

    assert 400 < sum(text < "00002000" for text in kept) < 600
    assert kept != list(sample(texts, 8 * 1000, seed=1))


@pytest.mark.parametrize(("share", "every"), [(1 / 50, 50), (0.02, 50), (0.1, 10), (0.5, 2)])
def test_every_nth_document_validates(share: float, every: int) -> None:
    """The first one first."""
    sides = Sides(share)

    assert [sides.validates(None) for _ in range(500)] == [i % every == 0 for i in range(500)]


@given(share=st.floats(0.001, 0.999))
def test_share_is_kept_all_along(share: float) -> None:
    """Never more than one document apart."""
    sides = Sides(share)

    for i, n in enumerate(accumulate(sides.validates(None) for _ in range(300)), 1):
        assert -0.1 < n - i * share < 1.1


def test_no_share_validates_nothing() -> None:
    """Not even the first."""
    assert not any(Sides(0).validates(None) for _ in range(50))


def test_group_stays_together() -> None:
    """And counts as one."""
    sides = Sides(0.5)

    found = [sides.validates(group) for group in ("a", "b", "a", "a", "b", "c", None, "c")]

    assert found == [True, False, True, True, False, True, False, True]
