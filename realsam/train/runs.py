"""Run folders: where a training run keeps its configuration, vocabulary and checkpoint."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import realsam
from realsam.errors import CheckpointError, DataError
from realsam.files import replacing
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.checkpoint import Checkpoint, checkpoint_file, load_checkpoint
from realsam.train.config import TrainConfig, differences, model_config, train_config
from realsam.train.ending import ended
from realsam.train.lesson import Lesson
from realsam.train.teacher.stories import Stories
from realsam.vocab import Vocabulary, load_vocabulary

RUNS = Path("runs")
CONFIG, TOKENIZER, METRICS = "config.json", "tokenizer.json", "metrics.jsonl"
CURRICULUM = "curriculum.json"  # in a folder of runs, one for each phase: "1-words", ...
STORIES = "sampled.npz"  # what a teacher wrote for the run


@dataclass(frozen=True)
class TrainedRun:
    """A run folder that was read back."""

    folder: Path
    config: dict[str, Any]  # config.json
    vocabulary: Vocabulary
    checkpoint: Checkpoint

    def provenance(self) -> dict[str, Any]:
        """Where the weights come from; text files, teachers and runs without their folders."""
        data, teacher = self.config["data"], self.config.get("teacher")
        lesson = Lesson.from_json(data)
        origin = self.config.get("from")
        return {
            "realsam": self.config["realsam"],
            "torch": self.config["torch"],
            "model": self.config["model"],
            "train": self.config["train"],
            "data": lesson.heard([Path(file) for file in data["files"]]),
            "lesson": lesson.name,
            "n_sampled": data.get("n_sampled", 0),
            "teacher": teacher and {n: v for n, v in teacher.items() if n != "folder"},
            "from": origin and {n: v for n, v in origin.items() if n != "folder"},
            "step": self.checkpoint.step,
        }

    def validation(self) -> dict[str, Any] | None:
        """The last validation that training logged, if any."""
        found = [row for row in _rows(self.folder / METRICS) if "validation" in row]
        return found[-1]["validation"] if found else None

    def scores(self) -> dict[int, float]:
        """Validation loss in nats per token, by step, up to the checkpoint."""
        rows = reports(self.folder, self.checkpoint.step)
        found = {row["step"]: row.get("validation", {}) for row in rows}
        return {step: v["nats_per_token"] for step, v in found.items() if "nats_per_token" in v}

    def ended(self) -> str:
        """Why the run is over, or nothing if it can go on."""
        return ended(train_config(self.config["train"]), self.checkpoint.step, self.scores())

    def model(self) -> SpikingLM:
        """The trained module, on the CPU."""
        model = SpikingLM(model_config(self.checkpoint.model_config))
        try:
            model.load_state_dict(self.checkpoint.model)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"{checkpoint_file(self.folder)}: its weights do not fit the model", "train again"
            ) from error
        for name, parameter in model.named_parameters():
            if not parameter.isfinite().all():
                raise CheckpointError(
                    f"{checkpoint_file(self.folder)}: {name} is not finite",
                    "train again with a lower --lr",
                )
        return model


def reports(folder: Path, step: int) -> list[dict[str, Any]]:
    """What training logged up to a step; of a step that was repeated, the last."""
    rows = {row["step"]: row for row in _rows(folder / METRICS) if row["step"] <= step}
    return [rows[at] for at in sorted(rows)]


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged ({error})", "remove that line") from error
    for number, row in enumerate(rows, 1):
        if not _is_report(row):
            raise CheckpointError(f"{path}: line {number} is no report", "remove that line")
    return rows


def _is_report(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("validation", {}), dict):
        return False
    return isinstance(row.get("step"), int)


def interrupted(folder: Path) -> CheckpointError:
    """What to tell a user who stopped a training run."""
    if checkpoint_file(folder).exists():
        return CheckpointError(
            "training was interrupted", f"go on from its checkpoint with --resume {folder}"
        )
    return CheckpointError(
        "training was interrupted before its first checkpoint",
        f"delete {folder}, or give another --out, and run it again",
    )


def update_config(folder: Path, config: dict[str, Any], train: TrainConfig) -> None:
    """Store a changed training configuration, so that the folder says what it holds."""
    _write_config(folder, {**config, "train": train.to_json()})


def _write_config(folder: Path, config: dict[str, Any]) -> None:
    with replacing(folder / CONFIG) as partial:
        partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def refuse_used(folder: Path) -> None:
    """Leave a run, or a curriculum, that is there alone.

    Raises:
        DataError: if the folder already holds one.
    """
    if (folder / CONFIG).exists() or is_curriculum(folder):
        raise DataError(f"{folder}: already holds a run", "give another --out, or use --resume")


def create_run(
    folder: Path | None,
    model: ModelConfig,
    train: TrainConfig,
    vocabulary: Vocabulary,
    about: dict[str, Any],
    stories: Stories | None = None,
) -> Path:
    """Make a run folder; by default runs/<time>-<preset>.

    Args:
        folder: where.
        model: stored.
        train: stored.
        vocabulary: stored.
        about: "data" and "teacher", stored.
        stories: what a teacher wrote for the run.

    Raises:
        DataError: if the folder already holds a run.
    """
    folder = folder or RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{train.preset}"
    refuse_used(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "realsam": realsam.__version__,
        "torch": torch.__version__,
        "model": model.to_json(),
        "train": train.to_json(),
        **about,
    }
    if stories:
        stories.save(folder / STORIES)
    (folder / TOKENIZER).write_text(vocabulary.to_json(), encoding="utf-8")
    _write_config(folder, config)
    return folder


def newest_run() -> Path:
    """The run folder in runs/ whose checkpoint is the newest.

    Raises:
        CheckpointError: if there is none.
    """
    files = {folder: checkpoint_file(run_in(folder)) for folder in RUNS.glob("*")}
    times = {folder: path.stat().st_mtime for folder, path in files.items() if path.is_file()}
    if not times:
        raise CheckpointError(
            f"{RUNS}/: no training run there", "run `realsam train` first, or name a run"
        )
    return max(times, key=lambda folder: times[folder])


def is_curriculum(folder: Path) -> bool:
    """Whether a folder holds the phases of a curriculum."""
    return (folder / CURRICULUM).is_file()


def run_in(folder: Path) -> Path:
    """The run that a folder holds: itself, or of a curriculum the last phase with a checkpoint."""
    if not is_curriculum(folder):
        return folder
    phases = [p for p in folder.glob("[1-9]-*") if checkpoint_file(p).is_file()]
    return max(phases, default=folder)


def load_run_folder(folder: Path | None, device: torch.device | str = "cpu") -> TrainedRun:
    """Read a run folder, or the last phase of a curriculum; the newest by default.

    Raises:
        CheckpointError: if it is incomplete, damaged, or its checkpoint belongs to another
            configuration.
    """
    folder = run_in(folder or newest_run())
    config = _load_config(folder / CONFIG)
    checkpoint = load_checkpoint(folder, device)
    vocabulary = load_vocabulary(folder / TOKENIZER)
    # Read as configurations: those of older versions lack what was added since.
    wanted, stored = (
        json.loads(json.dumps(model_config(values).to_json()))
        for values in (checkpoint.model_config, config["model"])
    )
    if names := differences(wanted, stored):
        raise CheckpointError(
            f"{checkpoint_file(folder)}: belongs to another configuration, {names[0]} = "
            f"{wanted.get(names[0])} and not {stored.get(names[0])}",
            "restore config.json, or train again",
        )
    if vocabulary.size != stored["vocab_size"]:
        raise CheckpointError(
            f"{folder / TOKENIZER}: belongs to another configuration, vocab_size = "
            f"{vocabulary.size} and not {stored['vocab_size']}",
            "restore tokenizer.json, or train again",
        )
    return TrainedRun(folder, config, vocabulary, checkpoint)


def _load_config(path: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        model_config(config["model"])
        alone = not train_config(config["train"]).teacher_share
        Lesson.from_json(config["data"])
        known = {"realsam", "torch", "data"} <= config.keys()
        known = known and (alone or {"folder", "sha256"} <= config["teacher"].keys())
        if known and {"files", "valid"} <= config["data"].keys():
            return config
        reason = "incomplete"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = str(error)
    raise CheckpointError(
        f"{path}: missing or damaged ({reason})", "give the folder of a training run"
    )
