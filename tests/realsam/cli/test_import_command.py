"""`realsam import`, and `realsam run` on what it writes."""

import json
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from tests.export.foreign_nir import chain, integers, lif, small, written
from tests.realsam.cli.conftest import call, error, parsed

JSON = ("--format", "json")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A network that needs no rounding."""
    return written(small(), tmp_path)


def test_import_then_run(file: Path, tmp_path: Path) -> None:
    """The folder plays; the report says how it came to be."""
    out = tmp_path / "out"
    np.savez(tmp_path / "s.npz", spikes=np.ones((9, 2), np.uint8))

    report = parsed(call("import", file, "--out", out, "--input", tmp_path / "s.npz", *JSON))
    played = parsed(call("run", out, "--input", tmp_path / "s.npz", *JSON))

    assert report["network"] == played["network"]
    assert report["fixed_parity"]["n_mismatches"] == {"input": 0, "a": 0}
    assert report["float_parity"]["n_mismatches"] == {"a": 0}
    assert (report["input"], report["float_parity"]["n_steps"]) == ("given", 9)
    assert json.loads((out / "import.json").read_text()) == {
        key: value for key, value in report.items() if key != "out"
    }
    assert sorted(p.name for p in out.iterdir()) == ["import.json", "manifest.json", "network.net"]


def test_import_then_check_and_map(file: Path, tmp_path: Path) -> None:
    """The folder is what the other commands take, too; it has no vocabulary."""
    out = tmp_path / "out"
    call("import", file, "--out", out)

    assert parsed(call("check", out, *JSON))["ok"] is True
    assert parsed(call("map", out, *JSON))["cores"] == 1
    for command in ("check", "map"):
        assert "has no vocabulary" in error(call(command, out, "--prompt", "Once"))


def test_text_names_populations_connections_and_parities(file: Path, tmp_path: Path) -> None:
    """What a person reads."""
    said = call("import", file, "--out", tmp_path / "out").stdout

    for words in ("a            LIF", "input->a", "time step     0.0001 s", "float parity  0 of"):
        assert words in said
    assert "fixed parity  0 differences" in said


def test_roundings_are_printed(tmp_path: Path) -> None:
    """Register, wanted, got."""
    given = small(a=lif(3, tau=4096e-4 / 2.4))

    said = call("import", written(given, tmp_path), "--out", tmp_path / "out").stdout

    assert "rounded: a[0] dv wanted 2.4, got 2 (16.67%, 3 alike)" in said


def test_registers_of_netx_are_kept(tmp_path: Path) -> None:
    """Nothing is rounded; resets come from the command line."""
    with h5py.File(tmp_path / "a.net", "w") as net:
        layer = net.create_group("layer/0")
        layer["type"], layer["shape"], layer["weight"] = "dense", [1], [[2.0, 4.0]]
        neuron = layer.create_group("neuron")
        neuron["type"], neuron["iDecay"], neuron["vDecay"], neuron["vThMant"] = "CUBA", 1, 2, 3

    told = parsed(
        call("import", tmp_path / "a.net", "--out", tmp_path / "o", "--reset-interval", 5, *JSON)
    )

    assert told["scaling"] == "exact"
    assert told["populations"][0]["vth"] == [3, 3]
    assert sum(told["fixed_parity"]["n_mismatches"].values()) == 0


def test_nothing_is_written_on_an_error(tmp_path: Path) -> None:
    """The file and the node are named."""
    broken = chain(input=nir.Input(np.array([2])), w=nir.Linear(integers(3, 2)))
    path = written(broken, tmp_path)

    said = error(call("import", path, "--out", tmp_path / "out"))

    assert said.startswith(f"{path}: the graph has no Output node")
    assert not (tmp_path / "out").exists()


def test_an_import_is_no_language_model(file: Path, tmp_path: Path) -> None:
    """`generate` says what the folder is."""
    call("import", file, "--out", tmp_path / "out")

    said = error(call("generate", tmp_path / "out", "--prompt", "x"))

    assert "holds an imported network, no language model" in said
