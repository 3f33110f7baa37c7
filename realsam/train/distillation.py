"""Learning from a teacher: its vocabulary, its stories, and its labels of the whole text.

Stories are drawn once and kept in the run folder; labels are computed by whoever trains, since
they take a hundred times the room. The same teacher gives the same labels on one machine.
Source: Hinton, Vinyals and Dean 2015, arXiv 1503.02531.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from realsam.errors import CheckpointError, DataError
from realsam.nn.labels import Labels
from realsam.train.config import TrainConfig
from realsam.train.data import Document
from realsam.train.parallel import Processes
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import KeptTeacher, load_teacher
from realsam.train.teacher.labels import label
from realsam.train.teacher.sampling import sample
from realsam.train.teacher.stories import Stories
from realsam.train.teacher.text import Text
from realsam.train.watch import shortage_named

OnDone = Callable[[str, int, int], None]  # hears what is done, how much, and of how much


def silent(what: str, done: int, total: int) -> None:
    """Listen to nothing."""


def found_teacher(
    folder: Path, config: TrainConfig, device: torch.device, processes: Processes
) -> KeptTeacher:
    """The teacher in a folder, the same one in all processes.

    Raises:
        CheckpointError: if it cannot be read.
        DataError: if it cannot teach this run.
    """
    teacher = load_teacher(folder, device)
    if processes.from_main(teacher.digest) != teacher.digest:
        raise DataError(
            f"process {processes.rank} reads another teacher than the main process",
            "give all machines the same folder",
        )
    if config.teacher_top > teacher.vocabulary.size:
        raise DataError(
            f"teacher_top = {config.teacher_top} is above the {teacher.vocabulary.size} tokens of "
            "the vocabulary",
            "use a lower --teacher-top",
        )
    return teacher


def same_teacher(
    run: Path,
    reference: dict[str, Any],
    config: TrainConfig,
    device: torch.device,
    processes: Processes,
) -> KeptTeacher:
    """The teacher that a run began with.

    Raises:
        CheckpointError: if it cannot be read any more, or is another one.
    """
    teacher = found_teacher(Path(reference["folder"]), config, device, processes)
    if teacher.digest != reference["sha256"]:
        raise CheckpointError(
            f"{run}: its teacher {teacher.folder} is another than before",
            "restore that folder, or start a new run",
        )
    return teacher


def written_stories(
    teacher: KeptTeacher, config: TrainConfig, processes: Processes, on_done: OnDone
) -> Stories:
    """New stories by the teacher, the same in all processes, which write them together."""
    ensemble, end = teacher.ensemble, teacher.vocabulary.end_of_text
    with shortage_named(str(ensemble.device), "the teacher's stories", "leave --sampled out"):
        told = partial(on_done, "sampling")
        stories = sample(ensemble, config.sampled, end, config.seed, told, processes)
    _make_room(ensemble)
    return stories


def soft_labels(
    teacher: KeptTeacher,
    text: Sequence[Document],
    config: TrainConfig,
    processes: Processes,
    on_done: OnDone,
) -> Labels:
    """What the teacher expects after every token of the text; all processes label it together."""
    ensemble, k = teacher.ensemble, config.teacher_top
    laid_out = Text.of(text, teacher.vocabulary.end_of_text, ensemble.device)
    what = f"labels of {laid_out.n_predictions:,} tokens, teacher_top = {k}"
    cure = f"start a new run with --teacher-top {max(1, k // 2)}"
    with shortage_named(str(ensemble.device), what, cure):
        told = partial(on_done, "labelling")
        labels = label(ensemble, laid_out, k, config.teacher_share, told, processes)
    _make_room(ensemble)
    return labels


def _make_room(ensemble: Ensemble) -> None:
    if ensemble.device.type == "cuda":
        torch.cuda.empty_cache()  # a captured graph cannot use what lies in the cache
