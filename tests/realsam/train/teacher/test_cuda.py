"""On CUDA: compiled training learns as plain training does, sampling knows what scoring knows."""

from dataclasses import replace

import pytest
import torch

from realsam.train.teacher.labels import label
from realsam.train.teacher.sampling import sample
from realsam.train.teacher.text import Text
from realsam.train.teacher.training import TeacherTraining, train_ensemble
from tests.realsam.train.teacher import small

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore"),  # those of torch.compile about itself
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
CUDA = torch.device("cuda")
CONFIG = replace(small.CONFIG, width=64, context=16, dropout=0.0)


def counting(n: int) -> Text:
    """Documents that count up from anywhere."""
    documents = [[1 + (i + j) % 19 for j in range(3 + i % 9)] for i in range(n)]
    return Text.of(documents, small.END, CUDA)


def test_compiled_training_is_training() -> None:
    """Nats of every epoch, with and without torch.compile, within the noise of bfloat16."""
    nats: dict[bool, list[float]] = {True: [], False: []}
    for compiled, heard in nats.items():
        training = TeacherTraining(epochs=4, batch=8, lr=1e-2, compiled=compiled)
        train_ensemble(
            CONFIG,
            training,
            2,
            counting(200),
            counting(37),
            lambda epoch, heard=heard: heard.append(epoch.held_out_nats),  # type: ignore[misc]
        )

    assert nats[False] == pytest.approx(nats[True], rel=0.05)


def test_labels_of_samples_are_those_of_a_second_pass() -> None:
    """The kernel of sampling and the attention of scoring agree within bfloat16."""
    training = TeacherTraining(epochs=3, batch=8, lr=1e-2)
    ensemble = train_ensemble(CONFIG, training, 2, counting(200), counting(37), lambda _: None)

    found = sample(ensemble, 500, small.END, seed=1, k=20, streams=200)
    again = label(ensemble, Text.of(found.documents, small.END, CUDA), k=20)

    assert found.documents == sample(ensemble, 500, small.END, 1, streams=200).documents
    dense = [
        torch.zeros(found.n_tokens, 20, device=CUDA).scatter(
            1, labels.ids.long(), labels.probabilities.float()
        )
        for labels in (found.labels, again)
    ]
    assert float((dense[0] - dense[1]).abs().mean()) < 2e-3
