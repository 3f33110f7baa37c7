"""The file of a talk: the whole state of its network, and where the talk stands.

Arrays and plain values in safetensors, with a digest over all of them: what is damaged is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from realsam.chat.talk import Place
from realsam.errors import RunError
from realsam.ir import Engine, Host, Network, Sampler, Snapshot
from realsam.ir.tensor_file import DAMAGES, load_tensors, save_tensors

FORMAT = 1
_CURE = "give a file that /save wrote"


@dataclass(frozen=True, eq=False)
class Saved:
    """A talk between two turns."""

    network: str  # digest of its Network
    backend: str
    sampler: Sampler
    place: Place
    is_open: bool  # whether the last answer ended with the beginning of the next turn
    n_turns: int
    state: Snapshot


def save(saved: Saved, path: Path) -> None:
    """Write a talk; the file appears whole or not at all.

    Raises:
        RunError: if something else than a talk is there, or the disk does not take it.
    """
    if path.exists() and not _is_talk(path):
        raise RunError(f"{path}: holds something else than a talk", "give /save another place")
    talk = {
        "format": FORMAT,
        "network": saved.network,
        "backend": saved.backend,
        "sampler": saved.sampler.settings,
        "place": asdict(saved.place),
        "is_open": saved.is_open,
        "n_turns": saved.n_turns,
    }
    try:
        save_tensors(path, saved.state, talk=talk, sha256=_digest(talk, saved.state))
    except OSError as error:
        reason = error.strerror or error
        raise RunError(
            f"{path}: cannot be written ({reason})", "give /save another place"
        ) from error


def load(path: Path) -> Saved:
    """Read a talk back.

    Raises:
        RunError: if it is missing, damaged or of another format.
    """
    try:
        state, about = load_tensors(path)
        talk = about["talk"]
        if talk["format"] != FORMAT:
            raise RunError(f"{path}: talk format {talk['format']} is not {FORMAT}", _CURE)
        if about["sha256"] != _digest(talk, state):
            raise RunError(f"{path}: damaged, its SHA-256 is another", _CURE)
        place = Place(talk["place"]["position"], tuple(talk["place"]["tail"]))
        return Saved(
            talk["network"],
            talk["backend"],
            Sampler(**talk["sampler"]),
            place,
            talk["is_open"],
            talk["n_turns"],
            state,
        )
    except DAMAGES as error:
        reason = getattr(error, "strerror", None) or error
        raise RunError(f"{path}: not a readable talk ({reason})", _CURE) from error


def refuse_foreign(saved: Saved, network: Network, host: Host, engine: Engine | None) -> None:
    """Refuse a talk that cannot go on with this network in this engine.

    Raises:
        RunError: saying why.
    """
    if saved.network != network.digest:
        raise RunError("the talk is that of another network", "name its model")
    if not all(0 <= token < host.vocab_size for token in saved.place.tail):
        raise RunError("the talk is that of another vocabulary", "name its model")
    if engine is None or _shapes(saved.state) != _shapes(engine.snapshot()):
        raise RunError(
            f"this backend cannot take up the state of backend {saved.backend}",
            f"talk with --backend {saved.backend}",
        )


def _shapes(state: Snapshot) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {name: (str(values.dtype), values.shape) for name, values in state.items()}


def _is_talk(path: Path) -> bool:
    try:
        return path.is_file() and "talk" in load_tensors(path)[1]
    except DAMAGES:
        return False


def _digest(talk: Mapping[str, Any], state: Snapshot) -> str:
    whole = sha256(json.dumps(talk, sort_keys=True).encode())
    for name in sorted(state):
        values = state[name]
        whole.update(f"{name} {values.dtype} {values.shape}".encode() + values.tobytes())
    return whole.hexdigest()
