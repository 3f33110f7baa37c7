"""Sampling: documents follow the ensemble's probabilities, as many as are wanted."""

import pytest
import torch
from torch import Tensor

from realsam.errors import DataError
from realsam.train.teacher import sampling
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.sampling import drawn, sample, streams_that_fit
from realsam.train.teacher.stories import Stories
from tests.realsam.train.teacher import small


def stories(n_tokens: int = 300, seed: int = 3) -> Stories:
    """What two members write together."""
    return sample(small.ensemble(2), n_tokens, small.END, seed)


def watched(
    ensemble: Ensemble, n_tokens: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Stories, Tensor]:
    """Stories of one wave or more, and the probabilities [n, V] that their tokens had."""
    waves: list[dict[tuple[int, int], Tensor]] = []
    step, finished, kept = sampling._Wave._step, sampling._Wave._finished, []

    def noted_step(wave: sampling._Wave, position: int) -> None:
        if position == 0:
            waves.append({})
        seen: list[Tensor] = []
        monkeypatch.setattr(sampling, "drawn", lambda p, g: drawn(seen.append(p) or p, g))
        step(wave, position)
        streams = wave._alive.tolist()
        waves[-1] |= {(stream, position): p for stream, p in zip(streams, seen[0], strict=True)}

    def noted_end(wave: sampling._Wave) -> list[object]:
        ends = (wave._tokens == wave._end).int()
        for stream, n in enumerate(ends.argmax(1).tolist()):
            if n and ends[stream].any():
                kept.extend(waves[-1][stream, position] for position in range(n + 1))
        return finished(wave)

    monkeypatch.setattr(sampling._Wave, "_step", noted_step)
    monkeypatch.setattr(sampling._Wave, "_finished", noted_end)
    found = sample(ensemble, n_tokens, small.END, seed=3)
    monkeypatch.undo()
    return found, torch.stack(kept[: found.n_tokens])


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


@pytest.mark.parametrize("tidy_every", [1, 16])
def test_nothing_is_lost_when_streams_end(tidy_every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the cache moves, probabilities are those of a second pass over the text."""
    monkeypatch.setattr(sampling, "_TIDY_EVERY", tidy_every)
    monkeypatch.setattr(sampling, "_ROOM", max(3, tidy_every))
    ensemble = small.ensemble(2)

    found, expected = watched(ensemble, 300, monkeypatch)

    again = torch.zeros_like(expected)
    for numbers, probabilities in ensemble.predictions(small.text(found.documents())):
        again[numbers] = probabilities
    torch.testing.assert_close(again, expected, rtol=1e-3, atol=1e-6)


def test_a_seed_gives_one_text() -> None:
    """And another seed another."""
    assert stories().tokens.tolist() == stories().tokens.tolist()
    assert stories().tokens.tolist() != stories(seed=4).tokens.tolist()


def test_progress_ends_at_what_is_wanted() -> None:
    """Wave by wave."""
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
    monkeypatch.setattr(sampling, "mixed", lambda logits: never.expand(len(next(logits)), 20))

    with pytest.raises(DataError) as caught:
        stories()

    assert str(caught.value) == (
        "the teacher ended none of 64 stories within its 12 tokens; "
        "train it longer, or leave --sampled out"
    )


def test_draws_have_the_probabilities() -> None:
    """Of 20,000 draws, each token's share within 4 standard deviations."""
    p = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0])
    generator = torch.Generator().manual_seed(5)

    tokens = drawn(p.expand(20_000, 5), generator)

    share = tokens.bincount(minlength=5) / 20_000
    assert ((share - p).abs() <= 4 * (p * (1 - p) / 20_000).sqrt()).all()
