"""Network files of `realsam run`: all that can be wrong with them."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.netx import from_netx
from realsam.ir import Replay
from sim import reference
from tests.realsam.cli.conftest import call, error, everything, parsed
from tests.realsam.cli.runs import half, run, spikes


def foreign(path: Path, **changes: object) -> None:
    """Write a netx file of one dense layer as another program would, with something changed."""
    values = {
        "lines": 2, "shape": [2], "weight": [[2, 4], [6, 8]], "neuron/type": "CUBA",
        "neuron/iDecay": 4096, "neuron/vDecay": 128, "neuron/vThMant": 5,
    } | changes  # fmt: skip
    with h5py.File(path, "w") as file:
        file["layer/0/type"], file["layer/0/shape"] = "input", [values.pop("lines")]
        file["layer/1/type"] = "dense"
        for key, value in values.items():
            file[f"layer/1/{key}"] = value


def nir_with(path: Path, weight: float) -> None:
    """Write a NIR file with that weight."""
    nodes = {
        "input": nir.Input(np.array([2])),
        "w": nir.Linear(np.array([[2, weight]], np.float32)),
        "output": nir.Output(np.array([1])),
    }
    nir.write(path, nir.NIRGraph(nodes, [("input", "w"), ("w", "output")]))


def hdf5(*groups: str) -> Callable[[Path], None]:
    """An HDF5 file with these groups."""

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            for group in groups:
                file.create_group(group)

    return write


def delayed(path: Path, delay: int) -> None:
    """One of our own files with a delay changed."""
    with h5py.File(path, "r+") as file:
        next(file[f"layer/{i}/delay"] for i in range(9) if f"layer/{i}/delay" in file)[0] = delay


RANGE = "is not an even number in -256..254"
EVEN = f"{RANGE}; quantize it to signed 8 bits of step 2"
IMPORT = "); give it registers: realsam import "
KINDS = "; give a netx file, a NIR file or a bundle"
FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "no such file; check the name or export it"),
    "text": (lambda p: p.write_text("netx"), f"neither netx nor NIR: no HDF5 file{KINDS}"),
    "empty": (lambda p: p.write_text(""), f"neither netx nor NIR: no HDF5 file{KINDS}"),
    "half": (half, "not a readable netx or NIR file (Unable to"),
    "other HDF5": (hdf5("data"), f"an HDF5 file with 0 of the groups layer, node{KINDS}"),
    "both": (hdf5("layer", "node"), f"an HDF5 file with 2 of the groups layer, node{KINDS}"),
    "no layer": (hdf5("layer"), "no layer has neurons; give the network a dense layer"),
    "no node": (hdf5("node"), "not a readable NIR file"),
    "large": (lambda p: foreign(p, weight=[[2, 4], [256, 8]]), f"weight[1, 0] = 256 {EVEN}"),
    "small": (lambda p: foreign(p, weight=[[-258, 4], [6, 8]]), f"weight[0, 0] = -258 {EVEN}"),
    "huge": (lambda p: foreign(p, weight=[[1e30, 4.0], [6, 8]]), f"weight[0, 0] = 32767 {EVEN}"),
    "nan": (lambda p: foreign(p, weight=[[np.nan, 4], [6, 8]]), "/layer/1/weight holds NaN; store"),
    "odd NIR": (lambda p: nir_with(p, 7), f"weight[0, 1] = 7 {RANGE}{IMPORT}"),
    "large NIR": (lambda p: nir_with(p, 256), f"weight[0, 1] = 256 {RANGE}{IMPORT}"),
    "infinite NIR": (lambda p: nir_with(p, np.inf), f"weight[0, 1] = 32767 {RANGE}{IMPORT}"),
    "fraction NIR": (lambda p: nir_with(p, 2.5), f"a weight into it is not an integer{IMPORT}"),
    "delay 63": (lambda p: delayed(p, 63), "[0]: delay = 63 is outside 0..62; clamp it"),
    "delay -1": (lambda p: delayed(p, -1), "[0]: delay = -1 is outside 0..62; clamp it"),
    "no neuron": (
        lambda p: foreign(p, shape=[0], weight=np.zeros((0, 2))),
        "layer1: registers have shapes ['(0,)']; give du, dv, bias and vth one value per neuron, "
        "at least one neuron",
    ),
    "no lines": (
        lambda p: foreign(p, lines=0, weight=np.zeros((2, 0))),
        "input: 0 input lines; give it at least one",
    ),
    "bias": (lambda p: foreign(p, bias=[2**60, 0]), "layer1[0]: bias = "),
    "du": (lambda p: foreign(p, **{"neuron/iDecay": 0}), "layer1[0]: du = -1 is outside 0..4095"),
    "memory": (lambda p: foreign(p, shape=[10**15]), "[1000000000000000] is no shape"),
}


@pytest.mark.parametrize(("spoil", "message"), FILES.values(), ids=list(FILES))
def test_unusable_file_is_named(
    folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    """With its path; nothing is written."""
    spoil(folder / "network.net")
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / "saved.run")))

    assert line.startswith(f"{folder / 'network.net'}: ")
    assert message in line
    assert before == everything(folder)


def test_folder_without_a_bundle_is_named(folder: Path) -> None:
    """Its manifest is missing."""
    line = error(call("run", folder, "--input", folder / "spikes.npz"))

    assert line.startswith(f"{folder / 'manifest.json'}: missing or damaged")


def test_foreign_file_runs(folder: Path) -> None:
    """What the spoiled files are made of is good."""
    foreign(folder / "network.net")

    values = parsed(call(*run(folder, "--format", "json")))

    truth = reference.run(from_netx(folder / "network.net"), Replay(spikes()))
    assert values["digests"] == truth.digests()
    assert values["populations"][1]["n_spikes"] > 0
