"""Teachers of random weights, small enough to compute in a moment."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import save_teacher
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.train.teacher.text import Text
from tests import tiny

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


def folder(path: Path, members: int = 1, vocab_size: int = 300, first_seed: int = 0) -> Path:
    """A teacher folder with a vocabulary of the toy corpus."""
    config = replace(CONFIG, vocab_size=vocab_size, context=64)
    ensemble = Ensemble([teacher(first_seed + i, config) for i in range(members)])
    about = {"train": {"epochs": 1}, "data": {"files": ["toy.txt"]}}
    save_teacher(path, ensemble, tiny.vocabulary(vocab_size), about)
    return path


def documents(*lengths: int) -> list[list[int]]:
    """Random documents without end-of-text."""
    rng = np.random.default_rng(sum(lengths))
    return [rng.integers(1, CONFIG.vocab_size, n).tolist() for n in lengths]


def text(documents: Sequence[Sequence[int]]) -> Text:
    """Them end to end."""
    return Text.of(documents, END, CPU)


def counting(n: int, device: torch.device = CPU, longest: int = 8) -> Text:
    """Documents that count up from anywhere."""
    lengths = range(3, longest + 1)
    counted = [[1 + (i + j) % 19 for j in range(lengths[i % len(lengths)])] for i in range(n)]
    return Text.of(counted, END, device)
