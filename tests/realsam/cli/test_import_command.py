"""`realsam import`, and `realsam run` on what it writes."""

import json
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.netx import to_netx
from export.nir import to_nir
from tests.export.foreign_netx import add
from tests.export.foreign_nir import chain, integers, lif, small, written
from tests.realsam.cli.conftest import call, error, parsed
from tests.realsam.cli.runs import network

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


@pytest.fixture
def registers(tmp_path: Path) -> dict[str, Path]:
    """Files of registers: netx of another program, netx and NIR of ours."""
    paths = {name: tmp_path / name for name in ("foreign.net", "ours.net", "ours.nir")}
    with h5py.File(paths["foreign.net"], "w") as net:
        add(net, 0, "dense", 1, weight=[[2, 4]])
    to_netx(network(), paths["ours.net"])
    to_nir(network(), paths["ours.nir"])
    return paths


REAL = [("--dt", 1), ("--reset", "zero"), ("--steps-per-token", 2), ("--scaling", "best"),
        ("--list-above", 0.1)]  # fmt: skip
NETX = [("--reset-interval", 3), ("--reset-offset", 0), ("--skip-layers", 1)]


@pytest.mark.parametrize("option", REAL, ids=[name for name, _ in REAL])
@pytest.mark.parametrize("name", ["foreign.net", "ours.net", "ours.nir"])
def test_registers_leave_nothing_to_choose(
    registers: dict[str, Path], name: str, option: tuple[str, object], tmp_path: Path
) -> None:
    """An option that would change nothing is wrong usage, also if it gives the default."""
    said = error(call("import", registers[name], "--out", tmp_path / "o", *option), exit_code=2)

    kind = "NIR" if name.endswith("nir") else "netx"
    assert said == (
        f"{option[0]} is for NIR files of real numbers: {registers[name]} is {kind} and holds "
        "registers"
    )
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("option", NETX, ids=[name for name, _ in NETX])
def test_netx_options_are_wrong_for_nir(
    file: Path, registers: dict[str, Path], option: tuple[str, object], tmp_path: Path
) -> None:
    """NIR has neither resets at intervals nor layers in a row."""
    for path, holds in ((file, "real numbers"), (registers["ours.nir"], "registers")):
        said = error(call("import", path, "--out", tmp_path / "o", *option), exit_code=2)
        assert said == f"{option[0]} is for netx files: {path} is NIR and holds {holds}"


def test_options_that_mean_nothing_alone_are_wrong_usage(
    registers: dict[str, Path], tmp_path: Path
) -> None:
    """An offset without an interval; sizes that are no sizes."""
    words = ("import", registers["foreign.net"], "--out", tmp_path / "o")

    assert error(call(*words, "--reset-offset", 2), 2) == "--reset-offset needs --reset-interval"
    for value in ("nan", "inf", "-1"):
        assert "--list-above" in error(call(*words, "--list-above", value), 2)


def test_file_of_ours_with_resets_keeps_them(registers: dict[str, Path], tmp_path: Path) -> None:
    """It holds its own."""
    said = error(
        call("import", registers["ours.net"], "--out", tmp_path / "o", "--reset-interval", 2)
    )

    assert said.endswith("holds resets and layers of its own; leave the options out")


@pytest.mark.parametrize("command", ["run", "check", "map"])
def test_other_commands_name_the_import(file: Path, command: str, tmp_path: Path) -> None:
    """Real numbers are no network to run."""
    np.save(tmp_path / "s.npy", np.ones((2, 2)))
    words = ("--input", tmp_path / "s.npy") if command == "run" else ()

    said = error(call(command, file, *words))

    assert said.startswith(f"{file}: no network of registers (")
    assert said.endswith(f"; give it registers: realsam import {file} --out FOLDER")


@pytest.mark.parametrize("command", ["run", "check", "map", "import"])
def test_every_command_probes_the_file_first(command: str, tmp_path: Path) -> None:
    """Data that is not in the file is no data, whichever command reads it."""
    with h5py.File(tmp_path / "a.net", "w") as net:
        add(net, 0, "dense", 1, weight=[[2, 4]])
        del net["layer/0/weight"]
        net.create_dataset("layer/0/weight", (1 << 14, 1 << 14), "i2", chunks=(1024, 1024))
    np.save(tmp_path / "s.npy", np.ones((2, 2)))
    words = {"run": ("--input", tmp_path / "s.npy"), "import": ("--out", tmp_path / "o")}

    said = error(call(command, tmp_path / "a.net", *words.get(command, ())))

    assert "'layer/0/weight' has 268,435,456 numbers, of which the file holds 0 bytes" in said


@pytest.mark.parametrize("key", ["digest", "steps_per_token"])
def test_one_word_of_ours_makes_no_file_ours(file: Path, key: str, tmp_path: Path) -> None:
    """Both keys, of their types, or it is quantized like any other."""
    with h5py.File(file, "a") as nir_file:
        nir_file[f"node/metadata/{key}"] = "x" if key == "digest" else 1

    told = parsed(call("import", file, "--out", tmp_path / "o", *JSON))

    assert told["scaling"] == "best"


def test_path_may_look_like_markup(tmp_path: Path) -> None:
    """Brackets are letters of a file name."""
    folder = tmp_path / "[bold]" / "["
    folder.mkdir(parents=True)
    path = written(small(), folder).rename(folder / "x].nir")

    assert call("import", path, "--out", folder / "[o]").exit_code == 0
