"""Soft labels: what a teacher expects after every token of a text.

They are the largest thing in a training with a teacher, so ids take 16 bits where the vocabulary
allows it; `realsam.train.backprop` widens those of a window, which is what the loss reads.
"""

from collections.abc import Callable

import torch

from realsam.nn.labels import Labels
from realsam.train.parallel import ALONE, Processes
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.text import Text

_MOST_16 = 1 << 15  # tokens that int16 can number


def label(
    ensemble: Ensemble,
    text: Text,
    k: int,
    share: float,
    on_done: Callable[[int, int], None] | None = None,
    processes: Processes = ALONE,
) -> Labels:
    """The ensemble's k most probable next tokens of every prediction of a text, on its device.

    A document of m tokens has m + 1 predictions: after the end-of-text token that starts it, and
    after each of its tokens; the last one is about the closing end-of-text.

    Args:
        ensemble: the teacher.
        text: its predictions are numbered as `realsam.train.data.Window.places` are.
        k: 1..vocab_size.
        share: of the teacher in the loss.
        on_done: hears how many predictions of how many are done.
        processes: who share the work; all get all labels.
    """
    kind = torch.int16 if ensemble.config.vocab_size <= _MOST_16 else torch.int32
    shape, done = (text.n_predictions, k), 0
    ids = torch.zeros(shape, dtype=kind, device=ensemble.device)
    highest = torch.zeros(shape, dtype=torch.float16, device=ensemble.device)
    for numbers, probabilities in ensemble.predictions(text, processes):
        # Half the digits are half the time: topk looks at the bits one after the other.
        found = probabilities.half().topk(k)
        highest[numbers], ids[numbers] = found.values, found.indices.to(kind)
        done += len(numbers)
        if on_done:
            on_done(min(done * processes.n, text.n_predictions), text.n_predictions)
    for whole in (ids, highest):  # a row is written by one process and zero in the others
        processes.add_up(whole.view(torch.uint8))
    return Labels(ids, highest, share)
