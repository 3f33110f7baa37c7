"""Checkpoints: everything that a training run needs to go on exactly where it stood.

Format 2 is a folder of parts of at most 15 MB, small enough for hosts that limit the size of a
file, and an index with their order, sizes and SHA-256:

    checkpoint/index.json                   {"format": 2, "step": 300, "parts": [...]}
    checkpoint/part-00001-1f3a5c7e9b2d.bin  the bytes of `torch.save`, cut up

A part is named after its content. New parts are written beside the old ones, the index changes
over to them in one piece, and then the old ones go: whenever it is interrupted, a whole
checkpoint is there. Format 1 was a single file, checkpoint.pt; it is still read.
"""

import io
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import torch

from realsam.errors import CheckpointError
from realsam.files import replacing

FORMAT = 2
FOLDER, INDEX = "checkpoint", "index.json"
OLD_FILE = "checkpoint.pt"  # format 1
PART_BYTES = 15_000_000
_NAME = re.compile(r"part-\d{5}-[0-9a-f]{12}\.bin")
_CURE = "restore the folder, or train again"


@dataclass
class Checkpoint:
    """The state of a training run between two optimizer steps."""

    model_config: dict[str, Any]
    train_config: dict[str, Any]
    step: int
    position: tuple[int, int]  # epoch and window
    model: dict[str, Any]
    optimizers: list[dict[str, Any]]
    state: list[torch.Tensor]  # [B, N] spiking state of all streams
    random: dict[str, torch.Tensor]  # [processes, bytes] per generator


class Part(NamedTuple):
    """One entry of the index."""

    name: str
    size: int  # bytes
    sha256: str


def checkpoint_file(folder: Path) -> Path:
    """The file that a checkpoint of this run folder is known by, whether it is there or not."""
    new, old = folder / FOLDER / INDEX, folder / OLD_FILE
    return old if old.is_file() and not new.is_file() else new


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The state of torch's random number generators in this process."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_state(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Set torch's random number generators."""
    # Copies: torch reads a row of a larger tensor from the wrong place, and crashes.
    torch.set_rng_state(states["cpu"].cpu().clone())
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"].cpu().clone(), device)


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a checkpoint; an interruption leaves the one before."""
    home = folder / FOLDER
    try:
        home.mkdir(exist_ok=True)
        writer = _PartWriter(home)
        torch.save({"format": FORMAT, **vars(checkpoint)}, cast(IO[bytes], writer))
        entries = [part._asdict() for part in writer.finish()]
        index = {"format": FORMAT, "step": checkpoint.step, "parts": entries}
        with replacing(home / INDEX) as partial:
            partial.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError on a full disk
        raise CheckpointError(
            f"{home}: not writable ({error})", "free some space; the one before is kept"
        ) from error
    finally:
        _sweep(home)
    (folder / OLD_FILE).unlink(missing_ok=True)


def _sweep(home: Path) -> None:
    """Delete parts that the index does not list; with a damaged index, none."""
    index = home / INDEX
    with suppress(OSError, CheckpointError):  # what is left now goes with the next checkpoint
        kept = {part.name for part in _parts(index)} if index.exists() else set()
        for path in home.iterdir():
            if _NAME.fullmatch(path.name.removesuffix(".partial")) and path.name not in kept:
                path.unlink(missing_ok=True)


class _PartWriter(io.RawIOBase):
    """A stream that becomes parts."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._parts: list[Part] = []
        self._held = bytearray()
        self._broken = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        if self._broken:  # torch ends its archive even after an error: that goes nowhere
            return len(view)
        self._broken = True
        for first in range(0, len(view), PART_BYTES):
            self._held += view[first : first + PART_BYTES]
            self._cut(PART_BYTES)
        self._broken = False
        return len(view)

    def finish(self) -> list[Part]:
        """Write the rest, and tell all parts."""
        self._cut(1)
        return self._parts

    def _cut(self, least: int) -> None:
        while len(self._held) >= least:
            self._write_part(self._held[:PART_BYTES])
            del self._held[:PART_BYTES]

    def _write_part(self, content: bytearray) -> None:
        digest = sha256(content).hexdigest()
        part = Part(f"part-{len(self._parts) + 1:05}-{digest[:12]}.bin", len(content), digest)
        with replacing(self._home / part.name) as partial, partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the index must not be on the disk before its parts
        self._parts.append(part)


def load_checkpoint(folder: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Read the checkpoint of a run folder.

    Raises:
        CheckpointError: if it is missing, damaged or of another format.
    """
    path = checkpoint_file(folder)
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint there", "give the folder of a training run")
    source: Path | io.BytesIO = path if path.name == OLD_FILE else _joined(path)
    try:
        stored = torch.load(source, map_location=device, weights_only=True)
        version = stored.pop("format")
        if version == 1:
            stored["random"] = {name: state[None] for name, state in stored["random"].items()}
        if version in (1, FORMAT):
            return Checkpoint(**stored)
    except Exception as error:  # torch.load raises whatever the damage leads to
        raise CheckpointError(f"{path}: damaged ({type(error).__name__})", _CURE) from error
    raise _other_format(path, version)


def _joined(index: Path) -> io.BytesIO:
    """The bytes of all parts."""
    while True:
        parts = _parts(index)
        try:
            stream = io.BytesIO()
            for part in parts:
                stream.write(_content(index.with_name(part.name), part))
            stream.seek(0)
            return stream
        except CheckpointError:
            if _parts(index) == parts:
                raise
            # a training run has put the next checkpoint in its place: read that


def _content(path: Path, part: Part) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: not readable ({error.strerror})", _CURE) from error
    if len(content) != part.size:
        raise CheckpointError(f"{path}: damaged, {len(content)} bytes and not {part.size}", _CURE)
    if sha256(content).hexdigest() != part.sha256:
        raise CheckpointError(f"{path}: damaged, its SHA-256 is not the index's", _CURE)
    return content


def _parts(index: Path) -> list[Part]:
    try:
        stored = json.loads(index.read_text(encoding="utf-8"))
        version = stored["format"]
        if version != FORMAT:
            raise _other_format(index, version)
        parts = [Part(str(p["name"]), int(p["size"]), str(p["sha256"])) for p in stored["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{index}: damaged ({type(error).__name__})", _CURE) from error
    for part in parts:
        if not _NAME.fullmatch(part.name):
            raise CheckpointError(f"{index}: damaged, {part.name!r} is no name of a part", _CURE)
    return parts


def _other_format(path: Path, version: object) -> CheckpointError:
    return CheckpointError(f"{path}: checkpoint format {version} is not {FORMAT}", "train again")
