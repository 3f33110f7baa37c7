"""curriculum.json: what a curriculum was asked for, and what its phases came to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import realsam
from realsam.errors import CheckpointError
from realsam.files import replacing
from realsam.train.runs import CURRICULUM, METRICS, TrainedRun, reports

FORMAT = 1
VALIDATION = "the same held-out documents in every phase, whole, each from a cold start"
_CURE = "restore the file, or start a new curriculum"


@dataclass(frozen=True)
class Plan:
    """What a curriculum was asked for."""

    files: tuple[Path, ...]
    valid: Path | None
    conversations: tuple[Path, ...]  # files; without them the phases that need them are left out
    preset: str
    changes: dict[str, Any]  # options, by field of the configurations
    origin: Path | None = None  # a run whose weights the first phase begins with

    def to_json(self) -> dict[str, Any]:
        """Plain values; paths are absolute."""
        return {
            "files": [str(file.resolve()) for file in self.files],
            "valid": self.valid and str(self.valid.resolve()),
            "conversations": [str(file.resolve()) for file in self.conversations],
            "preset": self.preset,
            "changes": self.changes,
            "from": self.origin and str(self.origin.resolve()),
        }

    @staticmethod
    def from_json(stored: dict[str, Any]) -> "Plan":
        """Read `to_json` back."""
        changes = stored["changes"].items()  # JSON knows no tuples
        return Plan(
            tuple(Path(file) for file in stored["files"]),
            stored["valid"] and Path(stored["valid"]),
            tuple(Path(file) for file in stored["conversations"]),
            stored["preset"],
            {name: tuple(v) if isinstance(v, list) else v for name, v in changes},
            stored["from"] and Path(stored["from"]),
        )


def save(folder: Path, plan: Plan, rows: list[dict[str, Any]]) -> None:
    """Write the record, whole or not at all."""
    record = {
        "format": FORMAT,
        "realsam": realsam.__version__,
        "plan": plan.to_json(),
        "validation": VALIDATION,
        "phases": rows,
    }
    with replacing(folder / CURRICULUM) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Plan, list[dict[str, Any]]]:
    """Read the plan, and the rows of the phases that are done.

    Raises:
        CheckpointError: if it is damaged or of another format.
    """
    path = folder / CURRICULUM
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        version, plan = stored["format"], Plan.from_json(stored["plan"])
        rows = [{"steps": int(row["steps"]), **row} for row in stored["phases"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: missing or damaged ({error})", _CURE) from error
    if version != FORMAT:
        raise CheckpointError(f"{path}: curriculum format {version} is not {FORMAT}", _CURE)
    return plan, rows


def row(run: TrainedRun, reason: str) -> dict[str, Any]:
    """What a phase came to: a row of the table, with the firing of every layer.

    Raises:
        CheckpointError: if its last validation was not logged.
    """
    train, data, step = run.config["train"], run.config["data"], run.checkpoint.step
    n_tokens = step * train["accumulate"] * data["streams"] * train["window"]
    last = next((r for r in reports(run.folder, step) if r["step"] == step), {})
    if not {"nats_per_token"} <= last.get("validation", {}).keys():
        raise CheckpointError(
            f"{run.folder / METRICS}: the validation of step {step} is missing", "restore the file"
        )
    found = last["validation"]
    return {
        "phase": run.folder.name,
        "window": train["window"],
        "epochs": n_tokens / data["n_tokens"],
        "steps": step,
        "tokens": n_tokens,
        "train_nats_per_token": last["train_nats_per_token"],
        "nats_per_token": found["nats_per_token"],
        "perplexity": found["perplexity"],
        "firing_rate": found["firing_rate"],
        "populations": found["populations"],
        "ended": reason,
    }
