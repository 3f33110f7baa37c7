"""Sessions: everything between a command line and a running Trainer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from realsam.errors import CheckpointError, DataError
from realsam.ir import IO_PHASES
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.config import PRESETS, TEACHER_SHARE, TrainConfig, train_config
from realsam.train.corpus import described, learned_vocabulary, split
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
from realsam.train.loop import Trainer
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import STORIES, create_run, load_run_folder, refuse_used, update_config
from realsam.train.teacher.folder import KeptTeacher
from realsam.train.teacher.stories import load_stories
from realsam.train.watch import shortage_named
from realsam.vocab import Vocabulary


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
) -> Session:
    """Start a new run; `changes` overrides fields of the preset's configurations."""
    if out and processes.is_main:
        refuse_used(out)
    put = pick_device(device, processes)
    model_config, config = _configure(preset, changes, teacher)
    kept = found_teacher(teacher, config, put, processes) if teacher else None
    documents, held_out = split(files, valid)
    vocabulary = _vocabulary(kept, documents, model_config, changes, processes)
    model_config = replace(model_config, vocab_size=vocabulary.size)
    text: list[Document] = [*vocabulary.encode_all(documents)]
    stories = None
    if kept and config.sampled:
        stories = written_stories(kept, config, processes, on_done)
        text += stories.documents()
    windows = _windows(text, vocabulary, config, processes)
    labels = None
    if kept and config.teacher_share:
        labels = soft_labels(kept, text, config, processes, on_done)
    model = _new_model(model_config, config.seed, processes)
    about = {
        "data": described(files, valid, windows, stories),
        "teacher": kept.reference() if kept else None,
    }
    if processes.is_main:
        out = create_run(out, model_config, config, vocabulary, about, stories)
    folder = processes.from_main(out)
    assert folder is not None
    trainer = Trainer(model, config, vocabulary, windows, held_out, folder, put, processes, labels)
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def resumed(
    folder: Path,
    changes: dict[str, Any],
    device: str,
    processes: Processes = ALONE,
    on_done: OnDone = silent,
) -> Session:
    """Go on with a run from its checkpoint, exactly; only `steps` and `eval_every` may change.

    More steps stretch the schedule of the learning rates from where the run stands.
    """
    if others := sorted(set(changes) - {"steps", "eval_every"}):
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
    valid = run.config["data"]["valid"]
    documents, held_out = split(
        [Path(f) for f in run.config["data"]["files"]], Path(valid) if valid else None
    )
    text: list[Document] = [*run.vocabulary.encode_all(documents)]
    if config.sampled:
        text += load_stories(folder / STORIES).documents()
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
        model, config, run.vocabulary, windows, held_out, folder, put, processes, labels
    )
    trainer.restore(run.checkpoint)
    if processes.is_main:
        update_config(folder, run.config, config)
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def _vocabulary(
    teacher: KeptTeacher | None,
    documents: list[str],
    model: ModelConfig,
    changes: dict[str, Any],
    processes: Processes,
) -> Vocabulary:
    """The teacher's, or else one that is learned from the documents."""
    if teacher is None:
        return learned_vocabulary(documents, model.vocab_size, processes)
    wanted, size = changes.get("vocab_size"), teacher.vocabulary.size
    if wanted not in (None, size):
        raise DataError(
            f"vocab_size = {wanted} is not the teacher's {size}",
            "leave --vocab-size out: a run speaks the tokens of its teacher",
        )
    return teacher.vocabulary


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


def _configure(
    preset: str, changes: dict[str, Any], teacher: Path | None
) -> tuple[ModelConfig, TrainConfig]:
    chosen = PRESETS[preset]
    alone = [n for n in ("teacher_share", "teacher_top", "sampled") if n in changes and not teacher]
    if alone:
        raise DataError(
            f"--{alone[0].replace('_', '-')} is for runs with a teacher",
            "give --teacher FOLDER, or leave it out",
        )
    if teacher:
        changes = {"teacher_share": TEACHER_SHARE, **changes}
    sizes = {f.name for f in fields(ModelConfig)}
    model = {n: v for n, v in changes.items() if n in sizes}
    if "layers" in model:
        model["steps_per_token"] = model["layers"] + IO_PHASES
    train = {n: v for n, v in changes.items() if n not in model}
    sized, trained = replace(chosen.model, **model), replace(chosen.train, **train)
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
