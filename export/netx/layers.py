"""The `layer` group of a netx file -> dense layers in register values.

Read as stock netx reads it: numbers lose their fraction, thresholds and biases count in units of
weights, iDecay = du + 1. What stock netx would not run, or a Lif and its projections cannot hold,
is refused with the number and the type of the layer.

Sources: lava-dl 0.6.0 `lava/lib/dl/netx/hdf5.py` (create_dense, get_neuron_params).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import h5py
import numpy as np

from export.hdf5 import BEYOND, shown, word
from export.netx.layout import BIAS_SHIFT
from realsam.arrays import F64, I16, I64
from realsam.errors import ExportError
from realsam.ir import Lif, Reset, Sparse
from realsam.limits import NEVER_SPIKES

_AGAIN = "export it again"  # cure
_NO_EXPONENT = 128  # the largest weight from which on stock netx needs no exponent


@dataclass(frozen=True, eq=False)
class Dense:
    """A dense layer: a population and everything that it hears."""

    sources: tuple[int, ...]  # layers whose neurons are the columns
    weight: I16 | Sparse  # [N, M]
    delay: I64  # [M], or [N, M] where the targets of a source have several
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


def read_layers(group: h5py.Group) -> Layers:
    """Read all layers of a file of ours.

    Raises:
        ExportError: naming the first layer that cannot be read.
    """
    dense: dict[int, Dense] = {}
    n_lines, previous = 0, -1  # a file may begin with its first dense layer
    joined: tuple[int, ...] | None = None  # what a concat just before gathered
    for i in range(len(group)):
        layer, kind, where = open_layer(group, i)
        if kind == "input" and i == 0 and "neuron" not in layer:
            n_lines, previous = int(np.prod(layer["shape"][()])), 0
        elif kind == "concat":
            joined = tuple(int(source) for source in layer["layers"][()])
        elif kind in ("dense", "dense_rec"):
            refuse_foreign_parts(where, layer)
            chained = (previous,) if kind == "dense" else (previous, i)
            dense[i] = read_dense(where, layer, chained, joined)
            n_lines = n_lines or layer["weight"].shape[-1]
            previous, joined = i, None
        else:
            raise ExportError(f"{where} cannot be read", "export it again")
    return Layers(n_lines, dense)


def open_layer(group: h5py.Group, i: int) -> tuple[h5py.Group, str, str]:
    """A layer, its type, and both in words.

    Raises:
        ExportError: if it is not there.
    """
    layer = group.get(str(i))
    if not isinstance(layer, h5py.Group):
        raise ExportError(f"layer {i} of {len(group)} is missing", _AGAIN)
    kind = word(f"layer {i}", layer, "type")
    return layer, kind, f"layer {i} of type {shown(kind)}"


def refuse_foreign_parts(where: str, layer: h5py.Group) -> None:
    """Refuse weights and neurons of other kinds."""
    if "weight" in layer and not isinstance(layer["weight"], h5py.Dataset):
        raise ExportError(f"{where}: its weights are complex", "use real weights")
    if not isinstance(layer.get("neuron"), h5py.Group):
        # Stock netx then never lets the current decay: du = -1, which is no register value.
        raise ExportError(f"{where} has no neuron", "store iDecay, vDecay and vThMant")
    kind = word(f"{where}: neuron", layer["neuron"], "type")
    if kind not in ("LOIHI", "CUBA") or "messageBits" in layer["neuron"]:
        raise ExportError(
            f"{where}: neuron type {shown(kind)} cannot be read",
            "use CUBA neurons without graded spikes",
        )


def read_dense(
    where: str,
    layer: h5py.Group,
    chained: tuple[int, ...],
    joined: tuple[int, ...] | None = None,
) -> Dense:
    """Read a dense layer that hears the layers `chained`, or `joined` if a concat gathered them."""
    n = prod(layer_shape(where, layer))
    blocks = [_matrix(layer[key], n) for key in ("weight", "weight_rec")[: len(chained)]]
    for block in blocks:
        if block.ndim != 2 or len(block) != n:
            raise ExportError(
                f"{where}: weight {list(block.shape)} does not fit a shape of {n:,}", _AGAIN
            )
    weight = np.hstack(blocks)
    weight.flags.writeable = False  # frozen: a projection of the whole layer keeps it as it is
    du, dv, vth = neuron_registers(layer, n)
    return Dense(
        chained if joined is None else joined,
        weight,
        _read_delay(where, layer, weight) if joined is None else integers(layer["delay"]),
        du,
        dv,
        (spread(layer["bias"], n) if "bias" in layer else np.zeros(n, np.int64)) << BIAS_SHIFT,
        vth,
    )


def neuron_registers(layer: h5py.Group, n: int) -> tuple[I64, I64, I64]:
    """[n] registers du, dv and vth of the neurons of a layer."""
    neuron = layer["neuron"]
    du, dv, vth = (spread(neuron[key], n) for key in ("iDecay", "vDecay", "vThMant"))
    # slayer writes larger thresholds where a layer must not spike.
    return du - 1, dv, np.minimum(vth, NEVER_SPIKES)


def layer_shape(where: str, layer: h5py.Group) -> tuple[int, ...]:
    """The shape of the neurons of a layer."""
    shape = tuple(integers(layer["shape"]).ravel().tolist())
    if not shape or min(shape) < 0 or max(shape) >= BEYOND:
        raise ExportError(f"{where}: {layer['shape'][()]} is no shape", _AGAIN)
    return shape


def _matrix(dataset: h5py.Dataset, n: int) -> I16:
    """[N, M] weights, which may be stored flat."""
    weight: I16
    if isinstance(dataset, h5py.Dataset) and dataset.dtype == np.int16:
        weight = dataset[()]
    else:
        # Numbers beyond 16 bits stay wrong when clipped, so that Projection still refuses them.
        weight = np.clip(integers(dataset), -(2**15), 2**15 - 1).astype(np.int16)
    flat = weight.ndim == 1 and n and weight.size % n == 0
    return weight.reshape(n, -1) if flat else weight


def _read_delay(where: str, layer: h5py.Group, weight: I16) -> I64:
    """[M] delays of a layer that hears its predecessor, stored as one number, [N], [M] or [N, M].

    [N, M] where the targets of a source have several.
    """
    if "delay" not in layer:
        return np.zeros(weight.shape[1], np.int64)
    given = integers(layer["delay"])
    if "weight_rec" in layer:
        given = _recurrent_delay(where, given, weight)
    # Where N = M, stock netx takes a row of delays as one per target.
    given = given[:, None] if given.shape == weight.shape[:1] else given
    if given.shape not in ((), (1,), weight.shape[1:], (len(weight), 1), weight.shape):
        raise ExportError(
            f"{where}: delay {list(given.shape)} does not fit weight {list(weight.shape)}", _AGAIN
        )
    each: I64 = np.broadcast_to(given, weight.shape)
    return each[0] if np.all(each == each[0]) else each


def _recurrent_delay(where: str, given: I64, weight: I16) -> I64:
    """Delays of a layer that hears itself: stock netx gives both matrices the same ones."""
    n, blocks = len(weight), np.hsplit(weight, [weight.shape[1] - len(weight)])
    if any(np.abs(block).max(initial=0) < _NO_EXPONENT for block in blocks):
        # In a dense_rec layer stock netx 0.6.0 loses the scale of the weights over delays.
        raise ExportError(
            f"{where} has delays but is recurrent with weights below {_NO_EXPONENT}, which stock "
            "netx would scale wrongly",
            "use larger weights and thresholds, or no delays",
        )
    if given.ndim == 0:
        return given
    if blocks[0].shape[1] != n:
        raise ExportError(
            f"{where} has delays but is recurrent with {blocks[0].shape[1]} inputs of {n} neurons",
            "give it as many inputs as neurons, or one delay",
        )
    square = np.broadcast_to(given[:, None] if given.ndim == 1 else given, (n, n))
    return np.hstack([square, square])


def spread(dataset: h5py.Dataset, n: int) -> I64:
    """[n] stored numbers, or one for all."""
    values = integers(dataset).ravel()
    if values.size not in (1, n):
        raise ExportError(f"{dataset.name} has {values.size:,} numbers, not 1 or {n:,}", _AGAIN)
    return np.broadcast_to(values, n)


def integers(dataset: h5py.Dataset) -> I64:
    """Stored numbers as integers; stock netx cuts fractions off too.

    Raises:
        ExportError: if one of them is not a number.
    """
    is_array = isinstance(dataset, h5py.Dataset) and dataset.shape is not None
    if not is_array or dataset.dtype.kind not in "biuf":
        raise ExportError(f"{dataset.name} holds no numbers", "store integers")
    with np.errstate(over="ignore"):  # of 128 bits
        values: F64 = dataset[()].astype(np.float64)
    if np.isnan(values).any():
        raise ExportError(f"{dataset.name} holds NaN", "store finite numbers")
    return np.clip(values, -BEYOND, BEYOND).astype(np.int64)  # what is out of range stays so
