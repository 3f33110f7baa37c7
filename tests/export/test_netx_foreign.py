"""netx files of other programs are read as stock netx runs them, or refused by layer."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from export.netx import from_netx
from realsam.errors import ExportError
from realsam.ir import Input, Lif, Network, Projection

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "netx"


def add(file: h5py.File, i: int, kind: str, shape: object, **values: object) -> h5py.Group:
    """A layer as slayer writes it: type in an array of bytes, weights in float32."""
    layer = file.create_group(f"layer/{i}")
    layer["type"] = np.array([kind.encode()], "S10")
    layer["shape"] = np.atleast_1d(np.array(shape, np.int64))
    for key, value in values.items():
        layer[key] = np.asarray(value, np.int64 if key == "delay" else np.float32)
    if "weight" in values:
        neuron = layer.create_group("neuron")
        neuron["type"] = "LOIHI"
        neuron["iDecay"], neuron["vDecay"], neuron["vThMant"] = 1024, 128, 80
        neuron["refDelay"], neuron["gradedSpike"] = 1, False
    return layer


@pytest.fixture
def file(tmp_path: Path) -> h5py.File:
    """A file under construction."""
    return h5py.File(tmp_path / "foreign.net", "w")


def read(file: h5py.File) -> Network:
    """The network in the file."""
    path = Path(file.filename)
    file.close()
    return from_netx(path)


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
    """Where both readings fit, stock netx takes the targets."""
    add(file, 0, "dense", 2, weight=[[2, 4]] * 2, delay=[1, 2])

    with pytest.raises(ExportError, match="layer 0 of type 'dense' has delays but has several"):
        read(file)


def refusal(file: h5py.File) -> str:
    """The line in which a file is refused, without its path and the cure."""
    path = file.filename
    with pytest.raises(ExportError) as raised:
        read(file)
    return raised.value.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("kind", ["conv", "flatten", "average", "pool", "concat", "input"])
def test_other_layers_are_refused(file: h5py.File, kind: str) -> None:
    """Number and type of the layer are named."""
    add(file, 0, "input", 2)
    add(file, 1, kind, 2)

    assert refusal(file) == f"layer 1 of type {kind!r} cannot be read"


def test_input_neurons_are_refused(file: h5py.File) -> None:
    """Stock netx runs them, driven through their bias."""
    add(file, 0, "input", 2, weight=[36])

    assert refusal(file) == "layer 0 of type 'input' with neurons cannot be read"


def test_layer_without_neuron_is_refused(file: h5py.File) -> None:
    """The default of stock netx has no register form."""
    del add(file, 0, "dense", 1, weight=[[2]])["neuron"]

    assert refusal(file) == "layer 0 of type 'dense' has no neuron"


@pytest.mark.parametrize(("key", "value"), [("type", "SDNN"), ("messageBits", 8)])
def test_other_neurons_are_refused(file: h5py.File, key: str, value: object) -> None:
    """Sigma-delta neurons and graded spikes."""
    neuron = add(file, 0, "dense", 1, weight=[[2]])["neuron"]
    if key in neuron:
        del neuron[key]
    neuron[key] = value

    assert refusal(file).startswith("layer 0 of type 'dense': neuron type ")


def test_complex_weights_are_refused(file: h5py.File) -> None:
    """A layer of complex weights has two matrices."""
    layer = add(file, 0, "dense", 1, weight=[[2]])
    del layer["weight"]
    layer["weight/real"] = layer["weight/imag"] = np.ones((1, 1))

    assert refusal(file) == "layer 0 of type 'dense': its weights are complex"


def test_recurrent_delays_are_refused(file: h5py.File) -> None:
    """Stock netx gives them to both matrices and loses the scale."""
    add(file, 0, "dense_rec", 1, weight=[[2]], weight_rec=[[2]], delay=1)

    assert refusal(file) == "layer 0 of type 'dense_rec' has delays but is recurrent"


def test_odd_weights_are_refused(file: h5py.File) -> None:
    """A chip has even weights where signs are mixed, and so have we."""
    add(file, 0, "dense", 1, weight=[[3]])

    assert refusal(file).startswith("input->layer1: weight[0, 0] = 3 is not an even number")


@pytest.mark.parametrize("weight", [1e9, -1e9, 40000])
def test_huge_weights_are_refused(file: h5py.File, weight: float) -> None:
    """They do not come back as small ones."""
    add(file, 0, "dense", 1, weight=[[weight]])

    assert "is not an even number in -256..254" in refusal(file)


def test_file_without_neurons_is_refused(file: h5py.File) -> None:
    """An input alone is no network."""
    add(file, 0, "input", 2)

    assert refusal(file) == "no layer has neurons"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_convolutional_network_of_lava_dl() -> None:
    """Its input layer has neurons already."""
    with pytest.raises(ExportError, match="layer 0 of type 'input' with neurons cannot be read"):
        from_netx(CORPUS / "tiny.net")
