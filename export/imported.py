"""The file of any program -> Network: registers as they are, real numbers quantized."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.hdf5 import guarded
from export.network_file import Format, format_of
from export.netx import Options, from_netx
from export.nir import from_nir as from_our_nir
from export.nir.dynamics import ResetKind
from export.nir.fold import read_model
from export.quantize import Quantized, Scaling, quantize
from export.quantize.build import ABOVE
from export.quantize.report import describe, describe_exact
from realsam.arrays import Spikes
from realsam.errors import BundleError, ExportError, NetworkError, RegisterRangeError
from realsam.ir import Input, Network


@dataclass(frozen=True)
class Choices:
    """What a NIR file of real numbers leaves open."""

    dt: float | None = None  # s per step; None: 1e-4, or 1 where the file has no unit of time
    reset: ResetKind | None = None  # None: what the file tells, else to v_reset
    steps_per_token: int | None = None  # None: the fewest that fit every loop
    scaling: Scaling = "best"  # "nir-paper" for the one scale of the NIR paper
    above: float = ABOVE  # relative error from which a rounding is listed


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
    reset: ResetKind | None = None,
) -> Network:
    """Read the NIR file of any program as a Network; see `import_file` for the report.

    Args:
        path: the file.
        dt: as of `Choices`, like the others.
        steps_per_token: chip steps per step of the file.
        scaling: how numbers become integers.
        reset: what a spike does to the voltage.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that the chip cannot hold.
    """
    choices = Choices(dt, reset, steps_per_token, scaling)
    found = import_file(Path(path), choices if choices != Choices() else None)
    if found.format != "NIR":
        raise BundleError(f"{path}: is a {found.format} file", "give a NIR file")
    return found.network


def import_file(
    path: Path,
    choices: Choices | Options | None = None,
    calibrate: Callable[[Input], Spikes] | None = None,
    known: Format | None = None,
) -> Imported:
    """Read a file of any program; quantize it where its numbers are no registers.

    Args:
        path: NIR or netx, told by what is in it.
        choices: for a NIR file of real numbers, or resets and skipped layers of a netx file.
        calibrate: gives typical input spikes [T, M] for the lines of the network.
        known: what `format_of` said about the file, if it was asked.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming what the chip cannot hold.
    """
    kind = known or format_of(path)
    if kind.name == "netx" and not isinstance(choices, Choices):
        return Imported(path, kind.name, from_netx(path, choices), None)
    if kind.registers and choices is None:
        return Imported(path, kind.name, from_our_nir(path), None)
    if kind.registers or isinstance(choices, Options):
        holds = "registers" if kind.registers else "real numbers"
        raise ExportError(
            f"{path}: is {kind.name} and holds {holds}", "leave out the choices for other files"
        )
    # What fades is 0; anything else that is no number would be a number gone wrong.
    with np.errstate(all="raise", under="ignore"):
        found = _quantized(path, choices or Choices(), calibrate)
    return Imported(path, kind.name, found.network, found)


def _quantized(
    path: Path, choices: Choices, calibrate: Callable[[Input], Spikes] | None
) -> Quantized:
    model = read_model(path, choices.dt, choices.reset)
    with guarded(path, "NIR"):
        try:
            lines = Input("+".join(name for name, _ in model.lines), model.n_lines)
            typical = calibrate(lines) if calibrate else None
            return quantize(model, choices.scaling, choices.steps_per_token, choices.above, typical)
        except (NetworkError, RegisterRangeError) as error:
            raise ExportError(error.message, error.cure) from error
