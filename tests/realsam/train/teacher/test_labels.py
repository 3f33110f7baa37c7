"""Labels: the k most probable tokens of every prediction, in the order of the text."""

import pytest
import torch

from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.labels import label
from realsam.train.teacher.model import TeacherConfig
from tests.realsam.train.teacher import small


def dense(ensemble: Ensemble, documents: list[list[int]]) -> torch.Tensor:
    """Probabilities [n, V] document by document."""
    found = []
    with torch.no_grad():
        for document in documents:
            ids = torch.tensor([[small.END, *document]])
            parts = [m.logits(m(ids)[0]).softmax(-1) for m in ensemble.members]
            found.append(torch.stack(parts).mean(0))
    return torch.cat(found)


def test_labels_are_the_most_probable_tokens() -> None:
    """One more than there are tokens, documents in their order whatever their lengths."""
    ensemble, documents = small.ensemble(2), small.documents(2, 11, 0, 7)
    highest, ids = dense(ensemble, documents).topk(5)

    labels = label(ensemble, small.text(documents), 5, 0.7)

    assert (labels.ids.dtype, labels.probabilities.dtype) == (torch.int16, torch.float16)
    assert labels.share == 0.7
    assert torch.equal(ids, labels.ids.long())
    torch.testing.assert_close(highest, labels.probabilities.float(), rtol=1e-3, atol=0)


def test_probabilities_of_all_tokens_sum_to_one() -> None:
    """Up to the digits of float16."""
    labels = label(small.ensemble(1), small.text(small.documents(4)), 20, 1.0)

    assert list(labels.ids.shape) == [5, 20]
    sums = labels.probabilities.float().sum(1)
    torch.testing.assert_close(torch.ones(5), sums, rtol=0, atol=2e-3)


def test_large_vocabularies_take_wider_ids() -> None:
    """Ids beyond 32767 are not folded."""
    config = TeacherConfig(vocab_size=40_000, width=4, layers=1, heads=1, context=4)
    model = small.teacher(config=config)
    torch.nn.init.zeros_(model.embedding[:-1].detach())

    labels = label(Ensemble([model]), small.text([[1]]), 40_000, 1.0)

    assert labels.ids.dtype == torch.int32
    assert labels.ids.max() == 39_999


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch by batch, up to the last prediction."""
    monkeypatch.setattr("realsam.train.teacher.ensemble.BATCH_TOKENS", 12)
    heard: list[tuple[int, int]] = []

    label(small.ensemble(1), small.text(small.documents(3, 6)), 4, 1.0, lambda *n: heard.append(n))

    assert heard == [(7, 11), (11, 11)]
