"""Runs that learn from a teacher, and what is asked of them."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from realsam.train.loop import Progress
from realsam.train.session import Session, prepare
from tests import tiny

STEPS = {"batch": 4, "window": 16, "steps": 6, "eval_every": 3}
BOTH = {"teacher_share": 0.7, "teacher_top": 16, "sampled": 400}


def session(folder: Path, teacher: Path, **changes: Any) -> Session:
    """A run with a teacher, not begun yet."""
    text = tiny.corpus(folder)
    out = folder / "run"
    return prepare([text], None, "tiny", STEPS | changes, "cpu", out, teacher=teacher)


def ignore(progress: Progress) -> None:
    """Listen to nothing."""


def interrupt(progress: Progress) -> None:
    """End the training at its first report."""
    raise KeyboardInterrupt


def losses(run: Session) -> list[float]:
    """Nats per token of every report."""
    rows = (run.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["train_nats_per_token"] for row in rows]


def parameters(run: Session) -> Tensor:
    """All of them."""
    return torch.cat([p.detach().flatten() for p in run.trainer.model.parameters()])


def config(run: Session) -> dict[str, Any]:
    """What the folder says."""
    stored: dict[str, Any] = json.loads((run.folder / "config.json").read_text())
    return stored
