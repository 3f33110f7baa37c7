"""HDF5 files that are written whole or not at all, and read with errors of one line.

h5py and nir report damage with almost every built-in exception; here they become BundleError.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from realsam.errors import BundleError, ExportError, NetworkError, RegisterRangeError
from realsam.files import replacing

NAME_MAX = 200  # letters of a stranger's name that are shown
BEYOND = float(1 << 30)  # larger than every register; all integers up to it are exact in float64
_LONG = 1 << 16
# What h5py, nir and numpy raise on bytes that are not what they should be.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write to; it becomes `path` if the block ends well.

    Raises:
        BundleError: if the folder does not take the file.
    """
    try:
        with replacing(path) as partial:
            yield partial
    except OSError as error:
        cure = "choose a folder that exists and has room"
        raise BundleError(f"{path}: cannot be written ({one_line(error)})", cure) from error


@contextmanager
def guarded(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever is wrong with the file that the block reads into a BundleError.

    Args:
        path: file that is read, for the message.
        kind: what it should be, for the message.

    Raises:
        BundleError: if the file is missing or damaged, or holds an impossible network.
        ExportError: passed on with the path in front.
    """
    cure = "copy or export it again"
    try:
        yield
    except (BundleError, ExportError) as error:
        raise type(error)(f"{path}: {error.message}", error.cure or cure) from error
    except (NetworkError, RegisterRangeError) as error:
        raise BundleError(f"{path}: {error.message}", error.cure or cure) from error
    except FileNotFoundError as error:
        raise BundleError(f"{path}: no such file", "check the name or export it") from error
    except DAMAGE as error:
        reason = one_line(error) or type(error).__name__
        raise BundleError(f"{path}: not a readable {kind} file ({reason})", cure) from error


def one_line(error: BaseException) -> str:
    """The text of a foreign error without its line breaks."""
    return " ".join(str(error).split())


def put(group: h5py.Group, key: str, values: npt.ArrayLike) -> None:
    """Store numbers or strings under key; matrices and long lists of numbers are compressed."""
    array = np.asarray(values)
    if array.dtype.kind == "U":
        group.create_dataset(key, data=_fixed(array))
    elif array.size and (array.ndim == 2 or array.size >= _LONG):
        # One chunk: these are always read whole. Shuffled bytes of small integers pack better.
        group.create_dataset(key, data=array, chunks=array.shape, shuffle=True, compression="gzip")
    else:
        group.create_dataset(key, data=array)


def put_text(group: h5py.Group, key: str, value: str) -> None:
    """Store a string as an attribute."""
    group.attrs[key] = _fixed(np.asarray(value))


def _fixed(strings: npt.NDArray[np.str_]) -> npt.NDArray[np.bytes_]:
    # Not of variable length: in a damaged heap of such strings libhdf5 can loop for ever.
    encoded = np.char.encode(strings, "utf-8")
    return encoded.astype(h5py.string_dtype("utf-8", encoded.dtype.itemsize))


def refuse_unwritable(name: str) -> None:
    """Refuse the name of a population that no attribute of a file can be.

    Raises:
        ExportError: naming it.
    """
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise ExportError(f"population name {name!r} is no text that HDF5 holds", "rename it")


def text(value: object) -> str:
    """A stored string: HDF5 gives bytes, str, or an array of one of them."""
    value = value.flat[0] if isinstance(value, np.ndarray) else value
    return value.decode() if isinstance(value, bytes) else str(value)


def word(where: str, group: h5py.Group, key: str) -> str:
    """The one text under a key, "" if there is none.

    Raises:
        ExportError: if something else is there.
    """
    stored = group.get(key)
    if stored is None:
        return ""
    is_text = isinstance(stored, h5py.Dataset) and h5py.check_string_dtype(stored.dtype)
    try:
        if is_text and stored.size == 1:
            return text(stored[()])
    except UnicodeDecodeError:
        pass
    raise ExportError(f"{where}: its {key} is no text", "export the network again")


def shown(name: str) -> str:
    """A name of a stranger for a message: short and printable."""
    return repr(name if len(name) <= NAME_MAX else name[:NAME_MAX] + "...")
