"""A file -> Network, whichever format it is: told by what is in it, not by its name."""

from pathlib import Path

import h5py

from export.hdf5 import guarded
from export.netx import from_netx
from export.nir import from_nir
from realsam.errors import BundleError
from realsam.ir import Network

_READERS = {"netx": from_netx, "NIR": from_nir}
_GROUPS = {"layer": "netx", "node": "NIR"}  # by the group that each format begins with


def load_network(path: Path) -> Network:
    """Read a netx or a NIR file.

    Raises:
        BundleError: if the file is missing, damaged, or of another kind.
        ExportError: naming what a Network cannot hold.
    """
    return _READERS[format_of(path)](path)


def format_of(path: Path) -> str:
    """The format of a network file: "netx" or "NIR".

    Raises:
        BundleError: if the file is missing, damaged, or of another kind.
    """
    with guarded(path, "netx or NIR"):
        with path.open("rb"):  # says why, where h5py only says no
            pass
        if not h5py.is_hdf5(path):
            raise _unknown("no HDF5 file")
        with h5py.File(path, "r") as file:
            kinds = [group for group in _GROUPS if group in file]
        if len(kinds) != 1:
            raise _unknown(f"an HDF5 file with {len(kinds)} of the groups {', '.join(_GROUPS)}")
        return _GROUPS[kinds[0]]


def _unknown(what: str) -> BundleError:
    return BundleError(f"neither netx nor NIR: {what}", "give a netx file, a NIR file or a bundle")
