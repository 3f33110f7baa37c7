"""A damaged netx file is one line with a cure, and never another network."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from export.netx import from_netx, to_netx
from realsam.errors import BundleError, ExportError, RealSamError
from realsam.ir import Input, Network, Reset
from tests.export.networks import chain

NETWORK = chain(np.array([[2, -4], [6, 0]], np.int16), np.array([[2, 2, 2]], np.int16))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file."""
    to_netx(NETWORK, tmp_path / "n.net")
    return tmp_path / "n.net"


def refusal(path: Path) -> str:
    """The one line in which a damaged file is refused."""
    with pytest.raises(BundleError) as raised:
        from_netx(path)
    assert "\n" not in str(raised.value)
    assert raised.value.cure
    assert raised.value.message.startswith(f"{path}: ")
    return raised.value.message.removeprefix(f"{path}: ")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there."""
    assert refusal(tmp_path / "none.net") == "no such file"


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", bytes(4096)])
def test_foreign_bytes(path: Path, content: bytes) -> None:
    """Anything that is no HDF5."""
    path.write_bytes(content)

    assert refusal(path).startswith("not a readable netx file (")


@pytest.mark.parametrize("tenths", range(1, 10))
def test_truncated_file(path: Path, tenths: int) -> None:
    """A file that was cut off."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenths // 10])

    assert refusal(path).startswith("not a readable netx file (")


@pytest.mark.parametrize(
    "key",
    [
        "layer",
        "layer/1/shape",
        "layer/1/weight",
        "layer/1/neuron/iDecay",
        "realsam/input",
        "realsam/population/1",
        "realsam/projection/0",
    ],
)
def test_missing_key(path: Path, key: str) -> None:
    """A file from which a part is gone."""
    with h5py.File(path, "r+") as file:
        del file[key]

    assert refusal(path).startswith("not a readable netx file (")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("layer/0", "layer 0 of 2 is missing"),
        ("layer/1/type", "layer 1 of type '' cannot be read"),
        ("layer/1/neuron/type", "layer 1 of type 'dense': neuron type '' cannot be read"),
    ],
)
def test_missing_layer_is_named(path: Path, key: str, message: str) -> None:
    """By its number and its type."""
    with h5py.File(path, "r+") as file:
        del file[key]

    with pytest.raises(ExportError, match=message):
        from_netx(path)


@pytest.mark.parametrize("key", ["format", "readout", "steps_per_token", "readout_phase", "digest"])
def test_missing_attribute(path: Path, key: str) -> None:
    """A file whose description is incomplete."""
    with h5py.File(path, "r+") as file:
        del file["realsam"].attrs[key]

    assert refusal(path).startswith("not a readable netx file (")


def test_changed_register(path: Path) -> None:
    """A threshold of another value is no other network, it is damage."""
    with h5py.File(path, "r+") as file:
        file["layer/1/neuron/vThMant"][()] = 2

    assert refusal(path) == "its registers are not those that were written"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("layer/1/neuron/vThMant", 131073, "its registers are not those that were written"),
        ("layer/1/neuron/vDecay", 4097, "layer1[0]: dv = 4097 is outside 0..4096"),
        ("layer/1/weight", 3, "input->layer1: weight[0, 0] = 3 is not an even number in -256..254"),
    ],
)
def test_impossible_register(path: Path, key: str, value: int, expected: str) -> None:
    """A value that no register holds is named."""
    with h5py.File(path, "r+") as file:
        file[key][()] = value

    assert refusal(path) == expected


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A sound file with a graded input and resets."""
    first, second = NETWORK.populations
    forgetful = replace(first, reset=Reset(7, 3)), second
    network = replace(NETWORK, input=Input("input", 2, 8), populations=forgetful)
    to_netx(network, tmp_path / "e.net")
    return tmp_path / "e.net"


CHANGED = "its registers are not those that were written"


@pytest.mark.parametrize(
    ("group", "key", "value", "expected"),
    [
        ("input", "message_bits", 9, CHANGED),
        ("input", "message_bits", None, CHANGED),
        ("input", "message_bits", 25, "input: message_bits = 25 is neither 0 nor in 2..24"),
        ("population/0", "reset_interval", 8, CHANGED),
        ("population/0", "reset_interval", None, CHANGED),
        (
            "population/0",
            "reset_interval",
            0,
            "layer1: reset interval = 0 is outside 1..2147483647",
        ),
        ("population/0", "reset_interval", 3, "layer1: reset offset = 3 is outside 0..2"),
        ("population/0", "reset_offset", -1, "layer1: reset offset = -1 is outside 0..6"),
        ("population/0", "reset_offset", None, "not a readable netx file ("),
        ("population/0", "reset_offset", "soon", "not a readable netx file ("),
    ],
)
def test_changed_extension(
    extended: Path, group: str, key: str, value: object, expected: str
) -> None:
    """Other numbers are damage, impossible ones are named; without them it is another network."""
    with h5py.File(extended, "r+") as file:
        del file["realsam"][group].attrs[key]
        if value is not None:
            file["realsam"][group].attrs[key] = value

    assert refusal(extended).startswith(expected)


def test_other_format(path: Path) -> None:
    """A later format is refused by its number."""
    with h5py.File(path, "r+") as file:
        file["realsam"].attrs["format"] = 2

    assert refusal(path) == "netx format 2 is not 1"


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bits(path: Path, seed: int) -> None:
    """Whatever bits flip: the same network, or a refusal in one line."""
    rng = np.random.default_rng(seed)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[rng.integers(0, content.size, 3)] ^= np.uint8(1) << rng.integers(0, 8, 3).astype(
        np.uint8
    )
    path.write_bytes(content.tobytes())

    read = outcome(path)
    assert read == NETWORK or (isinstance(read, str) and "\n" not in read)


def outcome(path: Path) -> Network | str:
    """The network of a file, or why there is none."""
    try:
        return from_netx(path)
    except RealSamError as error:
        return str(error)
