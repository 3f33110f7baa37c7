"""Ensembles: probabilities are averaged, documents start cold, every token is scored."""

import torch
from torch.nn.functional import cross_entropy

from tests.realsam.train.teacher import small


@torch.no_grad()
def test_nats_are_those_of_the_documents_alone() -> None:
    """Members one by one, then the mean of their probabilities."""
    ensemble, documents = small.ensemble(2), small.documents(3, 11, 1, 0)
    logits, targets = [], []
    for document in documents:
        ids = torch.tensor([small.END, *document])
        logits.append(torch.stack([m.logits(m(ids[None])[0]) for m in ensemble.members]))
        targets.append(torch.tensor([*document, small.END]))
    members, target = torch.cat(logits, 1).double(), torch.cat(targets)
    joint = members.softmax(-1).mean(0).log()
    expected = [float(cross_entropy(m, target)) for m in (*members, joint)]

    found = ensemble.nats(small.text(documents))

    torch.testing.assert_close(torch.tensor(expected).double(), found, rtol=0, atol=1e-6)


@torch.no_grad()
def test_long_documents_are_heard_in_pieces() -> None:
    """Token 18 of a document, context 12, is predicted from the 12 tokens of its second piece."""
    ensemble, (document,) = small.ensemble(1), small.documents(17)
    model, ids = ensemble.members[0], torch.tensor([small.END, *document])
    expected = model.logits(model(ids[None, 6:18])[0, -1]).softmax(-1)

    found = torch.zeros(18, 20)
    for numbers, probabilities in ensemble.predictions(small.text([document])):
        found[numbers] = probabilities

    torch.testing.assert_close(expected, found[17])
    torch.testing.assert_close(torch.ones(18), found.sum(1))


def test_members_do_not_drop_out() -> None:
    """An ensemble is in eval mode, even of models that were in training."""
    ensemble, text = small.ensemble(1), small.text(small.documents(9))

    assert torch.equal(ensemble.nats(text), ensemble.nats(text))
