"""Small netx files as lava-dl writes them."""

from pathlib import Path

import h5py
import numpy as np

from export.netx import from_netx
from realsam.ir import Network


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


def convolved(file: h5py.File, **values: object) -> h5py.Group:
    """A convolution of 2 channels of 4 x 5 to 4 channels of 2 x 5, in 2 groups."""
    add(file, 0, "input", (2, 4, 5))
    given = {
        "weight": 2 * np.arange(4 * 1 * 3 * 1).reshape(4, 1, 3, 1, 1),
        "bias": [1, 0, 0, 2],
        **{"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 2},
    }
    return add(file, 1, "conv", (4, 2, 5), **given | values)


def read(file: h5py.File) -> Network:
    """The network in the file."""
    path = Path(file.filename)
    file.close()
    return from_netx(path)
