"""netx files of other programs that are refused: by layer, number and cure."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from realsam.errors import ExportError
from tests.export.foreign_netx import add, convolved, read


@pytest.fixture
def file(tmp_path: Path) -> h5py.File:
    """A file under construction."""
    return h5py.File(tmp_path / "foreign.net", "w")


def test_convolution_of_another_shape_is_refused(file: h5py.File) -> None:
    """The shape of the file is checked against the kernel."""
    convolved(file, stride=(2, 1))

    assert refusal(file) == (
        "layer 1 of type 'conv': shape [4, 2, 5] is not what weight [4, 1, 3, 1] gives of [2, 4, 5]"
    )


def refusal(file: h5py.File) -> str:
    """The line in which a file is refused, without its path and the cure."""
    path = file.filename
    with pytest.raises(ExportError) as raised:
        read(file)
    return raised.value.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("kind", ["average", "pool", "concat", "input"])
def test_other_layers_are_refused(file: h5py.File, kind: str) -> None:
    """Number and type of the layer are named."""
    add(file, 0, "input", 2)
    add(file, 1, kind, 2)

    assert refusal(file) == f"layer 1 of type {kind!r} cannot be read"


def test_input_neurons_with_memory_are_refused(file: h5py.File) -> None:
    """A payload then would last longer than a bias."""
    add(file, 0, "input", 2, weight=[36])

    assert refusal(file).startswith("layer 0 of type 'input': its current has memory")


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

    assert refusal(file).startswith(
        "layer 0 of type 'dense_rec' has delays but is recurrent with weights below 128"
    )


@pytest.mark.parametrize("weight", [1e9, -1e9, 40000])
def test_huge_weights_are_refused(file: h5py.File, weight: float) -> None:
    """They do not come back as small ones."""
    add(file, 0, "dense", 1, weight=[[weight]])

    assert "is not an even number in -256..254" in refusal(file)


def test_file_without_neurons_is_refused(file: h5py.File) -> None:
    """An input alone is no network."""
    add(file, 0, "input", 2)

    assert refusal(file) == "no layer has neurons"


def put(key: str, value: object) -> Callable[[h5py.File], None]:
    """Store something else in place of a number of the layer."""

    def change(file: h5py.File) -> None:
        if key in file["layer/0"]:
            del file["layer/0"][key]
        file["layer/0"][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("weight", 3.0), "layer 0 of type 'dense': weight [] does not fit a shape of 2"),
        (put("weight", np.ones((3, 2))), "layer 0 of type 'dense': weight [3, 2] does not fit"),
        (put("weight", np.ones((2, 2)) * 1j), "/layer/0/weight holds no numbers"),
        (put("weight", "x"), "/layer/0/weight holds no numbers"),
        (put("weight", h5py.Empty("f4")), "/layer/0/weight holds no numbers"),
        (put("weight", np.full((2, 2), np.longdouble("1e4000"))),
         "input->layer1: weight[0, 0] = 32767 is not an even number"),
        (put("bias", [1, 2, 3]), "/layer/0/bias has 3 numbers, not 1 or 2"),
        (put("bias", np.zeros(0)), "/layer/0/bias has 0 numbers, not 1 or 2"),
        (put("neuron/iDecay", [1, 2, 3]), "/layer/0/neuron/iDecay has 3 numbers, not 1 or 2"),
        (put("neuron/vDecay", np.nan), "/layer/0/neuron/vDecay holds NaN"),
        (put("neuron/type", 3), "layer 0 of type 'dense': neuron: its type is no text"),
        (put("neuron/type", "x" * 500),
         "layer 0 of type 'dense': neuron type '" + "x" * 200 + "...' cannot be read"),
        (put("neuron", 3), "layer 0 of type 'dense' has no neuron"),
        (put("delay", np.zeros(3)), "layer 0 of type 'dense': delay [3] does not fit"),
        (put("shape", [-1]), "layer 0 of type 'dense': [-1] is no shape"),
        (put("shape", [1e300]), "layer 0 of type 'dense': [1.e+300] is no shape"),
        (put("shape", np.zeros(0)), "layer 0 of type 'dense': [] is no shape"),
        (put("type", np.bytes_(b"\xff")), "layer 0: its type is no text"),
        (put("type", "\x1b[31m"), "layer 0 of type '\\x1b[31m' cannot be read"),
        (lambda file: file.move("layer/0", "layer/7"), "layer 0 of 1 is missing"),
    ],
)  # fmt: skip
def test_what_is_no_layer_is_named(
    file: h5py.File, change: Callable[[h5py.File], None], expected: str
) -> None:
    """Types, shapes and sizes, before numpy fails on them."""
    add(file, 0, "dense", 2, weight=[[2, 4], [6, 8]])
    change(file)

    assert refusal(file).startswith(expected)


@pytest.mark.parametrize(("key", "size"), [("groups", 2), ("stride", 3), ("padding", 0)])
def test_window_of_another_size_is_refused(file: h5py.File, key: str, size: int) -> None:
    """Not cut to what fits."""
    convolved(file, **{key: np.ones(size)})

    assert refusal(file).startswith(f"/layer/1/{key} has {size} numbers, not 1 or ")
