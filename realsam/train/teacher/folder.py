"""Teacher folders: `config.json`, `tokenizer.json` and one safetensors file of weights per member.

The configuration holds the SHA-256 of the other files, so its own stands for the whole folder.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from realsam.errors import BundleError, CheckpointError, DataError
from realsam.files import replacing, sha256_of
from realsam.train.runs import CONFIG, TOKENIZER
from realsam.train.teacher.ensemble import Ensemble
from realsam.train.teacher.model import Teacher, TeacherConfig
from realsam.vocab import Vocabulary

FORMAT = 2
_CURE = "restore the folder, or train the teacher again"


@dataclass(frozen=True)
class KeptTeacher:
    """A teacher folder that was read back."""

    folder: Path
    ensemble: Ensemble
    vocabulary: Vocabulary
    about: dict[str, Any]  # how it was trained
    digest: str  # SHA-256 of config.json, and so of everything

    def reference(self) -> dict[str, Any]:
        """What a run that learns from it stores, to find, to recognise and to describe it."""
        return {
            "folder": str(self.folder.resolve()),
            "sha256": self.digest,
            "members": len(self.ensemble.members),
            "model": self.ensemble.config.to_json(),
            **self.about,
        }


def save_teacher(
    folder: Path,
    ensemble: Ensemble,
    vocabulary: Vocabulary,
    about: dict[str, Any],
    precision: torch.dtype = torch.float32,
) -> None:
    """Write an ensemble and its vocabulary; `about` says how it was trained.

    The configuration goes last, so that an interrupted folder has none.

    Raises:
        CheckpointError: if the folder cannot be written.
    """
    files = [TOKENIZER, *map(weights_file, range(len(ensemble.members)))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).unlink(missing_ok=True)
        with replacing(folder / TOKENIZER) as partial:
            partial.write_text(vocabulary.to_json(), encoding="utf-8")
        for member, name in zip(ensemble.members, files[1:], strict=True):
            weights = {n: p.to("cpu", precision) for n, p in member.state_dict().items()}
            with replacing(folder / name) as partial:
                save_file(weights, partial)
        config = {
            "format": FORMAT,
            "model": ensemble.config.to_json(),
            "about": about,
            "sha256": {name: sha256_of(folder / name) for name in files},
        }
        with replacing(folder / CONFIG) as partial:
            partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder}: not writable ({error})", "free some space, or give another folder"
        ) from error


def load_teacher(folder: Path, device: torch.device | str = "cpu") -> KeptTeacher:
    """Read an ensemble and its vocabulary back.

    Raises:
        CheckpointError: if the folder is missing, incomplete, damaged or of another format, or
            its files do not belong together.
    """
    config, about, digests, digest = _load_config(folder / CONFIG)
    contents = {name: _content(folder / name, wanted) for name, wanted in digests.items()}
    vocabulary = _vocabulary(contents.pop(TOKENIZER), folder / TOKENIZER, config)
    members = [_member(data, folder / name, config) for name, data in contents.items()]
    return KeptTeacher(folder, Ensemble([m.to(device) for m in members]), vocabulary, about, digest)


def weights_file(member: int) -> str:
    """Name of the file with a member's weights."""
    return f"member{member}.safetensors"


def _load_config(path: Path) -> tuple[TeacherConfig, dict[str, Any], dict[str, str], str]:
    if not path.is_file():
        raise CheckpointError(
            f"{path}: no teacher there", "give the folder that `realsam teach` wrote"
        )
    try:
        content = path.read_bytes()
        stored = json.loads(content)
        version = stored["format"]
        if version == FORMAT:
            digests = dict(stored["sha256"])
            names = [TOKENIZER, *map(weights_file, range(max(1, len(digests) - 1)))]
            chosen = {name: str(digests[name]) for name in names}
            config = TeacherConfig(**stored["model"])
            return config, dict(stored["about"]), chosen, sha256(content).hexdigest()
    except (OSError, ValueError, KeyError, TypeError, DataError) as error:
        raise CheckpointError(f"{path}: damaged ({error})", _CURE) from error
    raise CheckpointError(f"{path}: teacher format {version} is not {FORMAT}", "train it again")


def _content(path: Path, wanted: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: not readable ({error.strerror})", _CURE) from error
    if sha256(content).hexdigest() != wanted:
        raise CheckpointError(f"{path}: damaged, its SHA-256 is not config.json's", _CURE)
    return content


def _vocabulary(content: bytes, path: Path, config: TeacherConfig) -> Vocabulary:
    try:
        vocabulary = Vocabulary.from_json(content.decode(), str(path))
    except (UnicodeDecodeError, BundleError) as error:
        raise CheckpointError(f"{path}: not a readable tokenizer", _CURE) from error
    if vocabulary.size != config.vocab_size:
        raise CheckpointError(
            f"{path}: belongs to another teacher, vocab_size = {vocabulary.size} and not "
            f"{config.vocab_size}",
            _CURE,
        )
    return vocabulary


def _member(content: bytes, path: Path, config: TeacherConfig) -> Teacher:
    member = Teacher(config)
    try:
        member.load_state_dict(load(content))
    except (RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{path}: its weights do not fit config.json", _CURE) from error
    for name, parameter in member.named_parameters():
        if not parameter.isfinite().all():
            raise CheckpointError(f"{path}: {name} is not finite", "train it with a lower --lr")
    return member
