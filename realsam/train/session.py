"""Sessions: everything between a command line and a running Trainer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from realsam.documents import read_documents
from realsam.errors import BackendUnavailableError, CheckpointError, DataError
from realsam.nn.model import ModelConfig, SpikingLM
from realsam.train.config import PRESETS, TrainConfig, train_config
from realsam.train.data import Windows
from realsam.train.loop import Trainer
from realsam.train.parallel import ALONE, Processes
from realsam.train.runs import create_run, load_run_folder, update_config
from realsam.train.toy import toy_documents
from realsam.vocab import Vocabulary

HELD_OUT = 50  # every 50th document validates when there is no validation text
MAX_VALIDATION = 200  # documents scored at each validation
TOY_STORIES = 2000


@dataclass(frozen=True)
class Session:
    """A trainer, its folder, and one line about both."""

    trainer: Trainer
    folder: Path
    story: str


def pick_device(name: str, processes: Processes = ALONE) -> torch.device:
    """The device of that name; "auto" takes CUDA, then MPS, then the CPU.

    Of several processes each gets a GPU of its own, and MPS serves none.

    Raises:
        BackendUnavailableError: if torch cannot use it here.
    """
    usable = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available() and processes.n == 1,
        "cpu": True,
    }
    kind = next(kind for kind, here in usable.items() if here) if name == "auto" else name
    if not usable[kind]:
        raise BackendUnavailableError(
            f"device {name} is not available to torch here", "use --device auto"
        )
    if kind != "cuda" or processes.n == 1:
        return torch.device(kind)
    if processes.local_rank >= torch.cuda.device_count():
        raise BackendUnavailableError(
            f"process {processes.rank} finds no GPU of its own, there are "
            f"{torch.cuda.device_count()}",
            f"use torchrun --nproc-per-node {torch.cuda.device_count()}, or --device cpu",
        )
    torch.cuda.set_device(processes.local_rank)
    return torch.device("cuda", processes.local_rank)


def prepare(
    files: Sequence[Path],
    valid: Path | None,
    preset: str,
    changes: dict[str, Any],
    device: str,
    out: Path | None,
    processes: Processes = ALONE,
) -> Session:
    """Start a new run; `changes` overrides fields of the preset's configurations."""
    put = pick_device(device, processes)
    model_config, config = _configure(preset, changes)
    documents, held_out = _split(files, valid)
    vocabulary = _vocabulary(documents, model_config.vocab_size, processes)
    model_config = replace(model_config, vocab_size=vocabulary.size)
    windows = _windows(documents, vocabulary, config, processes)
    torch.manual_seed(config.seed)
    model = SpikingLM(model_config)
    if not processes.is_main:  # the same model, other dropout
        torch.manual_seed(processes.seed(config.seed, 0))
    data = {
        "files": [str(f.resolve()) for f in files],
        "valid": str(valid.resolve()) if valid else None,
        "n_tokens": windows.n_tokens,
        "sha256": windows.digest,
    }
    if processes.is_main:
        out = create_run(out, model_config, config, vocabulary, data)
    folder = processes.from_main(out)
    assert folder is not None
    trainer = Trainer(model, config, vocabulary, windows, held_out, folder, put, processes)
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def resumed(
    folder: Path, changes: dict[str, Any], device: str, processes: Processes = ALONE
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
    documents, held_out = _split(
        [Path(f) for f in run.config["data"]["files"]], Path(valid) if valid else None
    )
    windows = _windows(documents, run.vocabulary, config, processes)
    if windows.digest != run.config["data"].get("sha256", windows.digest):
        raise CheckpointError(
            f"{folder}: its training text is another than before",
            "restore the text, or start a new run",
        )
    model = run.model()
    trainer = Trainer(model, config, run.vocabulary, windows, held_out, folder, put, processes)
    trainer.restore(run.checkpoint)
    if processes.is_main:
        update_config(folder, run.config, config)
    return Session(trainer, folder, _story(model, windows, put, folder, processes))


def _vocabulary(documents: list[str], size: int, processes: Processes) -> Vocabulary:
    """The vocabulary of the documents, learned by the main process alone."""
    learned = Vocabulary.train(documents, size) if processes.is_main else None
    text = processes.from_main(learned.to_json() if learned else "")
    return learned or Vocabulary.from_json(text, "vocabulary of the main process")


def _windows(
    documents: list[str], vocabulary: Vocabulary, config: TrainConfig, processes: Processes
) -> Windows:
    """The same windows in all processes, of as many streams for each."""
    tokens = vocabulary.encode_all(documents)
    windows = Windows(tokens, vocabulary.end_of_text, config.batch, config.window, config.seed)
    processes.share(windows.batch)  # refuses what cannot be shared
    if processes.from_main(windows.digest) != windows.digest:
        raise DataError(
            f"process {processes.rank} reads another training text than the main process",
            "give all machines the same files",
        )
    return windows


def _configure(preset: str, changes: dict[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    chosen = PRESETS[preset]
    model = {n: v for n, v in changes.items() if n in ("vocab_size", "dropout")}
    train = {n: v for n, v in changes.items() if n not in model}
    return replace(chosen.model, **model), replace(chosen.train, **train)


def _split(files: Sequence[Path], valid: Path | None) -> tuple[list[str], list[str]]:
    """Training documents, and up to MAX_VALIDATION others to validate on."""
    documents = [d for f in files for d in read_documents(f)] or toy_documents(TOY_STORIES)
    if valid:
        return documents, read_documents(valid)[:MAX_VALIDATION]
    if len(documents) < 2:
        raise DataError(
            "the training text is a single document, none is left to validate on",
            "give --valid FILE, or separate documents with <|endoftext|> lines",
        )
    training = [d for i, d in enumerate(documents) if i % HELD_OUT]
    return training, documents[::HELD_OUT][:MAX_VALIDATION]


def _story(
    model: SpikingLM, windows: Windows, device: torch.device, folder: Path, processes: Processes
) -> str:
    n_parameters = sum(p.numel() for p in model.parameters())
    where = f"{processes.n} processes on {device.type}" if processes.n > 1 else str(device)
    return (
        f"{windows.n_tokens:,} tokens of text in {windows.batch} streams, "
        f"{n_parameters:,} parameters on {where}, run {folder}"
    )
