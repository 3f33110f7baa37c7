"""A file -> Network, whichever format it is: told by what is in it, not by its name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py

from export.hdf5 import guarded
from export.netx import from_netx
from export.nir import from_nir
from export.nir.tree import is_ours
from export.probe import refuse_deadly
from realsam.errors import BundleError, ExportError
from realsam.ir import Network

_READERS = {"netx": from_netx, "NIR": from_nir}
_NAMES: dict[str, Literal["netx", "NIR"]] = {"layer": "netx", "node": "NIR"}  # by first group


@dataclass(frozen=True)
class Format:
    """What a file is."""

    name: Literal["netx", "NIR"]
    registers: bool  # it holds integers of the chip, not real numbers


def load_network(path: Path) -> Network:
    """Read a netx file, or a NIR file whose numbers are registers.

    Raises:
        BundleError: if the file is missing, damaged, or of another kind.
        ExportError: naming what a Network cannot hold.
    """
    found = format_of(path)
    try:
        return _READERS[found.name](path)
    except (BundleError, ExportError) as error:
        if found.registers:
            raise
        reason = error.message.removeprefix(f"{path}: ")
        raise ExportError(
            f"{path}: no network of registers ({reason})",
            f"give it registers: realsam import {path} --out FOLDER",
        ) from error


def format_of(path: Path) -> Format:
    """What a file is, once it is known that it can be read.

    Raises:
        BundleError: if the file is missing, damaged, or of another kind.
    """
    with guarded(path, "netx or NIR"):
        with path.open("rb"):  # says why, where h5py only says no
            pass
        if not h5py.is_hdf5(path):
            raise _unknown("no HDF5 file")
        refuse_deadly(path)
        with h5py.File(path, "r") as file:
            names = [name for group, name in _NAMES.items() if group in file]
            if len(names) != 1:
                raise _unknown(f"an HDF5 file with {len(names)} of the groups {', '.join(_NAMES)}")
            return Format(names[0], names[0] == "netx" or is_ours(file))


def _unknown(what: str) -> BundleError:
    return BundleError(f"neither netx nor NIR: {what}", "give a netx file, a NIR file or a bundle")
