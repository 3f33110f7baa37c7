"""On CUDA: compiled training learns as plain training does, sampling knows what scoring knows."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from realsam.train.session import prepare
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.sampling import sample
from realsam.train.teacher.text import Text
from realsam.train.teacher.training import EnsembleTraining, TeacherTraining
from tests import tiny
from tests.realsam.train.teacher import small
from tests.realsam.train.teacher.test_sampling import watched

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore"),  # those of torch.compile about itself
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
CUDA = torch.device("cuda")
CONFIG = replace(small.CONFIG, width=64, context=16, dropout=0.0)


def train(compiled: bool, epochs: int) -> tuple[Ensemble, list[float]]:
    """An ensemble of two, and its held-out nats."""
    nats: list[float] = []
    texts = (small.counting(n, CUDA, longest=11) for n in (200, 37))
    training = TeacherTraining(epochs=epochs, batch=8, lr=1e-2, compiled=compiled)
    ensemble = EnsembleTraining(CONFIG, training, 2, *texts)
    ensemble.run(lambda epoch: nats.append(epoch.held_out_nats))
    return Ensemble(ensemble.best), nats


def test_compiled_training_is_training() -> None:
    """Nats of every epoch, with and without torch.compile, within the noise of bfloat16."""
    (_, plain), (_, compiled) = train(False, 4), train(True, 4)

    assert plain == pytest.approx(compiled, rel=0.05)


def test_sampling_expects_what_a_second_pass_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of sampling and the attention of scoring agree within bfloat16."""
    ensemble, _ = train(True, 3)

    stories, expected = watched(ensemble, 3000, monkeypatch)

    again = sample(ensemble, 3000, small.END, seed=3)
    assert stories.tokens.tolist() == again.tokens.tolist()
    text = Text.of(stories.documents(), small.END, CUDA)
    found = torch.zeros_like(expected)
    for numbers, probabilities in ensemble.predictions(text):
        found[numbers] = probabilities.float()
    assert float((expected - found).abs().mean()) < 2e-3


def test_teacher_of_a_run_speaks_through_the_fused_loss(tmp_path: Path) -> None:
    """A captured training step with 16-bit ids: the loss of every step is that of the CPU."""
    text, losses = tiny.corpus(tmp_path), {}
    folder = small.folder(tmp_path / "teacher")
    for device in ("cuda", "cpu"):
        changes = {**tiny.TRAINING, "steps": 20, "eval_every": 10}
        changes.pop("vocab_size")
        out = tmp_path / device
        session = prepare([text], None, "tiny", changes, device, out, teacher=folder)
        session.trainer.train(lambda _: None)
        rows = (out / "metrics.jsonl").read_text().splitlines()
        losses[device] = [json.loads(row)["train_nats_per_token"] for row in rows]

    assert losses["cuda"] == pytest.approx(losses["cpu"], abs=0.1)
