"""`realsam export` of any network: what cannot be written, or must not be replaced."""

from dataclasses import replace
from pathlib import Path

import pytest

from export.nir import from_nir
from realsam.cli import network_export
from realsam.errors import MismatchError
from realsam.ir import Network, Projection, Reset
from tests.realsam.cli.conftest import call, error, everything
from tests.realsam.cli.networks import LATE, NETWORK, saved


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A netx file."""
    return saved(NETWORK, tmp_path)


def test_a_network_that_nir_cannot_hold_leaves_nothing(tmp_path: Path) -> None:
    """Also of the format that can."""
    first, second = NETWORK.populations
    forgetful = replace(NETWORK, populations=(replace(first, reset=Reset(7)), second))
    source = saved(forgetful, tmp_path)
    before = everything(tmp_path)

    for words in (("--out", tmp_path / "o"), ("--format", "nir", "--out", tmp_path / "o.nir")):
        line = error(call("export", source, *words))

        assert line.startswith("layer1: NIR cannot hold a reset every 7 steps; leave the reset out")
        assert before == everything(tmp_path)


def test_what_only_spec_holds_names_it(tmp_path: Path) -> None:
    """The cure is an option."""
    line = error(
        call("export", saved(LATE, tmp_path), "--format", "nir", "--out", tmp_path / "o.nir")
    )

    assert line.startswith("input->layer1[1]: a portable NIR file cannot hold delay = 3")
    assert line.endswith("; use --profile spec")


@pytest.mark.parametrize(
    ("name", "content", "words", "expected"),
    [
        ("notes.txt", "mine", ("--format", "nir"), "exists and is no network file"),
        ("notes.txt", "mine", (), "exists and is no export"),
        ("folder/mine.txt", "mine", (), "exists and is no export"),
        ("folder/mine.txt", "mine", ("--format", "nir"), "is a folder"),
    ],
)
def test_what_is_no_export_stays(
    source: Path, tmp_path: Path, name: str, content: str, words: tuple[str, ...], expected: str
) -> None:
    """Files and folders of the user's."""
    (tmp_path / "folder").mkdir()
    (tmp_path / name).write_text(content)
    before, out = everything(tmp_path), tmp_path / Path(name).parts[0]

    line = error(call("export", source, *words, "--out", out))

    assert line.startswith(f"{out}: {expected}; ")
    assert before == everything(tmp_path)


def test_bundles_and_imports_are_not_replaced(small: Path, tmp_path: Path) -> None:
    """Nor is the folder that is exported."""
    before = everything(small)
    source = saved(NETWORK, tmp_path)

    assert "exists and is no export" in error(call("export", source, "--out", small))
    assert "is what the run reads" in error(
        call("export", small, "--format", "netx", "--out", small / "network.net")
    )
    assert "holds what is exported" in error(call("export", source, "--out", tmp_path))
    assert before == everything(small)


@pytest.mark.parametrize("words", [("--format", "nir"), ()])
def test_a_place_that_takes_nothing_is_named(
    source: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A file where a folder should be."""
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"

    assert error(call("export", source, *words, "--out", out)).startswith(
        f"{out}: cannot be written"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "no such file"), (b"", "neither netx nor NIR: no HDF5 file"), (b"\x89HDF", "no HDF5")],
)
def test_an_unknown_source_is_named(tmp_path: Path, content: bytes | None, expected: str) -> None:
    """Missing, empty or of another kind."""
    source = tmp_path / "source.net"
    if content is not None:
        source.write_bytes(content)

    line = error(call("export", source, "--format", "nir", "--out", tmp_path / "o.nir"))

    assert line.startswith(f"{source}: ")
    assert expected in line
    assert not (tmp_path / "o.nir").exists()


def test_damaged_input_is_named(source: Path, tmp_path: Path) -> None:
    """Before anything is written."""
    (tmp_path / "s.npy").write_bytes(b"\x93NUMPY")
    words = ("--out", tmp_path / "out", "--input", tmp_path / "s.npy")

    assert error(call("export", source, *words)).startswith(f"{tmp_path / 's.npy'}: not readable")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "a network needs --out"),
        (("--format", "nir", "--plain", "--out", "o"), "--plain is for netx"),
        (("--format", "onnx", "--out", "o"), "'onnx' is not one of"),
        (("--profile", "nir104", "--out", "o"), "'nir104' is not one of"),
    ],
)
def test_wrong_usage(source: Path, words: tuple[str, ...], expected: str) -> None:
    """Exit code 2."""
    assert expected in error(call("export", source, *words), 2)


def test_options_of_networks_are_none_of_runs(tmp_path: Path) -> None:
    """A folder without a manifest is a training run."""
    line = error(call("export", tmp_path, "--plain"), 2)

    assert line == "--plain and --input are for networks, not for training runs"


@pytest.mark.parametrize("words", [("--format", "nir"), ()])
@pytest.mark.parametrize(
    "fault", [MismatchError("not exact: token 4", "report"), KeyboardInterrupt]
)
def test_a_failed_proof_keeps_what_was_there(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    fault: BaseException,
) -> None:
    """An older export, byte for byte, and nothing half-written."""
    out = tmp_path / "out"
    assert call("export", source, *words, "--out", out).exit_code == 0
    before = everything(tmp_path)

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(network_export, "compare", fail)

    result = call("export", source, *words, "--out", out)

    assert result.exit_code == (130 if fault is KeyboardInterrupt else 1)
    assert before == everything(tmp_path)


def test_a_reader_that_changes_a_spike_is_found(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof plays what was reloaded, not what was written."""

    def faulty(path: Path) -> Network:
        network = from_nir(path)
        first, *others = network.projections
        other = Projection(first.target, first.sources, first.weight * 0, first.delay)
        return replace(network, projections=(other, *others))

    monkeypatch.setattr(network_export, "READERS", {"network.nir": faulty})

    line = error(call("export", source, "--format", "nir", "--out", tmp_path / "o.nir"))

    assert line.startswith("not exact: token 2, layer1[1]: spikes ")
    assert not (tmp_path / "o.nir").exists()
