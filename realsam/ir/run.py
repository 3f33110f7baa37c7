"""Run: what happened. Every backend returns one; every report starts from one."""

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from realsam.arrays import F64, I64, U8, Spikes
from realsam.errors import RealSamError
from realsam.ir.network import Network
from realsam.ir.rapl import PackageMeter
from realsam.ir.tensor_file import DAMAGES, load_tensors, save_tensors

FORMAT = 2
_CURE = "record it again"
# Of a new record, which doubles its room when it is full: copying costs more than recording.
_FIRST_BYTES = 4 << 20


@dataclass(frozen=True, eq=False)
class Run:
    """Spikes and readout voltages of K tokens, and where they come from."""

    backend: str
    network: str  # digest of the Network that ran
    steps_per_token: int
    spikes: dict[str, Spikes]  # [K, N] spikes of each neuron in each token, uint8
    # ... and of each input line; int32 payloads where the input is graded
    voltage: I64  # [K, D] readout voltages
    seconds: F64  # [K] wall-clock time at which each token was done, from the first input on
    notes: dict[str, str] = field(default_factory=dict)  # versions, machine kind
    joules: float | None = None  # energy of the CPU packages in that time; None: not readable

    @property
    def n_tokens(self) -> int:
        """K, the tokens that were fed."""
        return len(self.voltage)

    @property
    def tokens_per_second(self) -> float:
        """Fed tokens over the time they took; 0 for an empty run."""
        total = float(self.seconds[-1]) if self.n_tokens else 0.0
        return self.n_tokens / total if total else 0.0

    def digests(self) -> dict[str, str]:
        """SHA-256 of the spikes of every population and of the readout voltages."""
        events = {name: sha256(_packed(spikes)) for name, spikes in self.spikes.items()}
        events["voltage"] = sha256(self.voltage.astype("<i4").tobytes())
        return {name: whole.hexdigest() for name, whole in events.items()}


def _packed(spikes: Spikes) -> bytes:
    """Spikes as bytes: a bit each where none is more than 1, and never of payloads."""
    if spikes.dtype != np.uint8:
        return spikes.astype("<i4").tobytes()
    return np.packbits(spikes).tobytes() if spikes.max(initial=0) < 2 else spikes.tobytes()


class Recorder:
    """Collects the tokens of a run as a backend plays them."""

    def __init__(self, network: Network, backend: str) -> None:
        self._network = network
        self._backend = backend
        self._n = 0
        width, depth = sum(network.sizes.values()), network.sizes[network.readout]
        room = 1 + _FIRST_BYTES // (width * np.dtype(network.input.dtype).itemsize + 8 * depth + 8)
        self._spikes: Spikes = np.empty((room, width), network.input.dtype)
        self._voltage = np.empty((room, depth), np.int64)
        self._seconds = np.empty(room)
        self._meter = PackageMeter()
        self._start = time.perf_counter()

    def add(self, spikes: Spikes, voltage: I64) -> None:
        """Record one token: spikes of the whole network [sum of N] and readout voltages [D]."""
        n = self._n
        if n == len(self._seconds):
            room = np.empty_like
            self._spikes = np.concatenate([self._spikes, room(self._spikes)])
            self._voltage = np.concatenate([self._voltage, room(self._voltage)])
            self._seconds = np.concatenate([self._seconds, room(self._seconds)])
        self._spikes[n], self._voltage[n] = spikes, voltage
        self._seconds[n] = time.perf_counter() - self._start
        self._n = n + 1

    def run(self, **notes: str) -> Run:
        """Close the record."""
        network, spikes = self._network, self._spikes[: self._n]
        each = {name: spikes[:, span] for name, span in network.spans.items()}
        counts = {name: each[name].astype(np.uint8, copy=False) for name in list(each)[1:]}
        return Run(
            self._backend,
            network.digest,
            network.steps_per_token,
            each | counts,
            self._voltage[: self._n],
            self._seconds[: self._n],
            provenance() | notes,
            self._meter.joules(),
        )


def provenance() -> dict[str, str]:
    """Versions and machine kind, for the notes of a Run."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }


def save_run(run: Run, path: Path) -> None:
    """Write a run.

    Raises:
        RealSamError: if the disk does not take it.
    """
    tensors, plain = to_parts(run)
    save_tensors(path, tensors, realsam=plain)


def load_run(path: Path) -> Run:
    """Read a run back; that of a recorded profile, too.

    Raises:
        RealSamError: if the file is missing, damaged or of another format.
    """
    try:
        tensors, plain = load_tensors(path)
        return from_parts(tensors, plain["realsam"])
    except FormatError as error:
        raise RealSamError(f"{path}: {error}", _CURE) from error
    except DAMAGES as error:
        raise RealSamError(f"{path}: not a readable run ({error})", _CURE) from error


class FormatError(Exception):
    """The parts are of a format that is not known."""


def to_parts(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a run by name, and its plain fields: what a file holds."""
    tensors: dict[str, Any] = {"voltage": run.voltage.astype("<i4"), "seconds": run.seconds}
    shapes = {}
    for name, spikes in run.spikes.items():
        binary = spikes.dtype == np.uint8 and spikes.max(initial=0) < 2
        if binary:
            shapes[name] = spikes.shape
        tensors[f"spikes/{name}"] = np.packbits(spikes) if binary else spikes
    plain = {
        "format": FORMAT,
        "backend": run.backend,
        "network": run.network,
        "steps_per_token": run.steps_per_token,
        "shapes": shapes,  # [K, N] of the spikes that are one bit each
        "notes": run.notes,
        "joules": run.joules,
    }
    return tensors, plain


def from_parts(tensors: Mapping[str, Any], plain: Mapping[str, Any]) -> Run:
    """What `to_parts` took apart.

    Raises:
        FormatError: for parts of another format.
        ValueError: if they do not fit together; other exceptions if some are missing.
    """
    if plain["format"] not in (1, FORMAT):
        raise FormatError(f"run format {plain['format']} is not {FORMAT}")
    shapes = plain["shapes"] if plain["format"] > 1 else {}  # format 1 packs nothing
    spikes = {n[7:]: t for n, t in tensors.items() if n.startswith("spikes/")}
    spikes |= {name: _unpacked(spikes[name], *shape) for name, shape in shapes.items()}
    voltage: I64 = tensors["voltage"].astype(np.int64)
    seconds: F64 = tensors["seconds"]
    lengths = {len(values) for values in (voltage, seconds, *spikes.values())}
    if len(lengths) > 1 or {2} != {values.ndim for values in (voltage, *spikes.values())}:
        raise ValueError(f"arrays of {sorted(lengths)} tokens")
    steps = np.diff(seconds, prepend=0.0)
    if not (np.all(np.isfinite(seconds)) and np.all(steps >= 0)):
        raise ValueError("its times do not rise")
    return Run(
        plain["backend"],
        plain["network"],
        plain["steps_per_token"],
        spikes,
        voltage,
        seconds,
        plain["notes"],
        plain.get("joules"),
    )


def _unpacked(bits: U8, n_tokens: int, n_neurons: int) -> U8:
    count = n_tokens * n_neurons
    if min(n_tokens, n_neurons) < 0 or bits.size != -(-count // 8):  # before memory is taken
        raise ValueError(f"{bits.size} bytes for {n_tokens} x {n_neurons} spikes")
    return np.unpackbits(bits, count=count).reshape(n_tokens, n_neurons)
