"""Sampling: documents follow the ensemble's probabilities, as many as are wanted."""

from collections import defaultdict

import pytest
import torch
from torch import Tensor

from realsam.errors import DataError
from realsam.train.parallel import ALONE
from realsam.train.teacher import sampling, streams
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.sampling import sample, streams_that_fit
from realsam.train.teacher.stories import Stories
from realsam.train.teacher.streams import Streams, drawn
from tests.realsam.train.teacher import small


def stories(n_tokens: int = 300, seed: int = 3) -> Stories:
    """What two members write together."""
    return sample(small.ensemble(2), n_tokens, small.END, seed)


def watched(
    ensemble: Ensemble, n_tokens: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Stories, Tensor]:
    """Stories, and the probabilities [n, V] that their tokens had, drawn step by step."""
    seen: dict[int, list[tuple[Tensor, int]]] = defaultdict(list)
    step = Streams._step

    def noted_step(writing: Streams) -> None:
        documents = writing._document.tolist()

        def noted_draw(p: Tensor, uniform: Tensor) -> Tensor:
            tokens = drawn(p, uniform)
            for number, row, token in zip(documents, p, tokens.tolist(), strict=True):
                seen[number].append((row, token))
            return tokens

        monkeypatch.setattr(streams, "drawn", noted_draw)
        step(writing)

    monkeypatch.setattr(Streams, "_step", noted_step)
    monkeypatch.setattr(Streams, "_capture", Streams._begin)
    found = sample(ensemble, n_tokens, small.END, seed=3)
    monkeypatch.undo()
    whole = [seen[n] for n in sorted(seen) if seen[n][-1][1] == small.END and len(seen[n]) > 1]
    return found, torch.stack([row for draws in whole for row, _ in draws][: found.n_tokens])


def test_documents_end_within_the_context() -> None:
    """None is empty, unfinished, or holds an end-of-text."""
    found = stories().documents()

    assert {len(d) for d in found} <= set(range(1, small.CONFIG.context))
    assert small.END not in {token for d in found for token in d.tolist()}


@pytest.mark.parametrize("n_tokens", [1, 300, 5000])
def test_last_document_reaches_what_is_wanted(n_tokens: int) -> None:
    """It is the first one that does."""
    found = stories(n_tokens)

    assert found.n_tokens >= n_tokens > found.n_tokens - found.lengths[-1] - 1


def test_nothing_is_lost_when_documents_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in its stream a document stands, a second pass over it gives its probabilities."""
    ensemble = small.ensemble(2)

    found, expected = watched(ensemble, 3000, monkeypatch)

    again = torch.zeros_like(expected)
    for numbers, probabilities in ensemble.predictions(small.text(found.documents())):
        again[numbers] = probabilities
    torch.testing.assert_close(again, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("fit", [1, 7, 100])
def test_streams_do_not_decide_what_is_written(fit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Document by document the same text, by few streams or many."""
    expected = stories(900)
    monkeypatch.setattr(sampling, "streams_that_fit", lambda _: fit)

    found = stories(900)

    assert expected.lengths.tolist() == found.lengths.tolist()
    assert expected.tokens.tolist() == found.tokens.tolist()


def test_a_seed_gives_one_text() -> None:
    """And another seed another."""
    assert stories().tokens.tolist() == stories().tokens.tolist()
    assert stories().tokens.tolist() != stories(seed=4).tokens.tolist()


def test_progress_ends_at_what_is_wanted() -> None:
    """Chunk by chunk."""
    heard: list[tuple[int, int]] = []

    sample(small.ensemble(1), 5000, small.END, 0, lambda *n: heard.append(n))

    assert heard == sorted(heard)
    assert heard[-1] == (5000, 5000)


def test_streams_fit_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half as many for twice the members; at least one."""
    each = 2 * 2 * 12 * 16 * 4  # keys and values, layers, context, width, bytes
    monkeypatch.setattr(sampling, "_CPU_MEMORY", 100 * each)

    assert [streams_that_fit(small.ensemble(n)) for n in (1, 2, 101)] == [100, 50, 1]


def test_teacher_that_ends_no_story_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of asking it for ever."""
    never = torch.ones(20)
    never[small.END] = 0
    monkeypatch.setattr(streams, "mixed", lambda logits: never.expand(len(next(logits)), 20))

    with pytest.raises(DataError) as caught:
        stories()

    assert str(caught.value) == (
        "the teacher ended none of 64 stories within its 12 tokens; "
        "train it longer, or leave --sampled out"
    )


def test_draws_have_the_probabilities() -> None:
    """Of 20,000 draws by the streams' own numbers, each share within 4 standard deviations."""
    p = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0])
    writing = Streams(small.ensemble(1), 200, 1, small.END, 5, ALONE)
    found = []
    for position in range(100):
        writing._at.fill_(position)
        found.append(drawn(2 * p.expand(200, 5), writing._uniform()))

    share = torch.cat(found).bincount(minlength=5) / 20_000
    assert ((share - p).abs() <= 4 * (p * (1 - p) / 20_000).sqrt()).all()


def test_first_and_last_number_draw_what_is_possible() -> None:
    """Tokens of no probability at both ends are never drawn."""
    p = torch.tensor([[0.0, 0.7, 0.3, 0.0]])
    ends = [0.5 / (1 << 22), 1 - 0.5 / (1 << 22)]

    assert [int(drawn(p, torch.tensor([u]))) for u in ends] == [1, 2]
