"""Teaching: everything between `realsam teach` and a teacher folder."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

import realsam
from realsam.data.encoding import byte_level_vocabulary
from realsam.errors import DataError, RealSamError, TrainingError
from realsam.train.config import PRESETS as STUDENTS
from realsam.train.corpus import PreparedText, TrainingText, read_text, text_vocabulary
from realsam.train.device import pick_device
from realsam.train.runs import CONFIG
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.folder import save_teacher
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.train.teacher.scoring import scored
from realsam.train.teacher.text import Text
from realsam.train.teacher.training import EnsembleTraining, Epoch, TeacherTraining
from realsam.train.watch import shortage_named
from realsam.vocab import Vocabulary

_HEAD = 64  # channels of an attention head, at least


@dataclass(frozen=True)
class Preset:
    """A teacher's sizes, with the vocabulary of the student's preset, and its training."""

    model: TeacherConfig
    training: TeacherTraining


PRESETS = {
    "tiny": Preset(
        TeacherConfig(
            STUDENTS["tiny"].model.vocab_size,
            width=64,
            layers=2,
            heads=1,
            context=256,
            dropout=0.1,
        ),
        TeacherTraining(epochs=4, batch=8),
    ),
    "base": Preset(TeacherConfig(STUDENTS["base"].model.vocab_size), TeacherTraining()),
}


class Teaching:
    """An ensemble that is about to be trained, and the folder that will keep it."""

    def __init__(
        self,
        training: EnsembleTraining,
        held_out: Sequence[str],
        vocabulary: Vocabulary,
        about: dict[str, Any],
        folder: Path,
        device: torch.device,
    ) -> None:
        self.training = training
        self.folder = folder
        self._vocabulary = vocabulary
        self._about = about
        self._device = device
        self._n_bytes = sum(len(d.encode()) for d in held_out)

    @property
    def story(self) -> str:
        """One line about what is trained."""
        with torch.device("meta"):
            member = Teacher(self.training.config)
        n_parameters = sum(p.numel() for p in member.parameters())
        return (
            f"{self.training.text.n_predictions:,} tokens of text, {self.training.members} x "
            f"{n_parameters:,} parameters on {self._device}, teacher {self.folder}"
        )

    def train(
        self, on_epoch: Callable[[Epoch], None], on_share: Callable[[float], None]
    ) -> dict[str, Any]:
        """Train and keep the ensemble; returns what it scores on the held-out text.

        Raises:
            TrainingError: if it was interrupted, diverged or ran out of memory; says what of it
                is kept nevertheless.
        """
        config, batch = self.training.config, self.training.training.batch
        what = f"batch = {batch}, context = {config.context}, width = {config.width}"
        smaller = f"use --batch {batch // 2}" if batch > 1 else "use a smaller --width"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with shortage_named(str(self._device), what, smaller):
                self.training.run(on_epoch, on_share)
        except (KeyboardInterrupt, RealSamError) as error:
            raise self._ended(error) from None
        return self._keep()

    def _ended(self, error: KeyboardInterrupt | RealSamError) -> TrainingError:
        """What to say of a training that ended early, after keeping what can be kept."""
        what, cure = "teaching was interrupted", "run it again"
        if isinstance(error, RealSamError):
            what, cure = error.message, error.cure
        if not self.training.best:
            with suppress(OSError):
                self.folder.rmdir()
            return TrainingError(f"{what}, and nothing was kept", cure)
        score = self._keep()
        return TrainingError(
            f"{what}; {self.folder} keeps the best of {score['members']} of "
            f"{self.training.members} members, {score['nats_per_token']:.4f} held-out nats per "
            "token",
            "learn from it as it is, or train another",
        )

    def _keep(self) -> dict[str, Any]:
        ensemble = Ensemble(self.training.best)
        with _undisturbed():
            score = scored(ensemble, self.training.held_out, self._n_bytes)
            about = {**self._about, "held_out": score}
            save_teacher(self.folder, ensemble, self._vocabulary, about)
        return score


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no Ctrl-C spoil what is written, least of all a second one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def prepare_teacher(
    files: Sequence[Path],
    valid: Path | None,
    preset: str,
    changes: dict[str, Any],
    tokenizer: Path | None,
    device: str,
    out: Path,
    members: int = 1,
) -> Teaching:
    """Read the text; `changes` overrides fields of the preset's configurations."""
    if (out / CONFIG).exists():
        raise DataError(f"{out}: already holds a teacher or a run", "give another --out")
    if out.exists() and not out.is_dir():
        raise DataError(f"{out}: is a file", "give another --out")
    put = pick_device(device)
    model, training = _configure(preset, changes)
    source = read_text(files, valid)
    vocabulary = _vocabulary(tokenizer, source, changes.get("vocab_size"), model.vocab_size)
    model = replace(model, vocab_size=vocabulary.size)
    end = vocabulary.end_of_text
    held_out = vocabulary.encode_all(source.held_out)
    texts = [Text.of(d, end, put) for d in (source.tokens(vocabulary), held_out)]
    about = {
        "realsam": realsam.__version__,
        "torch": torch.__version__,
        "preset": preset,
        "train": training.to_json(),
        "data": {
            "files": [f.name for f in files],
            "valid": valid.name if valid else None,
            "n_tokens": texts[0].n_predictions,
            "sha256": texts[0].digest,
        },
    }
    ensemble = EnsembleTraining(model, training, members, *texts)
    return Teaching(ensemble, source.held_out, vocabulary, about, out, put)


def _configure(preset: str, changes: dict[str, Any]) -> tuple[TeacherConfig, TeacherTraining]:
    chosen = PRESETS[preset]
    names = {f.name for f in fields(TeacherConfig)}
    model = {n: v for n, v in changes.items() if n in names}
    if "width" in model:
        model["heads"] = _heads(model["width"])
    training = {n: v for n, v in changes.items() if n not in names}
    return replace(chosen.model, **model), replace(chosen.training, **training)


def _heads(width: int) -> int:
    """As many heads of _HEAD channels or more as share the width equally."""
    return max((n for n in range(1, width // _HEAD + 1) if width % (2 * n) == 0), default=1)


def _vocabulary(
    tokenizer: Path | None, text: TrainingText, wanted: int | None, size: int
) -> Vocabulary:
    """The vocabulary of a folder or file, of a prepared text, or a learned one."""
    if tokenizer is None:
        vocabulary, owner = text_vocabulary([text], size), "prepared text"
        if not isinstance(text, PreparedText):
            return vocabulary
    else:
        vocabulary, owner = byte_level_vocabulary(tokenizer), "tokenizer"
    if wanted not in (None, vocabulary.size):
        raise DataError(
            f"vocab_size = {wanted} is not the {owner}'s {vocabulary.size}",
            "leave --vocab-size out",
        )
    return vocabulary
