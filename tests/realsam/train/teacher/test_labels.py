"""Labels: the k most probable tokens of every prediction, in the order of the text."""

import torch

from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.labels import Labels, label
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

    labels = label(ensemble, small.text(documents), k=5)

    assert (labels.ids.dtype, labels.probabilities.dtype) == (torch.int16, torch.float16)
    assert torch.equal(ids, labels.ids.long())
    torch.testing.assert_close(highest, labels.probabilities.float(), rtol=1e-3, atol=0)


def test_k_is_at_most_the_vocabulary() -> None:
    """Then the probabilities sum to 1."""
    labels = label(small.ensemble(1), small.text(small.documents(4)), k=99)

    assert list(labels.ids.shape) == [5, 20]
    sums = labels.probabilities.float().sum(1)
    torch.testing.assert_close(torch.ones(5), sums, rtol=0, atol=2e-3)


def test_large_vocabularies_take_wider_ids() -> None:
    """Ids beyond 32767 are not folded."""
    config = TeacherConfig(vocab_size=40_000, width=4, layers=1, heads=1, context=4)
    model = small.teacher(config=config)
    torch.nn.init.zeros_(model.embedding[:-1].detach())

    labels = label(Ensemble([model]), small.text([[1]]), k=40_000)

    assert labels.ids.dtype == torch.int32
    assert labels.ids.max() == 39_999


def test_joined_labels_follow_each_other() -> None:
    """Labels of two texts are the labels of both."""
    ensemble, documents = small.ensemble(1), small.documents(3, 6)
    whole = label(ensemble, small.text(documents), k=4)

    parts = Labels.joined([label(ensemble, small.text([d]), k=4) for d in documents])

    assert torch.equal(whole.ids, parts.ids)
    torch.testing.assert_close(whole.probabilities, parts.probabilities, rtol=2e-3, atol=0)
