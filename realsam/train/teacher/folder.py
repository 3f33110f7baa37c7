"""Teacher folders: `config.json` and one safetensors file of weights per member."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from realsam.errors import CheckpointError, DataError
from realsam.files import replacing
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.model import Teacher, TeacherConfig

FORMAT = 1
CONFIG = "config.json"


def save_teacher(
    folder: Path,
    ensemble: Ensemble,
    about: dict[str, Any],
    precision: torch.dtype = torch.float32,
) -> None:
    """Write an ensemble; `about` goes into config.json as its provenance.

    The configuration goes last, so that an interrupted folder has none.

    Raises:
        CheckpointError: if the folder cannot be written.
    """
    config = {
        "format": FORMAT,
        "members": len(ensemble.members),
        "model": ensemble.config.to_json(),
        "about": about,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).unlink(missing_ok=True)
        for i, member in enumerate(ensemble.members):
            weights = {n: p.to("cpu", precision) for n, p in member.state_dict().items()}
            with replacing(folder / weights_file(i)) as partial:
                save_file(weights, partial)
        with replacing(folder / CONFIG) as partial:
            partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder}: not writable ({error})", "free some space, or give another folder"
        ) from error


def load_teacher(folder: Path, device: torch.device | str = "cpu") -> Ensemble:
    """Read an ensemble back.

    Raises:
        CheckpointError: if the folder is missing, incomplete, damaged or of another format.
    """
    config, members = _load_config(folder / CONFIG)
    return Ensemble(
        [_load_member(folder / weights_file(i), config, device) for i in range(members)]
    )


def weights_file(member: int) -> str:
    """Name of the file with a member's weights."""
    return f"member{member}.safetensors"


def _load_config(path: Path) -> tuple[TeacherConfig, int]:
    if not path.is_file():
        raise CheckpointError(f"{path}: no teacher there", "give the folder of a trained teacher")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        version = stored["format"]
        if version == FORMAT:
            return TeacherConfig(**stored["model"]), range(1, stored["members"] + 1)[-1]
    except (OSError, ValueError, KeyError, TypeError, IndexError, DataError) as error:
        raise CheckpointError(
            f"{path}: damaged ({error})", "train the teacher again, or restore the file"
        ) from error
    raise CheckpointError(f"{path}: teacher format {version} is not {FORMAT}", "train it again")


def _load_member(path: Path, config: TeacherConfig, device: torch.device | str) -> Teacher:
    member = Teacher(config)
    try:
        weights = load_file(path)
        member.load_state_dict(weights)
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path}: missing or damaged ({reason})", "train the teacher again, or restore the file"
        ) from error
    for name, parameter in member.named_parameters():
        if not parameter.isfinite().all():
            raise CheckpointError(f"{path}: {name} is not finite", "train it with a lower rate")
    return member.to(device)
