"""The toy corpus: one seed, one corpus."""

from hashlib import sha256

import pytest

from realsam.data.toy import toy_documents


def test_seed_gives_one_corpus() -> None:
    """On every machine and Python: the digest is pinned."""
    text = "\n".join(toy_documents(200, seed=0))

    assert sha256(text.encode()).hexdigest()[:16] == "eae058b7eddd4e48"


def test_other_seeds_give_other_stories() -> None:
    """And a longer corpus starts like a shorter one."""
    assert toy_documents(20, seed=1) != toy_documents(20)
    assert toy_documents(20)[:5] == toy_documents(5)


@pytest.mark.parametrize("seed", range(5))
def test_stories_are_whole(seed: int) -> None:
    """No placeholder is left, every story has several sentences."""
    for story in toy_documents(50, seed):
        assert "{" not in story
        assert story.count(".") >= 3


def test_no_stories() -> None:
    """An empty corpus."""
    assert toy_documents(0) == []
