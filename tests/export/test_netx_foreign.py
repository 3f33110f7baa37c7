"""netx files of other programs are read as stock netx runs them, or refused by layer."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from export.netx import Options, from_netx
from realsam.errors import ExportError
from realsam.ir import Input, Lif, Network, Projection, Replay, Reset
from sim import reference
from tests.export.foreign_netx import add, convolved, read

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "netx"


@pytest.fixture
def file(tmp_path: Path) -> h5py.File:
    """A file under construction."""
    return h5py.File(tmp_path / "foreign.net", "w")


def lif(name: str, size: int, bias: int = 0, vth: int = 80) -> Lif:
    """The neurons that `add` writes."""
    ones = np.ones(size, np.int64)
    return Lif(name, ones * 1023, ones * 128, ones * bias, ones * vth)


def test_chain(file: h5py.File) -> None:
    """Populations are numbered, the last is the readout, fractions of weights are cut off."""
    add(file, 0, "input", (1, 1, 2))
    add(file, 1, "dense", 2, weight=[2.9, -4, 6, 0], bias=[3, 3])
    add(file, 2, "dense_rec", 1, weight=[[8, 10]], weight_rec=[[12]])["neuron/vThMant"][()] = 262143
    none = np.zeros(3, np.int64)

    expected = Network(
        Input("input", 2),
        (lif("layer1", 2, bias=192), lif("layer2", 1, vth=131072)),
        (
            Projection("layer1", ("input",), np.array([[2, -4], [6, 0]], np.int16), none[:2]),
            Projection("layer2", ("layer1", "layer2"), np.array([[8, 10, 12]], np.int16), none),
        ),
        "layer2",
    )
    assert read(file) == expected


def test_first_layer_may_be_dense(file: h5py.File) -> None:
    """Without an input layer the first weights tell the number of lines."""
    add(file, 0, "dense_rec", 2, weight=[[2, 4, 6]] * 2, weight_rec=[[8, 10]] * 2)

    network = read(file)

    assert network.input == Input("input", 3)
    assert network.projections[0].sources == ("input", "layer1")


@pytest.mark.parametrize(
    ("delay", "expected"),
    [(3, [3, 3, 3]), ([1, 2, 3], [1, 2, 3]), ([[1, 2, 3]] * 2, [1, 2, 3]), ([4, 4], [4, 4, 4])],
)
def test_delays(file: h5py.File, delay: object, expected: list[int]) -> None:
    """One for all, one per source, a matrix, or one per target if all are equal."""
    add(file, 0, "dense", 2, weight=[[2, 4, 6]] * 2, delay=delay)

    assert read(file).projections[0].delay.tolist() == expected


def test_square_layer_has_delays_per_target(file: h5py.File) -> None:
    """Where both readings fit, stock netx takes the targets; each delay is a projection."""
    add(file, 0, "dense", 2, weight=[[2, 4]] * 2, delay=[1, 2])

    found = [(q.delay.tolist(), q.matrix.tolist()) for q in read(file).projections]

    assert found == [([1, 1], [[2, 4], [0, 0]]), ([2, 2], [[0, 0], [2, 4]])]


def test_delays_per_synapse(file: h5py.File) -> None:
    """A matrix of delays, one projection for each that is there."""
    add(file, 0, "dense", 2, weight=[[2, 4, 6], [8, 10, 12]], delay=[[0, 1, 0], [1, 1, 0]])

    found = [(q.delay.tolist(), q.matrix.tolist()) for q in read(file).projections]

    assert found == [
        ([0, 0, 0], [[2, 0, 6], [0, 0, 12]]),
        ([1, 1, 1], [[0, 4, 0], [8, 10, 0]]),
    ]


def test_recurrent_delays_are_those_of_both_matrices(file: h5py.File) -> None:
    """With a weight of 128 stock netx needs no exponent, and scales rightly."""
    add(file, 0, "dense_rec", 1, weight=[[128]], weight_rec=[[-130]], delay=3)

    (projection,) = read(file).projections

    assert (projection.matrix.tolist(), projection.delay.tolist()) == ([[128, -130]], [3, 3])


def test_convolution_and_flatten(file: h5py.File) -> None:
    """Channels first; a kernel reads the channels of its group, a bias goes to its channel."""
    convolved(file)
    add(file, 2, "flatten", 40)
    add(file, 3, "dense", 1, weight=[range(0, 80, 2)])

    network = read(file)

    first, second = network.projections
    assert network.sizes == {"input": 40, "layer1": 40, "layer2": 1}
    assert first.matrix[1 * 10 + 0 * 5 + 3].nonzero()[0].tolist() == [3, 8, 13]  # channel 1
    assert first.matrix[2 * 10 + 1 * 5 + 0, [25, 30, 35]].tolist() == [12, 14, 16]
    assert network.populations[0].bias.reshape(4, 10)[:, 0].tolist() == [64, 0, 0, 128]
    assert second.matrix.tolist() == [list(range(0, 80, 2))]


def test_odd_kernel_is_read_as_even_weights(file: h5py.File) -> None:
    """In every place of it, at half the unit."""
    kernel = np.arange(-6, 6).reshape(4, 1, 3, 1, 1)
    convolved(file, weight=kernel)

    (projection,) = read(file).projections

    assert projection.weight_exp == -1
    assert projection.matrix[0 * 10 + 3, [3, 8, 13]].tolist() == [-12, -10, -8]


def test_resets_are_one_step_later_in_each_layer(file: h5py.File) -> None:
    """As the argument of stock netx."""
    add(file, 0, "dense", 1, weight=[[2]])
    add(file, 1, "dense", 1, weight=[[2]])
    path = Path(file.filename)
    file.close()

    network = from_netx(path, Options(3, 2))

    assert [p.reset for p in network.populations] == [Reset(3, 2), Reset(3, 0)]


def test_input_neurons_hear_payloads(file: h5py.File) -> None:
    """Stock netx drives them through their bias; a payload takes its place."""
    add(file, 0, "input", (1, 1, 2), weight=[36])["neuron/iDecay"][()] = 4096
    add(file, 1, "dense", 1, weight=[[2, 4]])

    network = read(file)

    assert network.input == Input("input", 2, 13)
    assert network.projections[0].matrix.tolist() == [[2, 0], [0, 2]]
    assert network.projections[0].weight_exp == -1


def test_skipped_layers_leave_their_spikes_as_the_input(file: h5py.File) -> None:
    """The first layer that is left hears the lines."""
    add(file, 0, "dense", 2, weight=[[2]] * 2)
    add(file, 1, "dense", 1, weight=[[2, 4]])
    path = Path(file.filename)
    file.close()

    network = from_netx(path, Options(skip_layers=1))

    assert network.sizes == {"input": 2, "layer1": 1}
    with pytest.raises(ExportError, match=r"skip_layers = 2 is outside 0\.\.1"):
        from_netx(path, Options(skip_layers=2))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_convolutional_network_of_lava_dl() -> None:
    """Every spike of its three layers, driven by the biases of the recording."""
    network = from_netx(CORPUS / "tiny.net", Options(reset_interval=2**31 - 1, reset_offset=1))
    bias = np.load(CORPUS / "tinynet" / "input_bias.npy")  # width, height, channels
    rows = np.tile(bias.transpose(2, 1, 0).ravel(), (18, 1)).astype(np.int32)

    run = reference.run(network, Replay(rows))

    for late, name in enumerate(("input", "layer1", "output")):
        recorded = np.load(CORPUS / "tinynet" / f"{name}.npy")[0].reshape(-1, 16).T
        # Frame 0 is before the first step of the recording; a layer plays one step after another.
        assert not recorded[0].any()
        assert np.array_equal(recorded[1:], run.spikes[f"layer{late + 1}"][late + 1 : late + 16])


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_currents_of_lava_dl() -> None:
    """The weighted spikes of its convolution, number by number."""
    network = from_netx(CORPUS / "tiny.net", Options(skip_layers=1))
    spikes = np.load(CORPUS / "tinynet" / "input.npy")[0].reshape(-1, 16).astype(np.int64)
    recorded = np.load(CORPUS / "tinynet" / "current.npy")[0].reshape(-1, 16)

    assert np.array_equal(recorded, network.projections[0].matrix.astype(np.int64) @ spikes)
