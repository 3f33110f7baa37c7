"""The `layer` group of a netx file -> dense layers in register values.

Read as stock netx reads it: numbers lose their fraction, thresholds and biases count in units of
weights, iDecay = du + 1. What stock netx would not run, or a Lif and its projections cannot hold,
is refused with the number and the type of the layer.

Sources: lava-dl 0.6.0 `lava/lib/dl/netx/hdf5.py` (create_dense, get_neuron_params).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import h5py
import numpy as np

from export.hdf5 import BEYOND, text
from export.netx.layout import BIAS_SHIFT
from realsam.arrays import F64, I16, I64
from realsam.errors import ExportError
from realsam.ir import Lif, Reset
from realsam.limits import NEVER_SPIKES


@dataclass(frozen=True, eq=False)
class Dense:
    """A dense layer: a population and everything that it hears."""

    sources: tuple[int, ...]  # layers whose neurons are the columns
    weight: I16  # [N, M]
    delay: I64  # [M]
    du: I64  # [N], as all registers
    dv: I64
    bias: I64
    vth: I64

    def lif(self, name: str, bias: I64 | None = None, reset: Reset | None = None) -> Lif:
        """The population under that name, with another bias if one is given, and with resets."""
        return Lif(name, self.du, self.dv, self.bias if bias is None else bias, self.vth, reset)


@dataclass(frozen=True, eq=False)
class Layers:
    """The input and the dense layers of a file."""

    n_lines: int  # of the input
    dense: dict[int, Dense]  # by layer number, ascending

    def width(self, sources: Sequence[int]) -> int:
        """Columns that these layers take; every number that is no dense layer is the input."""
        return sum(len(self.dense[i].weight) if i in self.dense else self.n_lines for i in sources)


def read_layers(group: h5py.Group, may_concat: bool) -> Layers:
    """Read all layers.

    Raises:
        ExportError: naming the first layer that cannot be read.
    """
    dense: dict[int, Dense] = {}
    n_lines, previous = 0, -1  # a file may begin with its first dense layer
    joined: tuple[int, ...] | None = None  # what a concat just before gathered
    for i in range(len(group)):
        layer = group[str(i)]
        kind = text(layer["type"][()])
        where = f"layer {i} of type {kind!r}"
        if kind == "input" and i == 0 and "neuron" not in layer:
            n_lines, previous = int(np.prod(layer["shape"][()])), 0
        elif kind == "concat" and may_concat:
            joined = tuple(int(source) for source in layer["layers"][()])
        elif kind in ("dense", "dense_rec"):
            _refuse_foreign_parts(where, layer)
            chained = (previous,) if kind == "dense" else (previous, i)
            dense[i] = _read_dense(where, layer, chained, joined)
            n_lines = n_lines or layer["weight"].shape[-1]
            previous, joined = i, None
        else:
            raise ExportError(
                f"{where}{' with neurons' * ('neuron' in layer)} cannot be read",
                "build the network of one input and layers of type 'dense' or 'dense_rec'",
            )
    return Layers(n_lines, dense)


def _refuse_foreign_parts(where: str, layer: h5py.Group) -> None:
    if not isinstance(layer["weight"], h5py.Dataset):
        raise ExportError(f"{where}: its weights are complex", "use real weights")
    if "neuron" not in layer:
        # Stock netx then never lets the current decay: du = -1, which is no register value.
        raise ExportError(f"{where} has no neuron", "store iDecay, vDecay and vThMant")
    kind = text(layer["neuron/type"][()])
    if kind not in ("LOIHI", "CUBA") or "messageBits" in layer["neuron"]:
        raise ExportError(
            f"{where}: neuron type {kind!r} cannot be read",
            "use CUBA neurons without graded spikes",
        )


def _read_dense(
    where: str, layer: h5py.Group, chained: tuple[int, ...], joined: tuple[int, ...] | None
) -> Dense:
    n = int(np.prod(layer["shape"][()]))
    weight = np.hstack([_matrix(layer[key], n) for key in ("weight", "weight_rec")[: len(chained)]])
    weight.flags.writeable = False  # frozen: a projection of the whole layer keeps it as it is
    neuron = layer["neuron"]
    return Dense(
        chained if joined is None else joined,
        weight,
        _read_delay(where, layer, weight) if joined is None else _integers(layer["delay"]),
        np.broadcast_to(_integers(neuron["iDecay"]) - 1, n),
        np.broadcast_to(_integers(neuron["vDecay"]), n),
        np.broadcast_to(_integers(layer["bias"]) << BIAS_SHIFT if "bias" in layer else 0, n),
        # slayer writes larger thresholds where a layer must not spike.
        np.broadcast_to(np.minimum(_integers(neuron["vThMant"]), NEVER_SPIKES), n),
    )


def _matrix(dataset: h5py.Dataset, n: int) -> I16:
    """[N, M] weights, which may be stored flat."""
    weight: I16 = dataset[()]
    if weight.dtype != np.int16:
        # Numbers beyond 16 bits stay wrong when clipped, so that Projection still refuses them.
        weight = np.clip(_integers(dataset), -(2**15), 2**15 - 1).astype(np.int16)
    return weight.reshape(n, -1) if weight.ndim == 1 else weight


def _read_delay(where: str, layer: h5py.Group, weight: I16) -> I64:
    """[M] delays of a layer that hears its predecessor: one number, [N], [M] or [N, M]."""
    if "delay" not in layer:
        return np.zeros(weight.shape[1], np.int64)
    given = _integers(layer["delay"])
    # Where N = M, stock netx takes a row of delays as one per target.
    given = given[:, None] if given.shape == weight.shape[:1] else given
    each = np.broadcast_to(given, weight.shape)
    if "weight_rec" in layer or np.any(each != each[0]):
        # In a dense_rec layer stock netx 0.6.0 loses the scale of the weights over delays.
        reason = "is recurrent" if "weight_rec" in layer else "has several for one source"
        raise ExportError(f"{where} has delays but {reason}", "give each source neuron one delay")
    delay: I64 = each[0]
    return delay


def _integers(dataset: h5py.Dataset) -> I64:
    """Stored numbers as integers; stock netx cuts fractions off too.

    Raises:
        ExportError: if one of them is not a number.
    """
    values: F64 = dataset[()].astype(np.float64)
    if np.isnan(values).any():
        raise ExportError(f"{dataset.name} holds NaN", "store finite numbers")
    return np.clip(values, -BEYOND, BEYOND).astype(np.int64)  # what is out of range stays so
