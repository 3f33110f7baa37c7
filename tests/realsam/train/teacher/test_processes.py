"""Several processes write and label together what one would."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from realsam.arrays import I64
from realsam.train.parallel import Processes
from realsam.train.teacher.labels import label
from realsam.train.teacher.sampling import _interleaved
from tests.realsam.train.teacher import small


@dataclass(frozen=True)
class Silent(Processes):
    """One of several processes that never hears of the others."""

    def add_up(self, values: Tensor) -> None:
        """Keep its own values."""


@pytest.mark.parametrize(
    ("parts", "dealt"),
    [
        ([[5, 7, 9]], [5, 7, 9]),
        ([[1, 4], [2, 5], [3, 6]], [1, 2, 3, 4, 5, 6]),
        ([[1, 4], [2], [3, 6]], [1, 2, 3, 4]),
        ([[1, 3, 5, 7], []], [1]),
        ([[], [2, 4]], []),
    ],
)
def test_documents_are_dealt_out_in_turn(parts: list[list[int]], dealt: list[int]) -> None:
    """Up to the first that its process has not finished."""
    lengths: list[I64] = [np.array(part, np.int64) for part in parts]

    assert _interleaved(lengths).tolist() == dealt


def test_labels_of_processes_add_up_to_those_of_one() -> None:
    """Every row is written by one process; the others hold zeros there."""
    ensemble, text = small.ensemble(2), small.text(small.documents(*range(1, 40)))
    whole = label(ensemble, text, 4, 0.7)

    parts = [label(ensemble, text, 4, 0.7, processes=Silent(rank, n=3)) for rank in range(3)]

    written = torch.stack([(part.probabilities > 0).any(1) for part in parts])
    assert written.sum(0).tolist() == [1] * text.n_predictions
    assert torch.equal(sum(part.ids for part in parts), whole.ids)
    assert torch.equal(sum(part.probabilities for part in parts), whole.probabilities)
