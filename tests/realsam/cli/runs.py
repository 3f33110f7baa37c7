"""Networks to run, their input, and the words of the command."""

from pathlib import Path

import numpy as np

from realsam.arrays import U8
from realsam.ir import Input, Network, Projection, readout, to_network
from tests import tiny


def network() -> Network:
    """Two input lines, two recurrent layers, a readout; tokens of seven steps."""
    return to_network(tiny.clock())


def spikes(rows: int = 30, lines: int = 2) -> U8:
    """Rows of input."""
    return np.random.default_rng(3).integers(0, 2, (rows, lines), dtype=np.uint8)


def run(folder: Path, *words: object, file: str = "network.net") -> tuple[object, ...]:
    """The words of a command on the files of the folder."""
    return ("run", folder / file, "--input", folder / "spikes.npz", *words)


def overflowing() -> Network:
    """A readout whose current leaves 24 bits, one step per token."""
    weight = np.full((1, 2), 254, np.int16)
    heavy = Projection("out", ("in",), weight, np.zeros(2, np.int64), weight_exp=7)
    return Network(Input("in", 2), (readout("out", 1),), (heavy,) * 3, "out")


def half(path: Path) -> None:
    """A copy that broke off."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
