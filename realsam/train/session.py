"""Sessions: everything between a command line and a running Trainer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from realsam.errors import CheckpointError, DataError
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.config import PRESETS, TEACHER_SHARE, TrainConfig, train_config
from realsam.train.corpus import PreparedText, described, text_vocabulary
from realsam.train.data import Document, Windows
from realsam.train.device import pick_device
from realsam.train.distillation import (
    OnDone,
    found_teacher,
    same_teacher,
    silent,
    soft_labels,
    written_stories,
)
from realsam.train.ending import ended
from realsam.train.lesson import Corpus, Lesson
from realsam.train.loop import Trainer
from realsam.train.origin import Origin, found_origin
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import (
    STORIES,
    create_run,
    load_run_folder,
    refuse_used,
    update_config,
)
from realsam.train.teacher.folder import KeptTeacher
from realsam.train.teacher.stories import load_stories
from realsam.train.watch import shortage_named
from realsam.vocab import Vocabulary

_WHOLE = Lesson()


@dataclass(frozen=True)
class Session:
    """A trainer, its folder, and one line about both."""

    trainer: Trainer
    folder: Path
    story: str


def prepare(
    files: Sequence[Path],
    valid: Path | None,
    preset: str,
    changes: dict[str, Any],
    device: str,
    out: Path | None,
    processes: Processes = ALONE,
    teacher: Path | None = None,
    on_done: OnDone = silent,
    origin: Path | None = None,
    lesson: Lesson = _WHOLE,
) -> Session:
    """Start a new run; `changes` overrides fields of the preset's configurations."""
    if out and processes.is_main:
        refuse_used(out)
    put = pick_device(device, processes)
    model_config, config = configure(preset, changes, teacher)
    begun = found_origin(origin, model_config, changes) if origin else None
    kept = found_teacher(teacher, config, put, processes) if teacher else None
    corpus = lesson.read(files, valid)
    vocabulary = _vocabulary(kept, begun, corpus, model_config, changes, processes)
    model_config = replace(model_config, vocab_size=vocabulary.size)
    text = lesson.text(corpus, vocabulary, config.window)
    stories = None
    if kept and config.sampled:
        stories = written_stories(kept, config, processes, on_done)
        text = [*text, *stories.documents()]
    windows = _windows(text, vocabulary, config, processes)
    labels = None
    if kept and config.teacher_share:
        labels = soft_labels(kept, text, config, processes, on_done)
    model = _new_model(model_config, config.seed, processes)
    if begun:
        model.load_state_dict(begun.model.state_dict())
    about = {
        "data": {**described(files, valid, windows, stories), **lesson.to_json()},
        "teacher": kept.reference() if kept else None,
        "from": begun.reference() if begun else None,
    }
    if processes.is_main:
        out = create_run(out, model_config, config, vocabulary, about, stories)
    folder = processes.from_main(out)
    assert folder is not None
    trainer = Trainer(
        model, config, vocabulary, windows, corpus.held_out, folder, put, processes, labels
    )
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def resumed(
    folder: Path,
    changes: dict[str, Any],
    device: str,
    processes: Processes = ALONE,
    on_done: OnDone = silent,
) -> Session:
    """Go on with a run from its checkpoint, exactly; steps, eval_every, patience may change.

    More steps stretch the schedule of the learning rates from where the run stands.
    """
    if others := sorted(set(changes) - {"steps", "eval_every", "patience"}):
        raise DataError(
            f"--resume keeps the run's own --{others[0].replace('_', '-')}",
            "leave that option out, or start a new run",
        )
    put = pick_device(device, processes)
    run = load_run_folder(folder)
    config = replace(train_config(run.config["train"]), **changes)
    if run.checkpoint.step >= config.steps:
        raise DataError(
            f"{folder}: already stands at step {run.checkpoint.step}", "give more --steps"
        )
    if reason := ended(config, run.checkpoint.step, run.scores()):
        raise DataError(
            f"{folder}: ended at step {run.checkpoint.step}, {reason}",
            "give more --patience, or 0 to train on to the last step",
        )
    valid = run.config["data"]["valid"]
    lesson = Lesson.from_json(run.config["data"])
    corpus = lesson.read(
        [Path(f) for f in run.config["data"]["files"]], Path(valid) if valid else None
    )
    text = lesson.text(corpus, run.vocabulary, config.window)
    if config.sampled:
        text = [*text, *load_stories(folder / STORIES).documents()]
    windows = _windows(text, run.vocabulary, config, processes)
    if windows.digest != run.config["data"].get("sha256", windows.digest):
        raise CheckpointError(
            f"{folder}: its training text is another than before",
            "restore the text, or start a new run",
        )
    labels = None
    if config.teacher_share:
        kept = same_teacher(folder, run.config["teacher"], config, put, processes)
        labels = soft_labels(kept, text, config, processes, on_done)
    model = run.model()
    trainer = Trainer(
        model, config, run.vocabulary, windows, corpus.held_out, folder, put, processes, labels
    )
    trainer.restore(run.checkpoint, run.scores())
    if processes.is_main:
        update_config(folder, run.config, config)
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def _vocabulary(
    teacher: KeptTeacher | None,
    origin: Origin | None,
    corpus: Corpus,
    model: ModelConfig,
    changes: dict[str, Any],
    processes: Processes,
) -> Vocabulary:
    """That of the weights, the teacher or a prepared text, or else one that is learned."""
    if origin and teacher and origin.vocabulary.to_json() != teacher.vocabulary.to_json():
        raise DataError(
            f"{origin.folder}: its vocabulary is not the teacher's",
            "use a teacher that was taught with --tokenizer and this folder",
        )
    if origin:
        return origin.vocabulary
    if teacher:
        vocabulary, owner = teacher.vocabulary, "teacher"
    else:
        vocabulary = text_vocabulary(corpus.texts, model.vocab_size, processes)
        prepared = any(isinstance(text, PreparedText) for text in corpus.texts)
        owner = "prepared text" if prepared else ""
    wanted = changes.get("vocab_size")
    if owner and wanted not in (None, vocabulary.size):
        raise DataError(
            f"vocab_size = {wanted} is not the {owner}'s {vocabulary.size}",
            f"leave --vocab-size out: a run speaks the tokens of its {owner}",
        )
    return vocabulary


def _windows(
    text: Sequence[Document], vocabulary: Vocabulary, config: TrainConfig, processes: Processes
) -> Windows:
    """The same windows in all processes, of as many streams for each."""
    windows = Windows(text, vocabulary.end_of_text, config.batch, config.window, config.seed)
    processes.share(windows.batch)  # refuses what cannot be shared
    if processes.from_main(windows.digest) != windows.digest:
        raise DataError(
            f"process {processes.rank} reads another training text than the main process",
            "give all machines the same files",
        )
    return windows


def _new_model(config: ModelConfig, seed: int, processes: Processes) -> SpikingLM:
    """The same model in all processes, which go on to other dropout."""
    torch.manual_seed(seed)
    what, cure = f"width = {config.width}, layers = {config.layers}", "use a smaller --width"
    with shortage_named("cpu", what, cure):
        model = SpikingLM(config)
    if not processes.is_main:
        torch.manual_seed(processes.seed(seed, 0))
    return model


def configure(
    preset: str, changes: dict[str, Any], teacher: Path | None = None
) -> tuple[ModelConfig, TrainConfig]:
    """The configurations of a preset, with changes by option."""
    chosen = PRESETS[preset]
    alone = [n for n in ("teacher_share", "teacher_top", "sampled") if n in changes and not teacher]
    if alone:
        raise DataError(
            f"--{alone[0].replace('_', '-')} is for runs with a teacher",
            "give --teacher FOLDER, or leave it out",
        )
    if teacher:
        changes = {"teacher_share": TEACHER_SHARE, **changes}
    sized, trained = chosen.changed(changes)
    trained.targets(sized.layers)  # refuses those of another depth
    return sized, trained


def _story(
    model: SpikingLM, windows: Windows, device: torch.device, folder: Path, processes: Processes
) -> str:
    n_parameters = sum(p.numel() for p in model.parameters())
    where = f"{processes.n} processes on {device.type}" if processes.n > 1 else str(device)
    return (
        f"{windows.n_tokens:,} tokens of text in {windows.batch} streams, "
        f"{n_parameters:,} parameters on {where}, run {folder}"
    )
