"""Input spikes from a numpy file, what `realsam run` feeds, or random ones."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from realsam.arrays import Spikes
from realsam.errors import RunError
from realsam.ir import Input, Network

NAME = "spikes"  # of the array that is taken where a file has several
STEPS_MAX = 2**31 - 1
DENSITY = 0.2  # random spikes per line and step
WORK = 5e8  # synapses times steps that a proof plays on the reference
_STEPS_LEAST, _STEPS_MOST = 20, 200  # of random input
_LISTED = 8  # names in a message
_MAGIC = (b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06")  # npy, zip, empty zip


def load_spikes(path: Path, lines: Input) -> Spikes:
    """[T, M] input spikes or payloads of a .npy or .npz file, recognised by its content.

    Raises:
        RunError: if there is no file of that kind, or what it holds is no such spikes.
    """
    try:
        with path.open("rb") as file:
            given = _array(path, file)
    except RunError:
        raise
    except Exception as error:  # numpy raises almost every kind on a damaged file
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise RunError(
            f"{path}: not readable ({reason or type(error).__name__})",
            "give a .npy or .npz file that numpy wrote",
        ) from error
    if given.dtype.kind not in "biuf":
        cure = f"store {'integers' if lines.message_bits else 'spikes as 0 and 1'}"
        raise RunError(f"{path}: holds {given.dtype}, not numbers", cure)
    _refuse_shape(path, given, lines.size)
    _refuse_values(path, given, lines)
    spikes: Spikes = given.astype(lines.dtype)
    return spikes


def n_random_steps(network: Network) -> int:
    """Steps of random input: fewer in large networks, whose reference takes its time."""
    size = sum(q.stored.size for q in network.projections)
    return int(np.clip(WORK // max(1, size), _STEPS_LEAST, _STEPS_MOST))


def random_spikes(lines: Input, steps: int) -> Spikes:
    """[steps, M] random spikes, or payloads of the whole range; always the same ones."""
    rng = np.random.default_rng(0)
    drawn = rng.random((steps, lines.size)) < DENSITY
    low, high = lines.payloads
    payload = rng.integers(low, high, drawn.shape, endpoint=True) if lines.message_bits else 1
    spikes: Spikes = (drawn * payload).astype(lines.dtype)
    return spikes


def refuse_steps(steps: int | None) -> None:
    """Refuse a number of steps that is none.

    Raises:
        RunError: if it is out of range.
    """
    if steps is not None and not 1 <= steps <= STEPS_MAX:
        raise RunError(
            f"steps = {steps} is outside 1..{STEPS_MAX}", "leave --steps out to play the input once"
        )


def fitted(spikes: Spikes, steps: int | None) -> Spikes:
    """[steps, M] the same spikes: cut, or followed by silence."""
    if steps is None:
        return spikes
    played = np.zeros((steps, spikes.shape[1]), spikes.dtype)
    played[: len(spikes)] = spikes[:steps]
    return played


def _array(path: Path, file: BinaryIO) -> Any:
    start = file.read(6)
    file.seek(0)
    if not start.startswith(_MAGIC):
        raise RunError(
            f"{path}: neither .npy nor .npz", "save the spikes with numpy.save or numpy.savez"
        )
    found = np.load(file, allow_pickle=False)
    if isinstance(found, np.ndarray):
        return found
    with found as arrays:
        names = list(arrays.files)
        if len(names) != 1 and NAME not in names:
            listed = ", ".join(names[:_LISTED]) + ", ..." * (len(names) > _LISTED)
            raise RunError(
                f"{path}: holds {len(names)} arrays{': ' * bool(names)}{listed}",
                f"keep one, or name the one to feed {NAME!r}",
            )
        array = arrays[names[0] if len(names) == 1 else NAME]
        if not isinstance(array, np.ndarray):
            raise RunError(f"{path}: {names[0]} is no array", "save the spikes with numpy.savez")
        return array


def _refuse_shape(path: Path, given: Any, lines: int) -> None:
    shape = f"{path}: the spikes are {list(given.shape)}"
    if given.ndim != 2:
        raise RunError(f"{shape}, not [T, {lines}]", "give one row per step, one column per line")
    if given.shape[1] != lines:
        turned = given.shape[0] == lines
        raise RunError(
            f"{shape}, but the network has {lines} input lines",
            "transpose them" if turned else "give one row per step, one column per line",
        )
    if len(given) == 0:
        raise RunError(f"{shape}: no step at all", "give at least one row")


def _refuse_values(path: Path, given: Any, lines: Input) -> None:
    low, high = lines.payloads
    # Written so that NaN, which is no number in any range, is wrong too.
    wrong = ~((given >= low) & (given <= high) & (given == np.trunc(given)))
    for t, line in np.argwhere(wrong)[:1]:
        what = f"{path}: row {t}, line {line} = {given[t, line]} is not"
        if not lines.message_bits:
            raise RunError(f"{what} 0 or 1", "store spikes as 0 and 1")
        raise RunError(f"{what} an integer in {low}..{high}", "scale and round the payloads")
