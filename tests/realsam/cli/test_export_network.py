"""`realsam export` of any network: formats, proof, and what it must not replace."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.network_file import load_network
from export.netx import from_netx
from export.nir import from_nir, to_nir
from realsam.ir import Input
from tests.export.foreign_nir import small, written
from tests.realsam.cli.conftest import call, error, parsed
from tests.realsam.cli.networks import LATE, NETWORK, saved


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A netx file."""
    return saved(NETWORK, tmp_path)


@pytest.mark.parametrize(
    ("words", "profile"), [((), "portable"), (("--profile", "spec"), "spec")], ids=str
)
def test_one_format_is_a_file(
    source: Path, tmp_path: Path, words: tuple[str, ...], profile: str
) -> None:
    """Reloaded, replayed, and the same network."""
    out = tmp_path / "out.nir"

    told = parsed(call("export", source, "--format", "nir", "--out", out, *words, "--json"))

    assert from_nir(out) == NETWORK
    assert told == {
        "out": str(out),
        "files": ["out.nir"],
        "network": NETWORK.digest,
        "input": "random",
        "n_tokens": 200,
        "n_neurons": 6,
        "early_biases": {},
        "profile": profile,
    }


def test_all_formats_are_a_folder(source: Path, tmp_path: Path) -> None:
    """Of the two files that a bundle has, too; an older export there is replaced."""
    out = tmp_path / "out"
    for _ in range(2):
        told = parsed(call("export", source, "--out", out, "--json"))

    assert told["files"] == sorted(p.name for p in out.iterdir()) == ["network.net", "network.nir"]
    assert load_network(out / "network.net") == load_network(out / "network.nir") == NETWORK
    assert told["not_plain"] == {"layer1": [], "layer2": []}


def test_given_input_is_replayed(source: Path, tmp_path: Path) -> None:
    """As many rows as it has."""
    np.save(tmp_path / "s.npy", np.ones((9, 2), np.uint8))
    words = ("--format", "netx", "--out", tmp_path / "o.net", "--input", tmp_path / "s.npy")

    told = parsed(call("export", source, *words, "--json"))

    assert (told["input"], told["n_tokens"]) == ("given", 9)


def test_text_says_what_was_proven(source: Path, tmp_path: Path) -> None:
    """Files, plainness, rows and neurons."""
    said = call("export", source, "--out", tmp_path / "out").stdout

    assert said.splitlines() == [
        f"{tmp_path / 'out'}: network.net, network.nir",
        "netx: layer1, layer2 as stock lava-dl runs it",
        "exact: 200 rows of random input x 6 neurons, 2 files reloaded, 0 differences from "
        f"{source}",
    ]


def test_text_names_what_needs_our_reader(tmp_path: Path) -> None:
    """With the reason."""
    source = saved(LATE, tmp_path)

    said = call("export", source, "--format", "netx", "--out", tmp_path / "o.net").stdout

    assert "netx: layer1 needs our reader: has delays of up to 3 steps\n" in said
    assert "netx: layer2 as stock lava-dl runs it\n" in said


def test_early_biases_are_told(tmp_path: Path) -> None:
    """A portable file begins with the input."""
    first, second = NETWORK.populations
    biased = replace(NETWORK, populations=(first, replace(second, bias=second.bias + 64)))
    words = ("--format", "nir", "--out", tmp_path / "o.nir")

    portable = call("export", saved(biased, tmp_path), *words)
    spec = call("export", tmp_path / "source.net", *words, "--profile", "spec")

    assert "layer2: its bias acts 2 chip steps before the first step of a port" in portable.stderr
    assert "its bias" not in spec.stderr


def test_an_import_goes_out_again(tmp_path: Path) -> None:
    """Folder in, file out, and in again."""
    call("import", written(small(), tmp_path), "--out", tmp_path / "in")

    parsed(
        call("export", tmp_path / "in", "--format", "nir", "--out", tmp_path / "o.nir", "--json")
    )

    assert from_nir(tmp_path / "o.nir") == from_netx(tmp_path / "in" / "network.net")


def test_a_bundle_goes_out_as_a_file(small: Path, tmp_path: Path) -> None:
    """Of a language model, the network alone."""
    parsed(call("export", small, "--format", "nir", "--out", tmp_path / "o.nir", "--json"))

    assert from_nir(tmp_path / "o.nir") == from_netx(small / "network.net")


def test_graded_input_is_replayed(tmp_path: Path) -> None:
    """Random payloads of its range."""
    graded = replace(NETWORK, input=Input("input", 2, 8))

    told = parsed(call("export", saved(graded, tmp_path), "--out", tmp_path / "out", "--json"))

    assert load_network(tmp_path / "out" / "network.nir") == graded
    assert told["not_plain"]["layer1"]


def test_plain_netx_is_written_or_refused(source: Path, tmp_path: Path) -> None:
    """Every reason in one line, and no file."""
    out = tmp_path / "o.net"
    words = ("--format", "netx", "--plain", "--out", out)

    assert call("export", source, *words).exit_code == 0
    out.unlink()
    line = error(call("export", saved(LATE, tmp_path), *words))

    assert line == "not plain netx: layer1 has delays of up to 3 steps; leave --plain out"
    assert not out.exists()


def test_nir_sources_go_to_netx(tmp_path: Path) -> None:
    """The other way round."""
    to_nir(NETWORK, tmp_path / "source.nir")

    told = parsed(
        call("export", tmp_path / "source.nir", "--format", "netx", "--out", tmp_path / "o.net",
             "--json")
    )  # fmt: skip

    assert from_netx(tmp_path / "o.net") == NETWORK
    assert json.dumps(told["not_plain"]) == '{"layer1": [], "layer2": []}'
