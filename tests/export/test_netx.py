"""netx files hold every Network to the last register, in a layout that others can rely on."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings

from export.hdf5 import text
from export.netx import from_netx, to_netx
from realsam.errors import BundleError, ExportError
from realsam.ir import Input, Lif, Network, Projection, Reset
from tests import strategies
from tests.export.networks import chain, chains, networks

I64 = np.int64
W = np.array([[2, -4], [6, 0], [-256, 254]], np.int16)


def through_file(network: Network, folder: Path) -> Network:
    """The network that comes back."""
    to_netx(network, folder / "network.net")
    return from_netx(folder / "network.net")


def types(path: Path) -> list[str]:
    """Types of the layers of a file."""
    with h5py.File(path) as file:
        return [text(file[f"layer/{i}/type"][()]) for i in range(len(file["layer"]))]


def tree(path: Path) -> dict[str, str]:
    """Every dataset with its shape and dtype, every attribute with its value."""
    found: dict[str, str] = {}

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = f"{item.shape} {item.dtype}"
        for key, value in item.attrs.items():
            found[f"{name}@{key}"] = text(value)

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("netx")


@settings(max_examples=150, deadline=None)
@given(network=networks())
def test_every_network_comes_back(folder: Path, network: Network) -> None:
    """Names, order, delays, exponents and registers of any network survive."""
    assert through_file(network, folder) == network


@settings(max_examples=60, deadline=None)
@given(network=chains())
def test_chains_come_back(folder: Path, network: Network) -> None:
    """So do those that are, or nearly are, plain netx."""
    assert through_file(network, folder) == network


@settings(max_examples=30, deadline=None)
@given(network=strategies.networks() | strategies.token_clocks())
def test_runnable_networks_come_back(folder: Path, network: Network) -> None:
    """So do the networks that all backends are tested with."""
    assert through_file(network, folder) == network


def test_register_edges_come_back(folder: Path) -> None:
    """The ends of every register range, in one population."""
    lif = Lif(
        "a",
        du=np.array([0, 1, 4094, 4095]),
        dv=np.array([0, 1, 4095, 4096]),
        bias=np.array([0, 1, -(4095 << 7), 4095 << 7]),
        vth=np.array([0, 1, 131071, 131072]),
    )
    weight = np.array([[-256, 254, 0, 2, -2]] * 4, np.int16)
    into = [
        Projection("a", ("in", "a"), weight, np.array([0, 1, 61, 62, 0]), exponent)
        for exponent in (-8, 7, 0)
    ]
    network = Network(Input("in", 1), (lif,), tuple(into), "a", 62, 61)

    assert through_file(network, folder) == network


@settings(max_examples=20, deadline=None)
@given(network=networks())
def test_equal_networks_give_equal_files(folder: Path, network: Network) -> None:
    """Nothing in a file depends on anything but the network."""
    again = through_file(network, folder)
    first = (folder / "network.net").read_bytes()

    to_netx(again, folder / "network.net")

    assert (folder / "network.net").read_bytes() == first


def test_plain_chain_is_plain_netx(tmp_path: Path) -> None:
    """A chain has stock keys only, beside the realsam group."""
    network = chain(W, np.full((1, 4), 2, np.int16))

    to_netx(network, tmp_path / "n")

    assert tree(tmp_path / "n") == {
        "layer/0/shape": "(1,) int64",
        "layer/0/type": "() |S5",
        "layer/1/neuron/iDecay": "() int64",
        "layer/1/neuron/type": "() |S4",
        "layer/1/neuron/vDecay": "() int64",
        "layer/1/neuron/vThMant": "() int64",
        "layer/1/shape": "(1,) int64",
        "layer/1/type": "() |S5",
        "layer/1/weight": "(3, 2) int16",
        "layer/2/neuron/iDecay": "() int64",
        "layer/2/neuron/type": "() |S4",
        "layer/2/neuron/vDecay": "() int64",
        "layer/2/neuron/vThMant": "() int64",
        "layer/2/shape": "(1,) int64",
        "layer/2/type": "() |S9",
        "layer/2/weight": "(1, 3) int16",
        "layer/2/weight_rec": "(1, 1) int16",
        "realsam@digest": network.digest,
        "realsam@format": "1",
        "realsam@readout": "layer2",
        "realsam@readout_phase": "0",
        "realsam@steps_per_token": "1",
        "realsam/input@name": "input",
        "realsam/population/0@name": "layer1",
        "realsam/population/1@name": "layer2",
        "realsam/projection/0@n_sources": "1",
        "realsam/projection/0@target": "layer1",
        "realsam/projection/0@weight_exp": "0",
        "realsam/projection/1@n_sources": "2",
        "realsam/projection/1@target": "layer2",
        "realsam/projection/1@weight_exp": "0",
    }


def test_registers_in_netx_units(tmp_path: Path) -> None:
    """IDecay is du + 1, the bias counts in units of weights, uniform registers are scalars."""
    lif = Lif("a", np.array([4095, 4095]), np.array([7, 8]), np.array([64, -128]), np.array([5, 5]))
    delay = np.zeros(2, I64)
    network = Network(Input("in", 2), (lif,), (Projection("a", ("in",), W[:2], delay),), "a")

    to_netx(network, tmp_path / "n")

    with h5py.File(tmp_path / "n") as file:
        layer = file["layer/1"]
        stored = {key: layer["neuron"][key][()].tolist() for key in ("iDecay", "vDecay", "vThMant")}
        assert stored == {"iDecay": 4096, "vDecay": [7, 8], "vThMant": 5}
        assert layer["bias"][()].tolist() == [1, -2]
        assert layer["weight"][()].tolist() == W[:2].tolist()


def test_skips_stand_behind_a_concat(tmp_path: Path) -> None:
    """A concat names the layers of all projections; the dense behind it has a delay per column."""
    a = chain(W).populations[0]
    b = Lif("b", *(np.array([x]) for x in (4095, 0, 63, 1)))
    into = (
        Projection(
            "b", ("layer1", "b"), np.array([[2, 4, 6, 8]], np.int16), np.array([1, 1, 1, 4])
        ),
        Projection("layer1", ("input",), W, np.zeros(2, I64)),
        Projection("b", ("input",), np.array([[10, 12]], np.int16), np.array([2, 2]), weight_exp=1),
    )
    network = Network(Input("input", 2), (a, b), into, "b", 6, 5)

    to_netx(network, tmp_path / "n")

    assert types(tmp_path / "n") == ["input", "dense", "concat", "dense"]
    with h5py.File(tmp_path / "n") as file:
        assert file["layer/2/layers"][()].tolist() == [1, 3, 0]
        assert file["layer/3/weight"][()].tolist() == [[2, 4, 6, 8, 10, 12]]
        assert file["layer/3/delay"][()].tolist() == [1, 1, 1, 4, 2, 2]
        assert "bias" not in file["layer/3"]
        assert file["realsam/population/1/bias"][()].tolist() == [63]
        assert file["realsam/projection/2"].attrs["weight_exp"] == 1
    assert from_netx(tmp_path / "n") == network


def one_layer(
    weight: object = W,
    delay: int = 0,
    exponent: int = 0,
    bias: int = 0,
    sources: object = ("input",),
    bits: int = 0,
    reset: Reset | None = None,
) -> Network:
    """A population of three neurons, in which one thing may be unusual."""
    a = chain(W).populations[0]
    lif = Lif("layer1", a.du, a.dv, a.bias + bias, a.vth, reset)
    matrix = np.asarray(weight, np.int16)
    assert isinstance(sources, tuple)
    into = Projection("layer1", sources, matrix, np.full(matrix.shape[1], delay), exponent)
    return Network(Input("input", 2, bits), (lif,), (into,), "layer1")


@pytest.mark.parametrize(
    "network",
    [
        one_layer(delay=1),
        one_layer(exponent=1),
        one_layer(bias=65),
        one_layer(bias=4096 << 6),
        one_layer(weight=W * 0),
        one_layer(weight=[[-2, -256]] * 3),
        one_layer(weight=[[0, -128]] * 3),
        one_layer(weight=[[2, 2, -4, -6, -8]] * 3, sources=("input", "layer1")),
        one_layer(weight=[[2] * 5] * 3, sources=("layer1", "input")),
        one_layer(weight=[[2] * 4] * 3, sources=("input", "input")),
        one_layer(bits=8),
        one_layer(reset=Reset(1)),
    ],
)
def test_what_stock_netx_gets_wrong_stands_behind_a_concat(
    network: Network, tmp_path: Path
) -> None:
    """Delays, exponents, odd biases, other sources, payloads, resets, and changed weights."""
    assert through_file(network, tmp_path) == network
    assert types(tmp_path / "network.net") == ["input", "concat", "dense"]


@pytest.mark.parametrize(
    "network",
    [
        one_layer(),
        one_layer(bias=-(4095 << 6)),
        one_layer(weight=[[-2, -254]] * 3),
        one_layer(weight=[[2, -256]] * 3),
    ],
)
def test_what_stock_netx_gets_right_needs_no_concat(network: Network, tmp_path: Path) -> None:
    """Everything else stays readable for others."""
    assert through_file(network, tmp_path) == network
    assert types(tmp_path / "network.net") == ["input", "dense"]


def test_payloads_and_resets_stand_in_our_group(tmp_path: Path) -> None:
    """Of the input and of populations that have some; a layer without either stays plain."""
    network = chain(W, np.full((1, 3), 2, np.int16), np.full((2, 1), 2, np.int16))
    first, second, third = network.populations
    forgetful = first, second, replace(third, reset=Reset(7, 3))
    network = replace(network, input=Input("input", 2, 9), populations=forgetful)

    to_netx(network, tmp_path / "n")

    ours = {name: value for name, value in tree(tmp_path / "n").items() if "@" in name}
    assert ours["realsam/input@message_bits"] == "9"
    assert ours["realsam/population/2@reset_interval"] == "7"
    assert ours["realsam/population/2@reset_offset"] == "3"
    assert not any("reset" in name for name in ours if "population/2" not in name)
    assert types(tmp_path / "n") == ["input", "concat", "dense", "dense", "concat", "dense"]
    assert from_netx(tmp_path / "n") == network


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_name_that_hdf5_cannot_hold(name: str, tmp_path: Path) -> None:
    """Such a name is refused before anything is written."""
    a = chain(W).populations[0]
    network = Network(Input("in", 1), (Lif(name, a.du, a.dv, a.bias, a.vth),), (), name)

    with pytest.raises(ExportError, match="is no text that HDF5 holds; rename it"):
        to_netx(network, tmp_path / "n")

    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(BundleError, match=r"cannot be written .* choose a folder that exists"):
        to_netx(chain(W), tmp_path / "none" / "n")


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would not read back replaces nothing and leaves nothing."""

    def wrong(_: Path) -> Network:
        raise BundleError("its registers are not those that were written")

    (tmp_path / "n").write_text("old")
    monkeypatch.setattr("export.netx.write.from_netx", wrong)

    with pytest.raises(BundleError, match="its registers"):
        to_netx(chain(W), tmp_path / "n")

    assert [p.name for p in tmp_path.iterdir()] == ["n"]
    assert (tmp_path / "n").read_text() == "old"
