"""`realsam run`: any network file on input spikes, on every backend, and all that can be wrong."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.bundle import load_bundle
from export.netx import from_netx, to_netx
from export.nir import to_nir
from realsam.arrays import U8
from realsam.cli import run_command
from realsam.cli.backends import BACKENDS, installed
from realsam.errors import RealSamError
from realsam.ir import Input, Network, Projection, Replay, load_run, readout, to_network
from sim import reference
from tests import strategies, tiny
from tests.realsam.cli.conftest import call, error, everything, parsed

Patch = pytest.MonkeyPatch
every_backend = pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)


def network() -> Network:
    """Two input lines, two recurrent layers, a readout; tokens of seven steps."""
    return to_network(tiny.clock())


def spikes(rows: int = 30, lines: int = 2) -> U8:
    """Rows of input."""
    return np.random.default_rng(3).integers(0, 2, (rows, lines), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the network as netx and NIR, and input for it."""
    to_netx(network(), tmp_path / "network.net")
    to_nir(network(), tmp_path / "network.nir")
    np.savez(tmp_path / "spikes.npz", spikes())
    return tmp_path


def run(folder: Path, *words: object, file: str = "network.net") -> tuple[object, ...]:
    """The words of a command on the files of the folder."""
    return ("run", folder / file, "--input", folder / "spikes.npz", *words)


def overflowing() -> Network:
    """A readout whose current leaves 24 bits, one step per token."""
    weight = np.full((1, 2), 254, np.int16)
    heavy = Projection("out", ("in",), weight, np.zeros(2, np.int64), weight_exp=7)
    return Network(Input("in", 2), (readout("out", 1),), (heavy,) * 3, "out")


@every_backend
def test_the_saved_run_is_the_references(backend: str, folder: Path) -> None:
    """Spikes of every population and readout voltages, from the file on disk."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    truth = reference.run(network(), Replay(spikes()))

    result = call(*run(folder, "--backend", backend, "--out", folder / "saved.run"))

    assert result.exit_code == 0, result.output
    saved = load_run(folder / "saved.run")
    assert (saved.backend, saved.network) == (backend, network().digest)
    assert truth.digests() == saved.digests()
    assert np.array_equal(truth.voltage, saved.voltage)


@pytest.mark.parametrize("backend", ["sim", "reference"])
@pytest.mark.parametrize("seed", range(4))
def test_any_network_runs_step_by_step(seed: int, backend: str, tmp_path: Path) -> None:
    """Current memory, biases, delays and exponents; a row is one time step."""
    rng = np.random.default_rng(seed)
    free = strategies.network(rng, steps_per_token=1)
    given = strategies.input_spikes(rng, free, 40)
    to_netx(free, tmp_path / "network.net")
    np.savez(tmp_path / "spikes.npz", given)

    values = parsed(call(*run(tmp_path, "--backend", backend, "--format", "json")))

    assert values["steps"] == 40
    assert values["digests"] == reference.run(free, Replay(given)).digests()


@pytest.mark.parametrize("source", ["network.net", "network.nir"])
def test_a_file_is_known_by_its_content(folder: Path, source: str) -> None:
    """Whatever its name says."""
    names = ("any", "any.net", "any.nir", "any.h5", "any.hdf5")
    for name in names:
        shutil.copy(folder / source, folder / name)

    digests = {
        parsed(call(*run(folder, "--format", "json", file=name)))["network"] for name in names
    }

    assert digests == {network().digest}


def test_a_bundle_is_a_network(small: Path, tmp_path: Path) -> None:
    """Without its language."""
    bundle = load_bundle(small)
    np.save(tmp_path / "spikes.npy", bundle.host.code[:9])

    values = parsed(call("run", small, "--input", tmp_path / "spikes.npy", "--format", "json"))

    assert values["network"] == bundle.network.digest
    assert (
        values["digests"] == reference.run(bundle.network, Replay(bundle.host.code[:9])).digests()
    )


def padded(rows: int) -> U8:
    """The input and then silence, or its beginning."""
    silence = np.zeros((max(0, rows - 30), 2), np.uint8)
    return np.concatenate([spikes(), silence])[:rows]


@pytest.mark.parametrize("rows", [1, 29, 30, 31, 77])
def test_steps_cut_the_input_or_go_on_in_silence(folder: Path, rows: int) -> None:
    """So many rows are played."""
    values = parsed(call(*run(folder, "--steps", rows, "--format", "json")))

    assert (values["tokens"], values["steps"]) == (rows, 7 * rows)
    assert values["digests"] == reference.run(network(), Replay(padded(rows))).digests()


def test_cut_input_is_said(folder: Path) -> None:
    """On stderr, so that nobody is surprised."""
    assert call(*run(folder, "--steps", 10)).stderr == "the last 20 of 30 rows are left out\n"
    assert call(*run(folder)).stderr == ""


def saved_as_bool(path: Path) -> None:
    """Truth values in .npy."""
    with path.open("wb") as file:
        np.save(file, spikes().astype(bool))


def saved_as_float(path: Path) -> None:
    """Fractions that are none, column by column."""
    np.savez(path, x=np.asfortranarray(spikes().astype(np.float32)))


def saved_compressed(path: Path) -> None:
    """Signed and packed."""
    np.savez_compressed(path, spikes().astype(np.int64))


def saved_among_others(path: Path) -> None:
    """The name decides."""
    np.savez(path, a=np.zeros(3), spikes=spikes(), z=np.ones((30, 2)))


@pytest.mark.parametrize(
    "save", [saved_as_bool, saved_as_float, saved_compressed, saved_among_others]
)
def test_every_way_to_save_spikes_is_read(folder: Path, save: Callable[[Path], None]) -> None:
    """Any numbers that are 0 and 1, in .npy and .npz."""
    save(folder / "spikes.npz")

    values = parsed(call(*run(folder, "--format", "json")))

    assert values["digests"] == reference.run(network(), Replay(spikes())).digests()


def test_the_table_counts_every_population(folder: Path) -> None:
    """Neurons, spikes, firing rate; then time steps and speed."""
    truth = reference.run(network(), Replay(spikes()))

    lines = call(*run(folder)).stdout.splitlines()

    assert lines[0].split() == ["population", "neurons", "spikes", "firing", "rate"]
    for line, (name, fired) in zip(lines[2:6], truth.spikes.items(), strict=True):
        counted = [name, str(fired.shape[1]), str(fired.sum()), f"{fired.mean():.2%}"]
        assert line.split() == counted
    assert lines[7] == "time steps  210 (30 tokens of 7; firing rates are per token)"
    assert lines[8].startswith("speed ")
    assert " steps/s on sim (" in lines[8]


def test_the_keys_are_stable(folder: Path) -> None:
    """Of the run and of each population."""
    values = parsed(call(*run(folder, "--out", folder / "saved.run", "--format", "json")))

    assert set(values) == {
        "network",
        "backend",
        "steps",
        "tokens",
        "steps_per_token",
        "steps_per_second",
        "populations",
        "readout",
        "digests",
        "out",
        "versions",
    }
    assert [p["name"] for p in values["populations"]] == list(network().sizes)
    assert set(values["populations"][0]) == {"name", "kind", "neurons", "n_spikes", "firing_rate"}
    assert values["out"] == str(folder / "saved.run")


@pytest.mark.parametrize("backend", ["sim", "reference"])
def test_strict_refuses_what_would_wrap(tmp_path: Path, backend: str) -> None:
    """By neuron, value and time step; without it the run goes on."""
    to_netx(overflowing(), tmp_path / "network.net")
    np.savez(tmp_path / "spikes.npz", np.ones((3, 2)))
    words = run(tmp_path, "--backend", backend, "--out", tmp_path / "saved.run")

    line = error(call(*words, "--strict"))

    assert line.startswith("out[0]: current u = ")
    assert " at timestep 1 is outside " in line
    assert not (tmp_path / "saved.run").exists()
    assert call(*words).exit_code == 0


# What is wrong with the input


def several(path: Path) -> None:
    """No name says which."""
    np.savez(path, train=spikes(), test=spikes())


def pickled(path: Path) -> None:
    """Objects could run code."""
    with path.open("wb") as file:
        np.save(file, np.array([{}, {}]), allow_pickle=True)


def archive_of_text(path: Path) -> None:
    """A zip file of another kind."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("letter.txt", "Dear Sam")


def half(path: Path) -> None:
    """A copy that broke off."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def broken_header(path: Path) -> None:
    """Python's tokenizer meets it, in numpy."""
    whole = io.BytesIO()
    np.save(whole, spikes())
    path.write_bytes(whole.getvalue().replace(b"}", b"("))


def holding(values: object) -> Callable[[Path], None]:
    """A file with these values alone."""
    return lambda path: np.savez(path, np.asarray(values))


NOT_01 = "is not 0 or 1; store spikes as 0 and 1"
INPUTS = {
    "missing": (Path.unlink, "not readable (No such file or directory); give a .npy or .npz"),
    "empty file": (lambda p: p.write_bytes(b""), "neither .npy nor .npz; save the spikes with"),
    "text": (lambda p: p.write_text("0 1\n1 0\n"), "neither .npy nor .npz; save the spikes with"),
    "half": (half, "not readable ("),
    "broken header": (broken_header, "not readable ("),
    "pickled": (pickled, "not readable (Object arrays cannot be loaded"),
    "archive": (archive_of_text, "letter.txt is no array; save the spikes with numpy.savez"),
    "no array": (np.savez, "holds 0 arrays; keep one, or name the one to feed"),
    "several": (several, "holds 2 arrays: train, test; keep one, or name the one to feed 'spikes'"),
    "number": (holding(1), "the spikes are [], not [T, 2]; give one row per step"),
    "1-D": (holding([0, 1]), "the spikes are [2], not [T, 2]; give one row per step"),
    "3-D": (holding(np.zeros((2, 2, 2))), "the spikes are [2, 2, 2], not [T, 2]"),
    "lines": (holding(np.zeros((9, 3))), "the spikes are [9, 3], but the network has 2 input lin"),
    "turned": (holding(np.zeros((2, 9))), "but the network has 2 input lines; transpose them"),
    "no rows": (holding(np.zeros((0, 2))), "the spikes are [0, 2]: no step at all; give at leas"),
    "two": (holding([[0, 1], [2, 0]]), f"row 1, line 0 = 2 {NOT_01}"),
    "negative": (holding([[0, -1]]), f"row 0, line 1 = -1 {NOT_01}"),
    "fraction": (holding([[0, 0.5]]), f"row 0, line 1 = 0.5 {NOT_01}"),
    "nan": (holding([[np.nan, 1]]), f"row 0, line 0 = nan {NOT_01}"),
    "infinity": (holding([[0, np.inf]]), f"row 0, line 1 = inf {NOT_01}"),
    "complex": (holding([[0, 1j]]), "holds complex128, not numbers; store spikes as 0 and 1"),
    "strings": (holding([["0", "1"]]), "holds <U1, not numbers; store spikes as 0 and 1"),
    "dates": (holding(np.zeros((1, 2), "M8[s]")), "holds datetime64[s], not numbers"),
}


@pytest.mark.parametrize(("spoil", "message"), INPUTS.values(), ids=list(INPUTS))
def test_unusable_input_is_named(folder: Path, spoil: Callable[[Path], None], message: str) -> None:
    """With its path; nothing is written."""
    spoil(folder / "spikes.npz")
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / "saved.run")))

    assert line.startswith(f"{folder / 'spikes.npz'}: ")
    assert message in line
    assert before == everything(folder)


def test_input_folder_is_named(folder: Path) -> None:
    """A folder holds no array."""
    line = error(call("run", folder / "network.net", "--input", folder))

    assert line.startswith(f"{folder}: not readable (Is a directory); ")


@pytest.mark.parametrize("steps", [0, -1, 2**31, 10**20])
def test_steps_out_of_range_are_named(folder: Path, steps: int) -> None:
    """There is no run without a step."""
    assert error(call(*run(folder, "--steps", steps))) == (
        f"steps = {steps} is outside 1..2147483647; leave --steps out to play the input once"
    )


def test_steps_that_memory_cannot_hold_are_named(folder: Path) -> None:
    """With what their record would take; nothing is allocated before."""
    line = error(call(*run(folder, "--steps", 2**31 - 1)))

    assert re.fullmatch(
        r"steps = 2,147,483,647: their record takes [\d.,]+ GB, more than the [\d.,]+ GB of this "
        r"machine; ask for at most [\d,]+",
        line,
    )


# What is wrong with the file


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


# What is wrong with the rest


def test_unknown_backend_is_named(folder: Path) -> None:
    """With the ones there are."""
    line = error(call(*run(folder, "--backend", "loihi3")), exit_code=2)

    assert line.endswith(f"'loihi3' is not one of {', '.join(map(repr, BACKENDS))}.")


def test_backend_that_cannot_run_the_network_says_why(folder: Path) -> None:
    """Torch follows the token clock only; nothing is written."""
    if "torch" not in installed():
        pytest.skip("torch is not installed")
    to_netx(overflowing(), folder / "network.net")

    line = error(call(*run(folder, "--backend", "torch", "--out", folder / "saved.run")))

    assert line.startswith("the network does not follow the token clock: ")
    assert line.endswith("; run it with the reference or lava-graph backend")
    assert not (folder / "saved.run").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("", ": is a folder; name a file with --out"),
        ("nowhere/a.run", ": cannot be written; give --out a place in a folder that is there"),
        ("network.net/a.run", ": cannot be written; give --out a place in a folder that is there"),
        ("network.net", ": is what the run reads; give another --out"),
        ("spikes.npz", ": is what the run reads; give another --out"),
    ],
)
def test_unusable_place_is_named_before_the_run(
    folder: Path, out: str, message: str, monkeypatch: Patch
) -> None:
    """A long run would be lost."""
    monkeypatch.setitem(BACKENDS, "sim", interrupt)
    before = everything(folder)

    line = error(call(*run(folder, "--out", folder / out)))

    assert line.startswith(f"{folder / out}{message}")
    assert before == everything(folder)


def test_bundle_is_not_written_over(small: Path, folder: Path) -> None:
    """Its files are what the run reads, too."""
    before = everything(small)

    line = error(
        call("run", small, "--input", folder / "spikes.npz", "--out", small / "network.net")
    )

    assert line == f"{small / 'network.net'}: is what the run reads; give another --out"
    assert before == everything(small)


def test_folder_of_others_is_named(folder: Path, monkeypatch: Patch) -> None:
    """One that must not be written to."""
    monkeypatch.setattr("os.access", lambda *_: False)

    assert "saved.run: cannot be written; " in error(
        call(*run(folder, "--out", folder / "saved.run"))
    )


def interrupt(*_: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def full(*_: object) -> None:
    """No space left."""
    raise RealSamError("saved.run: cannot be written", "free some room")


@pytest.mark.parametrize(
    ("stop", "exit_code", "message"),
    [
        (interrupt, 130, "run was interrupted; nothing half-written is left, run it again"),
        (full, 1, "saved.run: cannot be written; free some room"),
    ],
)
@pytest.mark.parametrize("where", ["play", "save"])
def test_stopped_run_keeps_what_was_there(
    folder: Path,
    monkeypatch: Patch,
    where: str,
    stop: Callable[..., None],
    exit_code: int,
    message: str,
) -> None:
    """An older run, to the last byte."""
    words = run(folder, "--out", folder / "saved.run")
    assert call(*words, "--steps", 3).exit_code == 0
    before = everything(folder)
    if where == "play":
        monkeypatch.setitem(BACKENDS, "sim", stop)
    else:
        monkeypatch.setattr(run_command, "save_run", stop)

    assert error(call(*words), exit_code) == message
    assert before == everything(folder)


@pytest.mark.parametrize(
    "words", [(), ("a.net",), ("a.net", "--input", "b.npz", "--steps", "many"), ("a", "b")]
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """The file and the input are required; steps are a number."""
    result = call("run", *words)

    assert (result.exit_code, result.stdout) == (2, "")


def test_help_tells_rows_from_steps() -> None:
    """And shows an example."""
    text = " ".join(call("run", "--help").stdout.split())

    assert "Example: " in text
    assert "A row of the input is one time step." in text
    assert "a row is one token" in text
