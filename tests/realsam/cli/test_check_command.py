"""`realsam check`: the report for people and programs, exit codes, and all that can be wrong."""

import time
from pathlib import Path

import numpy as np
import pytest

from export.bundle import load_bundle
from export.netx import from_netx, to_netx
from export.nir import to_nir
from realsam.checking import CHIP_LIMITS
from realsam.cli.observation import observe
from realsam.ir import Network, split, to_network
from realsam.vocab import prompt_tokens
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed


def network() -> Network:
    """Two layers of three and four values of dv, and a readout."""
    return to_network(tiny.clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the network as netx and NIR, and input for it."""
    to_netx(network(), tmp_path / "network.net")
    to_nir(network(), tmp_path / "network.nir")
    np.savez(tmp_path / "spikes.npz", np.ones((5, 2), np.uint8))
    return tmp_path


@pytest.mark.parametrize("chip", CHIP_LIMITS)
def test_shipped_model_passes_with_warnings(chip: str) -> None:
    """On either chip, in much less than the five seconds that are allowed."""
    begin = time.perf_counter()

    values = parsed(call("check", "--chip", chip, "--format", "json"))

    assert time.perf_counter() - begin < 5
    assert (values["chip"], values["ok"], values["n_errors"]) == (chip, True, 0)
    assert values["n_warnings"] == len(values["findings"]) > 0
    rules = {finding["rule"] for finding in values["findings"]}
    assert rules == {"one_register", "voltage_decay", "current_worst", "voltage_worst"}


def test_shipped_model_says_how_many_populations_a_split_makes() -> None:
    """Per layer, with the command that does it."""
    values = parsed(call("check", "--format", "json"))

    found = {f["object"]: f for f in values["findings"] if f["rule"] == "one_register"}
    assert list(found) == [f"layer{i}" for i in range(1, 7)]
    assert found["layer1"]["value"] == "7 values of dv: a split makes 7 populations"
    assert "realsam check --split" in found["layer1"]["fix"]


def test_ranges_have_stable_keys(folder: Path) -> None:
    """Worst case and, with an input, what was observed."""
    without = parsed(call("check", folder / "network.net", "--format", "json"))["ranges"]
    words = ("--input", folder / "spikes.npz", "--format", "json")
    observed = parsed(call("check", folder / "network.net", *words))["ranges"]

    assert list(without) == list(observed) == ["layer1", "layer2", "readout"]
    keys = [
        f"{register}_{kind}" for kind in ("worst", "observed") for register in ("a_in", "u", "v")
    ]
    for name in without:
        assert list(without[name]) == list(observed[name]) == keys
        assert all(without[name][key] is None for key in keys[3:])
    seen = observe(network(), np.ones((5, 2), np.uint8))
    assert observed["layer2"]["u_observed"] == list(seen["layer2"].u.extremes)


def test_prompt_is_what_the_host_makes_of_it(small: Path) -> None:
    """Its tokens' codes, from the beginning of a text."""
    bundle = load_bundle(small)
    tokens = prompt_tokens(bundle.vocabulary, "One day")

    values = parsed(call("check", small, "--prompt", "One day", "--format", "json"))

    seen = observe(bundle.network, bundle.host.code[tokens])
    for name, ranges in values["ranges"].items():
        assert ranges["v_observed"] == list(seen[name].v.extremes)


@pytest.mark.parametrize("name", ["network.net", "network.nir"])
def test_error_is_exit_code_one(folder: Path, name: str) -> None:
    """The report is complete all the same, on stdout."""
    result = call("check", folder / name, "--limit", "delay_max=1")

    assert result.exit_code == 1
    assert result.stderr == ""
    assert "error: delay: extra steps of a synapse fit 6 bits (given with --limit)" in result.stdout
    assert "in+layer1->layer1: delay[2] = 6 and 2 more, limit 0..1\n" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("loihi2: fails with ")


def test_error_is_exit_code_one_in_json(folder: Path) -> None:
    """With `ok` false."""
    result = call("check", folder / "network.net", "--limit", "delay_max=1", "--format", "json")

    assert result.exit_code == 1
    assert '"ok": false, "n_errors": 3' in result.stdout


def test_text_shows_rules_findings_and_ranges(folder: Path) -> None:
    """In that order; a fix once for all that it mends."""
    lines = call("check", folder / "network.net").stdout.splitlines()

    assert lines[0].startswith("warning: voltage_decay: dv fits 12 bits (lava-nc 0.10.0 proc/lif/")
    fixes = [line for line in lines if "split it: `realsam check --split OUT.net`" in line]
    assert [line.split(":")[0].strip() for line in fixes] == ["layer2"]
    headers = next(line for line in lines if line.startswith("population "))
    assert headers.split() == ["population", "a_in", "u", "v"]
    assert lines[-1].startswith("loihi2: passes with 0 errors, ")


def test_observed_ranges_are_columns(folder: Path) -> None:
    """Beside the worst case."""
    result = call("check", folder / "network.net", "--input", folder / "spikes.npz")

    assert "a_in seen" in result.stdout
    assert "v seen" in result.stdout


def test_split_is_written_and_checked(folder: Path) -> None:
    """The file holds the split network, and the report is about it."""
    words = ("--split", folder / "split.net", "--format", "json")

    result = call("check", folder / "network.net", *words)

    values = parsed(result)
    assert from_netx(folder / "split.net") == split(network())
    assert list(values["ranges"])[:3] == ["layer1.0", "layer1.1", "layer1.2"]
    assert not [f for f in values["findings"] if f["rule"] == "one_register"]
    assert result.stderr.startswith("wrote 8 populations to ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("{f}/no.net",), "{f}/no.net: no such file; check the name or export it"),
        (("{f}/spikes.npz",), "{f}/spikes.npz: neither netx nor NIR: no HDF5 file; give a netx"),
        (("{f}",), "{f}/manifest.json: missing or damaged"),
        (("{f}/network.net", "--prompt", "Hi"), "{f}/network.net: has no vocabulary; give --input"),
        (("{s}", "--prompt", ""), "the prompt is empty"),
        (("{f}/network.net", "--input", "{f}/no.npz"), "{f}/no.npz: not readable"),
        (("{s}", "--input", "{f}/spikes.npz"), "{f}/spikes.npz: the spikes are [5, 2], but the"),
        (("{f}/network.net", "--split", "{f}"), "{f}: is a folder; name a file with --split"),
        (("{f}/network.net", "--split", "{f}/a/b"), "{f}/a/b: cannot be written; give --split a"),
        (("{f}/network.net", "--split", "{f}/network.net"), "{f}/network.net: is what the run"),
    ],
)
def test_bad_input_is_one_line(
    folder: Path, small: Path, words: tuple[str, ...], message: str
) -> None:
    """Exit code 1, and nothing is written."""
    before = everything(folder)

    line = error(call("check", *(word.format(f=folder, s=small) for word in words)))

    assert line.startswith(message.format(f=folder))
    assert everything(folder) == before


def test_split_into_a_bundle_is_refused(small: Path) -> None:
    """It would no longer be the one that its manifest describes."""
    before = everything(small)

    line = error(call("check", small, "--split", small / "network.net"))

    assert line == f"{small / 'network.net'}: is what the run reads; give another --split"
    assert everything(small) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--chip", "loihi3"), "'loihi3' is not one of 'loihi1', 'loihi2'"),
        (("--limit", "axons=3"), "limit 'axons' does not exist; use one of weight_min, "),
        (("--limit", "fan_in"), "'fan_in' is not NAME=VALUE"),
        (("--limit", "fan_in=many"), "'fan_in=many' is not NAME=VALUE"),
        (("--limit", "fan_in=-1"), "limit fan_in = -1 is outside 0..1099511627776"),
        (("--prompt", "Hi", "--input", "a.npz"), "--input and --prompt are two inputs; give one"),
    ],
)
def test_wrong_usage_is_exit_code_two(words: tuple[str, ...], message: str) -> None:
    """Unknown names, and numbers that are none."""
    assert message in error(call("check", *words), 2)
