"""Sampling: documents follow the ensemble's probabilities, and their labels are its labels."""

from typing import Any

import pytest
import torch

from realsam.errors import DataError
from realsam.train.teacher.labels import label
from realsam.train.teacher.sampling import Samples, drawn, nucleus, sample
from tests.realsam.train.teacher import small


def samples(**changes: Any) -> Samples:
    """Fifty documents begun, twenty at a time."""
    values = {"n_documents": 50, "end_of_text": small.END, "seed": 3, "k": 6, "streams": 20}
    return sample(small.ensemble(2), **{**values, **changes})


def test_documents_end_within_the_context() -> None:
    """None is empty, unfinished, or holds an end-of-text."""
    found = samples().documents

    assert 0 < len(found) < 50
    assert {len(d) for d in found} <= set(range(1, small.CONFIG.context))
    assert small.END not in {token for d in found for token in d}


def test_labels_are_those_of_a_second_pass() -> None:
    """Nothing is lost when streams end and the cache moves together."""
    found = samples()

    again = label(small.ensemble(2), small.text(found.documents), k=6)

    assert found.n_tokens == len(found.labels.ids)
    torch.testing.assert_close(again.probabilities, found.labels.probabilities, rtol=2e-3, atol=0)
    assert (again.ids == found.labels.ids).float().mean() > 0.99  # equals may change places


def test_a_cache_that_moves_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels stay those of a second pass if the cache is tidied at every token."""
    monkeypatch.setattr("realsam.train.teacher.sampling._TIDY_EVERY", 1)
    monkeypatch.setattr("realsam.train.teacher.sampling._ROOM", 3)
    found = samples()

    again = label(small.ensemble(2), small.text(found.documents), k=6)

    torch.testing.assert_close(again.probabilities, found.labels.probabilities, rtol=2e-3, atol=0)


def test_a_seed_gives_one_text() -> None:
    """And another seed another; labels do not change what is drawn."""
    assert samples().documents == samples(k=0).documents
    assert samples().documents != samples(seed=4).documents


def test_no_labels_are_kept_unasked() -> None:
    """Their place is empty."""
    found = samples(k=0)

    assert list(found.labels.ids.shape) == [found.n_tokens, 0]


def test_waves_are_heard_of() -> None:
    """Fifty documents in waves of twenty."""
    heard: list[int] = []

    samples(on_wave=heard.append)

    assert heard == [20, 40, 50]


def test_nothing_may_come_back() -> None:
    """One document that ends at once: no document, no label."""
    never = [samples(n_documents=1, seed=seed) for seed in range(30)]

    shortest = min(never, key=lambda s: len(s.documents))
    assert (shortest.documents, shortest.n_tokens, len(shortest.labels.ids)) == ([], 0, 0)


def test_draws_have_the_probabilities() -> None:
    """Of 20,000 draws, each token's share within 4 standard deviations."""
    p = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0])
    generator = torch.Generator().manual_seed(5)

    tokens = drawn(p.expand(20_000, 5), 1.0, generator)

    share = tokens.bincount(minlength=5) / 20_000
    assert ((share - p).abs() <= 4 * (p * (1 - p) / 20_000).sqrt()).all()


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.4, [1]), (0.5, [1]), (0.51, [1, 3]), (0.94, [1, 3, 0]), (1e-9, [1])]
)
def test_nucleus_is_the_fewest_tokens(top_p: float, kept: list[int]) -> None:
    """The most probable ones, until they have top_p together; the others get zero."""
    p = torch.tensor([[0.15, 0.5, 0.05, 0.3]])

    found = nucleus(p, top_p)

    expected = torch.zeros(1, 4)
    expected[0, kept] = p[0, kept]
    assert torch.equal(expected, found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"streams": 0}, "streams = 0 is outside 1..32768"),
        ({"streams": 40_000}, "streams = 40000 is outside 1..32768"),
        ({"top_p": 0.0}, "top_p = 0.0 is outside 0..1"),
        ({"n_documents": 0}, "n_documents = 0 is below 1"),
    ],
)
def test_impossible_wish_is_refused(changes: dict[str, Any], message: str) -> None:
    """By name, with the value."""
    with pytest.raises(DataError) as caught:
        samples(**changes)

    assert caught.value.message == message
