"""Networks of other programs: any NIR or netx file -> a folder that `realsam run` plays.

manifest.json   "kind": "network", format number, hashes, the digest of the network
network.net     the network as netx HDF5
import.json     the import report

Beside a bundle it lacks the host, the tokenizer and the record of a training: it is no language
model.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from export.bundle import MANIFEST, NETX
from export.hdf5 import guarded
from export.network_file import format_of
from export.netx import Options, from_netx, to_netx
from export.nir import from_nir as from_our_nir
from export.nir.fold import read_model
from export.nir.tree import is_ours
from export.probe import refuse_deadly
from export.quantize import Quantized, Scaling, quantize
from export.quantize.build import ABOVE
from export.quantize.report import describe, describe_exact
from realsam.arrays import Spikes
from realsam.errors import BundleError, ExportError, NetworkError, RegisterRangeError
from realsam.files import swap
from realsam.ir import Input, Network

FORMAT = 1
KIND = "network"
REPORT = "import.json"
_CURE = "import it again, or restore the folder"


@dataclass(frozen=True, eq=False)
class Imported:
    """A Network and how it came to be."""

    path: Path
    format: str  # "NIR" or "netx"
    network: Network
    quantized: Quantized | None  # None: the file held registers

    def report(self) -> dict[str, Any]:
        """What `import.json` says, parity aside."""
        about = {"file": self.path.name, "format": self.format, "network": self.network.digest}
        found = describe(self.quantized) if self.quantized else describe_exact(self.network)
        return about | found


def from_nir(
    path: Path | str,
    dt: float | None = None,
    steps_per_token: int | None = None,
    scaling: Scaling = "best",
) -> Network:
    """Read the NIR file of any program as a Network; see `import_file` for the report.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that the chip cannot hold.
    """
    found = import_file(Path(path), dt, steps_per_token, scaling)
    if found.format != "NIR":
        raise BundleError(f"{path}: is a {found.format} file", "give a NIR file")
    return found.network


def import_file(
    path: Path,
    dt: float | None = None,
    steps_per_token: int | None = None,
    scaling: Scaling = "best",
    above: float = ABOVE,
    netx: Options | None = None,
    calibrate: Callable[[Input], Spikes] | None = None,
) -> Imported:
    """Read a file of any program; quantize it where its numbers are no registers.

    Args:
        path: NIR or netx, told by what is in it.
        dt: seconds per step of a NIR file; None: 1e-4, or 1 where it has no unit of time.
        steps_per_token: chip steps per step of the file; None: the fewest that fit every loop.
        scaling: "best", or "nir-paper" for the one scale of the NIR paper.
        above: relative error from which a rounding is listed.
        netx: resets and skipped layers of a netx file.
        calibrate: gives typical input spikes [T, M] for the lines of the network.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming what the chip cannot hold.
    """
    kind = format_of(path)
    with guarded(path, kind):
        refuse_deadly(path)
    if kind == "netx":
        return Imported(path, kind, from_netx(path, netx), None)
    with guarded(path, kind):
        ours = is_ours(path)
    if ours:
        return Imported(path, kind, from_our_nir(path), None)
    model = read_model(path, dt)
    with guarded(path, kind):
        try:
            lines = Input("+".join(name for name, _ in model.lines), model.n_lines)
            typical = calibrate(lines) if calibrate else None
            found = quantize(model, scaling, steps_per_token, above, typical)
        except (NetworkError, RegisterRangeError) as error:
            raise ExportError(error.message, error.cure) from error
    return Imported(path, kind, found.network, found)


def save_imported(folder: Path, network: Network, report: dict[str, Any]) -> None:
    """Write a network and its report; the folder appears whole or not at all.

    Raises:
        ExportError: if there is something else than an import at the folder's place.
    """
    folder = folder.resolve()
    refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ExportError(
            f"{folder}: cannot be written ({error.strerror})", "give another --out"
        ) from error
    try:
        to_netx(network, partial / NETX)
        _write(partial / REPORT, report)
        files = {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(partial.iterdir())}
        manifest = {"format": FORMAT, "kind": KIND, "network": network.digest, "files": files}
        _write(partial / MANIFEST, manifest)
        swap(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != expected:
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
