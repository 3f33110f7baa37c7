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


def pick_device(name: str) -> torch.device:
    """The device of that name; "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        BackendUnavailableError: if torch cannot use it here.
    """
    usable = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, here in usable.items() if here))
    if not usable[name]:
        raise BackendUnavailableError(
            f"device {name} is not available to torch here", "use --device auto"
        )
    return torch.device(name)


def prepare(
    files: Sequence[Path],
    valid: Path | None,
    preset: str,
    changes: dict[str, Any],
    device: str,
    out: Path | None,
) -> Session:
    """Start a new run; `changes` overrides fields of the preset's configurations."""
    put = pick_device(device)
    model_config, config = _configure(preset, changes)
    documents, held_out = _split(files, valid)
    vocabulary = Vocabulary.train(documents, model_config.vocab_size)
    model_config = replace(model_config, vocab_size=vocabulary.size)
    windows = _windows(documents, vocabulary, config)
    torch.manual_seed(config.seed)
    model = SpikingLM(model_config)
    data = {
        "files": [str(f.resolve()) for f in files],
        "valid": str(valid.resolve()) if valid else None,
        "n_tokens": windows.n_tokens,
        "sha256": windows.digest,
    }
    folder = create_run(out, model_config, config, vocabulary, data)
    trainer = Trainer(model, config, vocabulary, windows, held_out, folder, put)
    return Session(trainer, folder, _story(model, windows, put, folder))


def resumed(folder: Path, changes: dict[str, Any], device: str) -> Session:
    """Go on with a run from its checkpoint, exactly; only `steps` and `eval_every` may change.

    More steps stretch the schedule of the learning rates from where the run stands.
    """
    if others := sorted(set(changes) - {"steps", "eval_every"}):
        raise DataError(
            f"--resume keeps the run's own --{others[0].replace('_', '-')}",
            "leave that option out, or start a new run",
        )
    put = pick_device(device)
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
    windows = _windows(documents, run.vocabulary, config)
    if windows.digest != run.config["data"].get("sha256", windows.digest):
        raise CheckpointError(
            f"{folder}: its training text is another than before",
            "restore the text, or start a new run",
        )
    model = run.model()
    trainer = Trainer(model, config, run.vocabulary, windows, held_out, folder, put)
    trainer.restore(run.checkpoint)
    update_config(folder, run.config, config)
    return Session(trainer, folder, _story(model, windows, put, folder))


def _windows(documents: list[str], vocabulary: Vocabulary, config: TrainConfig) -> Windows:
    return Windows(
        vocabulary.encode_all(documents),
        vocabulary.end_of_text,
        config.batch,
        config.window,
        config.seed,
    )


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


def _story(model: SpikingLM, windows: Windows, device: torch.device, folder: Path) -> str:
    n_parameters = sum(p.numel() for p in model.parameters())
    return (
        f"{windows.n_tokens:,} tokens of text in {windows.batch} streams, "
        f"{n_parameters:,} parameters on {device}, run {folder}"
    )
