"""Checkpoints: everything that a training run needs to go on exactly where it stood."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from realsam.errors import CheckpointError
from realsam.files import replacing

FORMAT = 1
FILE = "checkpoint.pt"


@dataclass
class Checkpoint:
    """The state of a training run between two optimizer steps."""

    model_config: dict[str, Any]
    train_config: dict[str, Any]
    step: int
    position: tuple[int, int]  # epoch and window
    model: dict[str, Any]
    optimizers: list[dict[str, Any]]
    state: list[torch.Tensor]  # spiking state of the streams
    random: dict[str, torch.Tensor]


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The state of torch's random number generators."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_state(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Set torch's random number generators."""
    torch.set_rng_state(states["cpu"].cpu())
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"].cpu(), device)


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a checkpoint; an interruption leaves the one before."""
    try:
        with replacing(folder / FILE) as partial:
            torch.save({"format": FORMAT, **vars(checkpoint)}, partial)
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError on a full disk
        raise CheckpointError(
            f"{folder / FILE}: not writable ({error})", "free some space; the one before is kept"
        ) from error


def load_checkpoint(folder: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Read the checkpoint of a run folder.

    Raises:
        CheckpointError: if it is missing, damaged or of another format.
    """
    path = folder / FILE
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint there", "give the folder of a training run")
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
        version = stored.pop("format")
        if version == FORMAT:
            return Checkpoint(**stored)
    except Exception as error:  # torch.load raises whatever the damage leads to
        raise CheckpointError(
            f"{path}: damaged ({type(error).__name__})", "train again, or restore the file"
        ) from error
    raise CheckpointError(f"{path}: checkpoint format {version} is not {FORMAT}", "train again")
