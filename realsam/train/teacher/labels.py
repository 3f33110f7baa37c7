"""Soft labels: what a teacher expects after every token of a text."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.text import Text


@dataclass(frozen=True)
class Labels:
    """The k most probable next tokens of n predictions, in the order of `Text`.

    A document of m tokens has m + 1 predictions: after the end-of-text token that starts it, and
    after each of its tokens; the last one is about the closing end-of-text.
    """

    ids: Tensor  # [n, k] int16, int32 for a vocabulary beyond 32768; the most probable first
    probabilities: Tensor  # [n, k] float16

    @staticmethod
    def empty(shape: tuple[int, ...], vocab_size: int, device: torch.device) -> "Labels":
        """Labels [*shape, k] to write into."""
        kind = torch.int16 if vocab_size <= 1 << 15 else torch.int32
        return Labels(
            torch.zeros(shape, dtype=kind, device=device),
            torch.zeros(shape, dtype=torch.float16, device=device),
        )

    @staticmethod
    def joined(parts: Sequence["Labels"]) -> "Labels":
        """Labels of texts that follow each other."""
        return Labels(
            torch.cat([part.ids for part in parts]),
            torch.cat([part.probabilities for part in parts]),
        )

    def write(self, where: Tensor | tuple[Tensor, Tensor | int], probabilities: Tensor) -> None:
        """Store the labels of full distributions [m, V] at m places."""
        # Half the digits are half the time: topk looks at the bits one after the other.
        highest, ids = probabilities.half().topk(self.ids.shape[-1])
        self.ids[where] = ids.to(self.ids.dtype)
        self.probabilities[where] = highest


def label(ensemble: Ensemble, text: Text, k: int = 64) -> Labels:
    """The ensemble's labels of a text, on its device."""
    k = min(k, ensemble.config.vocab_size)
    labels = Labels.empty((text.n_predictions, k), ensemble.config.vocab_size, ensemble.device)
    for numbers, probabilities in ensemble.predictions(text):
        labels.write(numbers, probabilities)
    return labels
