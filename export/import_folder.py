"""Imported networks in a folder that `realsam run` plays.

manifest.json   "kind": "network", format number, hashes, the digest of the network
network.net     the network as netx HDF5
import.json     the import report

Beside a bundle it lacks the host, the tokenizer and the record of a training: it is no language
model.
"""

import json
from pathlib import Path
from typing import Any

from export.bundle import MANIFEST, NETX, replacing_folder
from export.netx import from_netx, to_netx
from realsam.errors import BundleError, ExportError
from realsam.files import sha256_of
from realsam.ir import Network

FORMAT = 1
KIND = "network"
REPORT = "import.json"
_CURE = "import it again, or restore the folder"


def save_imported(folder: Path, network: Network, report: dict[str, Any]) -> None:
    """Write a network and its report; the folder appears whole or not at all.

    Raises:
        ExportError: if there is something else than an import at the folder's place.
    """
    folder = folder.resolve()
    refuse_foreign(folder)
    with replacing_folder(folder) as partial:
        to_netx(network, partial / NETX)
        _write(partial / REPORT, report)
        files = {p.name: sha256_of(p) for p in sorted(partial.iterdir())}
        manifest = {"format": FORMAT, "kind": KIND, "network": network.digest, "files": files}
        _write(partial / MANIFEST, manifest)


def is_imported(folder: Path) -> bool:
    """Whether a folder says that it holds an imported network."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("kind") == KIND


def load_imported(folder: Path) -> Network:
    """Read the network of a folder back.

    Raises:
        BundleError: if a file is missing, damaged, or belongs to another folder.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        number, digest = manifest["format"], str(manifest["network"])
        files = {name: str(manifest["files"][name]) for name in (NETX, REPORT)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{folder / MANIFEST}: missing or damaged ({error})", _CURE) from error
    if number != FORMAT:
        raise BundleError(f"{folder}: import format {number} is not {FORMAT}", _CURE)
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            raise BundleError(f"{path}: damaged, its SHA-256 is not the manifest's", _CURE)
    network = from_netx(folder / NETX)
    if network.digest != digest:
        raise BundleError(f"{folder / NETX}: holds another network than the manifest says", _CURE)
    return network


def refuse_foreign(folder: Path, file: Path | None = None) -> None:
    """Refuse a folder that holds something else than an import, or the file that is imported.

    Raises:
        ExportError: naming it.
    """
    if file and folder.resolve() in file.resolve().parents:
        raise ExportError(f"{folder}: holds what is imported", "give another --out")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else {""}
    if not is_imported(folder) or names - {NETX, REPORT, MANIFEST}:
        raise ExportError(f"{folder}: exists and is no import", "give another --out")


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", encoding="utf-8")
