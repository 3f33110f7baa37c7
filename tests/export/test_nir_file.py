"""NIR files hold the networks that NIR can express, and name what they cannot."""

from dataclasses import replace
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings

from export.nir import Profile, from_nir, to_graph, to_nir
from realsam.errors import BundleError
from realsam.ir import Layer, Lif, Network, to_network
from tests import strategies
from tests.export.networks import chain, clock, nir_networks

PROFILES: tuple[Profile, ...] = ("portable", "spec")
W = np.array([[2, -4, 6], [8, 0, -256]], np.int16)
RECURRENT = Layer(
    "a", np.array([0, 4096]), np.array([0, 131072]), ("input", "a"), np.hstack([W, W[:, :1]])
)
NETWORK = to_network(clock((RECURRENT,)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("nir")


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=80, deadline=None)
@given(network=nir_networks())
def test_every_network_of_nir_comes_back(folder: Path, profile: Profile, network: Network) -> None:
    """Token clocks, and networks of one step per token with biases: every register."""
    to_nir(network, folder / "n.nir", profile)

    assert from_nir(folder / "n.nir") == network


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=15, deadline=None)
@given(network=strategies.token_clocks())
def test_language_models_come_back(folder: Path, profile: Profile, network: Network) -> None:
    """Dense skips and recurrence, with all edges of the decay."""
    to_nir(network, folder / "n.nir", profile)

    assert from_nir(folder / "n.nir") == network


@pytest.mark.parametrize("profile", PROFILES)
def test_equal_networks_give_equal_files(folder: Path, profile: Profile) -> None:
    """Nothing in a file depends on anything but the network."""
    to_nir(NETWORK, folder / "1.nir", profile)
    to_nir(from_nir(folder / "1.nir"), folder / "2.nir", profile)

    assert (folder / "1.nir").read_bytes() == (folder / "2.nir").read_bytes()


def tree(path: Path) -> dict[str, object]:
    """Every dataset with its values; strings as text."""
    found: dict[str, object] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            kind = "text" if item.dtype.kind in "SO" else str(item.dtype)
            found[name] = (kind, np.asarray(item[()]).tolist())

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_file_is_what_nir_writes(folder: Path, profile: Profile) -> None:
    """Same keys, types and values as `nir.write`; only packing and string storage differ."""
    to_nir(NETWORK, folder / "ours.nir", profile)
    nir.write(folder / "theirs.nir", to_graph(NETWORK, profile))

    assert tree(folder / "ours.nir") == tree(folder / "theirs.nir")


def test_portable_graph() -> None:
    """Loops and the readout go through an identity; the threshold is half a step higher."""
    graph = to_graph(NETWORK, "portable")

    assert graph.edges == [
        ("input", "input_to_a"),
        ("input_to_a", "a"),
        ("a", "a_to_a"),
        ("a_to_a", "a_loop"),
        ("a_loop", "a"),
        ("a", "a_to_readout"),
        ("a_to_readout", "readout"),
        ("readout", "output"),
    ]
    a = graph.nodes["a"]
    assert isinstance(a, nir.CubaLIF)
    np.testing.assert_array_equal(a.v_threshold, np.array([0, 131072]) + 1 / 128)
    np.testing.assert_array_equal(a.tau_syn, [1e-4, 1e-4])
    np.testing.assert_array_equal(a.tau_mem, [1e-4 * 2.0**60, 1e-4])
    np.testing.assert_array_equal(a.r, [2.0**60, 1])
    np.testing.assert_array_equal(graph.nodes["a_loop"].weight, np.eye(2))


def test_spec_graph() -> None:
    """No detours: LIF with exact thresholds, and the Output is the readout."""
    graph = to_graph(NETWORK, "spec")

    assert graph.edges == [
        ("input", "input_to_a"),
        ("input_to_a", "a"),
        ("a", "a_to_a"),
        ("a_to_a", "a"),
        ("a", "a_to_readout"),
        ("a_to_readout", "readout"),
    ]
    assert isinstance(graph.nodes["a"], nir.LIF)
    np.testing.assert_array_equal(graph.nodes["a"].v_threshold, [0, 131072])


@pytest.mark.parametrize("profile", PROFILES)
def test_bias_is_that_of_an_affine(folder: Path, profile: Profile) -> None:
    """At one step per token; units of weights, so an odd bias has a fraction."""
    network = chain(W[:, :2], np.array([[2, 2]], np.int16))
    a, b = network.populations
    readout = Lif("layer2", b.du, b.dv * 4, np.array([-7]), b.vth * 131072)
    biased = Lif("layer1", a.du, a.dv, np.array([65, 0]), a.vth)
    network = replace(network, populations=(biased, readout))

    graph = to_graph(network, profile)
    to_nir(network, folder / "n.nir", profile)

    assert graph.nodes["input_to_layer1"].bias.tolist() == [65 / 64, 0]
    assert graph.nodes["layer1_to_layer2"].bias.tolist() == [-7 / 64]
    assert from_nir(folder / "n.nir") == network


def test_exponent_is_in_the_weights(folder: Path) -> None:
    """The weights of the file are what a simulator has to add; the hint takes them apart again."""
    a, readout = NETWORK.projections
    network = replace(NETWORK, projections=(replace(a, weight_exp=3), readout))

    to_nir(network, folder / "n.nir")

    assert to_graph(network).nodes["input_to_a"].weight.tolist() == (W[:, :2] * 8.0).tolist()
    assert from_nir(folder / "n.nir") == network


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(BundleError, match="cannot be written"):
        to_nir(NETWORK, tmp_path / "none" / "n.nir")
