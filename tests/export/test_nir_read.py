"""Damaged and foreign NIR files are one line that names the node."""

from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from export.nir import from_nir, to_graph, to_nir
from realsam.errors import BundleError, ExportError, RealSamError
from realsam.ir import Layer, Network, to_network
from tests.export.networks import clock

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "nir"
W = np.array([[2, -4, 6, 2], [8, 0, -256, 2]], np.int16)
NETWORK = to_network(clock((Layer("a", np.array([7, 4000]), np.array([1, 2]), ("input", "a"), W),)))


def graph() -> nir.NIRGraph:
    """A portable graph to change."""
    return to_graph(NETWORK)


def read(changed: nir.NIRGraph, folder: Path) -> Network:
    """The network of a graph that another program wrote."""
    nir.write(folder / "n.nir", changed)
    return from_nir(folder / "n.nir")


def refusal(path: Path, kind: type[RealSamError]) -> str:
    """The one line in which a file is refused, without its path and the cure."""
    with pytest.raises(kind) as raised:
        from_nir(path)
    assert "\n" not in str(raised.value)
    assert raised.value.cure
    assert raised.value.message.startswith(f"{path}: ")
    return raised.value.message.removeprefix(f"{path}: ")


def test_other_writers_may_drop_the_hints(tmp_path: Path) -> None:
    """Without metadata at the nodes, dv = 4000 in 5 steps still follows from tau."""
    changed = graph()
    for node in changed.nodes.values():
        node.metadata = {}
    del changed.metadata["digest"]

    assert read(changed, tmp_path) == NETWORK


def test_one_step_per_token_without_metadata(tmp_path: Path) -> None:
    """Then a step of NIR is a step of the chip, and tau must fit it."""
    changed = graph()
    changed.metadata = {}

    with pytest.raises(ExportError, match=r"a\[0\]: no dv register gives tau = .* in 1 steps"):
        read(changed, tmp_path)


Change = Callable[[nir.NIRGraph], object]


def _set(node: str, field: str, value: object) -> Change:
    return lambda g: setattr(g.nodes[node], field, value)


def _tell(node: str, key: str, value: object) -> Change:
    return lambda g: g.nodes[node].metadata.update({key: value})


PAIR = np.ones(2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_tell("a", "dv", np.array([7, 4001])), "a[1]: metadata dv = 4001 contradicts tau = "),
        (_set("a", "tau_mem", PAIR * 1e-3), "a: r is not that of an integer neuron"),
        (_set("a", "tau_syn", PAIR * 1e-3), "a: tau_syn is not that of an integer neuron"),
        (_set("a", "w_in", PAIR * 2), "a: w_in is not that of an integer neuron"),
        (_set("a", "v_leak", PAIR), "a: v_leak is not that of an integer neuron"),
        (_set("a", "v_reset", PAIR), "a: v_reset is not that of an integer neuron"),
        (_set("a", "v_threshold", PAIR * 0.1), "a: v_threshold is no multiple of a weight"),
        (_set("a_to_a", "weight", np.eye(2) * 0.5), "a: a weight into it is not an integer"),
        (_set("a_to_a", "weight", np.eye(2) * 4), "its numbers contradict the digest in its meta"),
        (_set("a_loop", "weight", np.eye(2) * 2), "a_loop: weights behind weights are not the id"),
        (_tell("a_to_a", "projection", -1), "a: metadata projection = -1 contradicts its weights"),
        (lambda g: [n.metadata.update(projection=0, weight_exp=k) for k, n in
                    enumerate([g.nodes["a_to_a"], g.nodes["input_to_a"]])],
         "a: its connections have different weight exponents"),
        (lambda g: g.nodes.update(a_to_a=nir.Affine(np.eye(2), PAIR)), "a: its bias acts on a cur"),
        (lambda g: g.nodes.update(a_loop=nir.Delay(PAIR)), "a_loop: feeds a without a weight "),
        (lambda g: g.nodes.update(a=nir.LI(PAIR, PAIR, PAIR * 0)), "a_to_a: hears a, a node with"),
        (lambda g: g.metadata.update(steps_per_token=63), "steps_per_token = 63 is outside 1..62"),
        (lambda g: g.nodes.update(a_loop=nir.Scale(PAIR)), "a_loop: node type Scale cannot be re"),
        (lambda g: g.edges.extend([("input", "a")]), "input: feeds a without a weight matrix"),
        (lambda g: g.edges.extend([("a", "input_to_a")]), "input_to_a: hears input, a, not one po"),
        (lambda g: (g.nodes.update(i=nir.Input(np.array([2]))), g.edges.append(("i", "a_to_a"))),
         "2 Input nodes: i, input"),
        (lambda g: g.edges.remove(("input", "input_to_a")), "2 Input nodes: input, input_input_to"),
    ],
)  # fmt: skip
def test_foreign_number_or_node_is_named(change: Change, expected: str, tmp_path: Path) -> None:
    """Whatever a register or a layered network cannot hold."""
    changed = graph()
    change(changed)
    nir.write(tmp_path / "n.nir", changed)

    assert refusal(tmp_path / "n.nir", ExportError).startswith(expected)


def test_bias_beyond_the_grid_is_refused(tmp_path: Path) -> None:
    """Biases are multiples of a sixty-fourth of a weight."""
    changed = graph()
    changed.nodes["a_to_a"] = nir.Affine(changed.nodes["a_to_a"].weight, PAIR * 0.01)
    nir.write(tmp_path / "n.nir", changed)

    assert refusal(tmp_path / "n.nir", ExportError) == "a: its bias is not an integer"


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there."""
    assert refusal(tmp_path / "none.nir", BundleError) == "no such file"


@pytest.mark.parametrize("tenths", range(10))
def test_truncated_file(tmp_path: Path, tenths: int) -> None:
    """A file that was cut off."""
    path = tmp_path / "n.nir"
    to_nir(NETWORK, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenths // 10])

    assert refusal(path, BundleError).startswith("not a readable NIR file (")


def test_dangling_edge(tmp_path: Path) -> None:
    """The edge is named."""
    changed = graph()
    changed.edges.append(("a", "gone"))
    nir.write(tmp_path / "n.nir", changed)

    assert "Edge ('a', 'gone')" in refusal(tmp_path / "n.nir", BundleError)


def test_unknown_node_type(tmp_path: Path) -> None:
    """Even where nir gives no reason, the message has one."""
    changed = graph()
    nir.write(tmp_path / "n.nir", changed)
    with h5py.File(tmp_path / "n.nir", "r+") as file:
        file["node/nodes/a/type"][()] = b"Izhikevich"

    assert refusal(tmp_path / "n.nir", BundleError) == "not a readable NIR file (AssertionError)"


def test_weight_out_of_range_is_damage(tmp_path: Path) -> None:
    """An even weight beyond 8 bits."""
    changed = graph()
    changed.nodes["a_to_a"].weight = np.eye(2) * 1e6
    nir.write(tmp_path / "n.nir", changed)

    assert "is not an even number in -256..254" in refusal(tmp_path / "n.nir", BundleError)


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits(tmp_path: Path, seed: int) -> None:
    """Whatever bits flip: the same network, or a refusal in one line."""
    path = tmp_path / "n.nir"
    to_nir(NETWORK, path)
    rng = np.random.default_rng(seed)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[rng.integers(0, content.size, 3)] ^= np.uint8(1) << rng.integers(0, 8, 3).astype(
        np.uint8
    )
    path.write_bytes(content.tobytes())

    got = outcome(path)
    assert got == NETWORK or (isinstance(got, str) and "\n" not in got)


def outcome(path: Path) -> Network | str:
    """The network of a file, or why there is none."""
    try:
        return from_nir(path)
    except RealSamError as error:
        return str(error)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("lif_rockpool", BundleError, "1_LIFNeuronTorch.output: [[1]] -> output.input: [[1 1 1]]"),
        (
            "braille_noDelay_bias_zero_subgraph",
            BundleError,
            "destination node 'lif' which does not",
        ),
        ("lif_norse", ExportError, "1: v_threshold is no multiple of a weight"),
        ("two_lif_neurons", ExportError, "lif1: r is not that of an integer neuron"),
        ("braille_noDelay_bias_zero", ExportError, "lif1.lif: its bias is not an integer"),
    ],
)
def test_files_of_other_programs(name: str, kind: type[RealSamError], expected: str) -> None:
    """The node that has no place in a Network is named."""
    assert expected in refusal(CORPUS / f"{name}.nir", kind)
