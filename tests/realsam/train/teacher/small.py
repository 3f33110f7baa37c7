"""Teachers of random weights, small enough to compute in a moment."""

from collections.abc import Sequence

import numpy as np
import torch

from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.train.teacher.text import Text

CPU = torch.device("cpu")
END = 0
CONFIG = TeacherConfig(vocab_size=20, width=16, layers=2, heads=2, context=12, dropout=0.5)


def teacher(seed: int = 0, config: TeacherConfig = CONFIG) -> Teacher:
    """A teacher with opinions: no weight is zero."""
    model = Teacher(config).eval()
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        spread = parameter.shape[-1] ** -0.5
        torch.nn.init.normal_(parameter, std=spread, generator=generator)
    return model


def ensemble(members: int = 2) -> Ensemble:
    """Some of them."""
    return Ensemble([teacher(seed) for seed in range(members)])


def documents(*lengths: int) -> list[list[int]]:
    """Random documents without end-of-text."""
    rng = np.random.default_rng(sum(lengths))
    return [rng.integers(1, CONFIG.vocab_size, n).tolist() for n in lengths]


def text(documents: Sequence[Sequence[int]]) -> Text:
    """Them end to end."""
    return Text.of(documents, END, CPU)
