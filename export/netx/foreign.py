"""netx files of other programs -> Network, as stock netx runs them.

Populations are layer1, layer2, ...; a chip step is a token, the last layer is the readout. Layers
of channels and two axes are flat in C order, as slayer flattens them.

Stock netx drives an input layer with neurons through its bias registers. Here graded input lines
take their place: a payload is a bias, and acts in the step after it is sent. Resets, the input's
first layer and the number of message bits are no part of a file but arguments of stock netx, and
so they are here.

Sources: lava-dl 0.6.0 `lava/lib/dl/netx/hdf5.py` (create_conv, _create: the offset of a reset
grows by 1 per layer; flatten: channels first).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import h5py
import numpy as np

from export.maps import Window, convolution
from export.netx.layers import (
    Dense,
    integers,
    layer_shape,
    neuron_registers,
    open_layer,
    read_dense,
    refuse_foreign_parts,
    spread,
)
from export.netx.layout import BIAS_SHIFT
from export.netx.odd import even_terms
from realsam.arrays import I16, I64
from realsam.errors import ExportError, NetworkError, RegisterRangeError
from realsam.ir import Input, Network, Projection, Reset, Sparse, listed
from realsam.limits import DU_MAX

BIAS_BITS = 13  # of a bias mantissa with its sign


@dataclass(frozen=True)
class Options:
    """What stock netx takes as arguments of its Network."""

    reset_interval: int | None = None  # steps from one reset to the next; None: never
    reset_offset: int = 0  # of the first layer, from step 0; each later layer resets 1 step later
    skip_layers: int = 0  # layers in front that are left out: their spikes are the input


@dataclass(frozen=True, eq=False)
class _Layer:
    """A population of a chain and the projections into it from the layer before and from itself."""

    dense: Dense
    terms: Sequence[tuple[I16 | Sparse, int]]  # its weights and their exponents
    shape: tuple[int, ...]
    graded: bool = False  # hears payloads from the input lines


def read_foreign(group: h5py.Group, options: Options) -> Network:
    """Read the `layer` group of a file.

    Raises:
        ExportError: naming the first layer that a Network cannot hold.
    """
    if options.skip_layers < 0 or options.skip_layers >= max(1, len(group)):
        raise ExportError(
            f"skip_layers = {options.skip_layers} is outside 0..{len(group) - 1}",
            "leave at least one layer",
        )
    lines, chain = _read_chain(group, options.skip_layers)
    if not chain:
        raise ExportError("no layer has neurons", "give the network a dense layer")
    bits = BIAS_BITS if chain[0].graded else 0
    try:
        return Network(
            Input("input", lines, bits),
            tuple(
                layer.dense.lif(f"layer{k}", reset=_reset(options, k - 1))
                for k, layer in enumerate(chain, 1)
            ),
            tuple(q for k, layer in enumerate(chain, 1) for q in _projections(k, layer)),
            f"layer{len(chain)}",
        )
    except (NetworkError, RegisterRangeError) as error:
        raise ExportError(error.message, error.cure) from error


def _reset(options: Options, place: int) -> Reset | None:
    interval = options.reset_interval
    if interval is None:
        return None
    return Reset(interval, (options.reset_offset + place) % max(1, interval))


def _read_chain(group: h5py.Group, skipped: int) -> tuple[int, list[_Layer]]:
    """Input lines, and the layers with neurons."""
    chain: list[_Layer] = []
    shape: tuple[int, ...] = ()
    lines = 0
    for i in range(len(group)):
        layer, kind, where = open_layer(group, i)
        if kind == "flatten":
            shape = (prod(shape),) if shape else ()
            continue
        if kind == "input" and i == 0 and "neuron" not in layer:
            shape = layer_shape(where, layer)
        else:
            read = _read_layer(where, kind, layer, shape, i)
            shape = read.shape
            if i >= skipped:
                lines = lines or _columns(read)
                chain.append(read)
        if not chain:
            lines = prod(shape)
    return lines, chain


def _columns(layer: _Layer) -> int:
    own = len(layer.dense.weight) if len(layer.dense.sources) == 2 else 0
    return int(layer.dense.weight.shape[1]) - own


def _read_layer(
    where: str, kind: str, layer: h5py.Group, before: tuple[int, ...], i: int
) -> _Layer:
    if kind == "input" and i == 0:
        return _read_input(where, layer)
    if kind == "conv":
        return _read_conv(where, layer, before)
    if kind in ("dense", "dense_rec"):
        refuse_foreign_parts(where, layer)
        dense = read_dense(where, layer, (i - 1,) if kind == "dense" else (i - 1, i))
        assert isinstance(dense.weight, np.ndarray)
        return _Layer(dense, even_terms(dense.weight), (len(dense.weight),))
    raise ExportError(
        f"{where} cannot be read",
        "build the network of layers of type input, dense, dense_rec, conv and flatten",
    )


def _read_input(where: str, layer: h5py.Group) -> _Layer:
    """Neurons that hear one payload each: 2 at exponent -1 leaves it as it is."""
    refuse_foreign_parts(where, layer)
    shape = layer_shape(where, layer)
    n = prod(shape)
    registers = neuron_registers(layer, n)
    if np.any(registers[0] != DU_MAX):
        raise ExportError(
            f"{where}: its current has memory, so that payloads cannot stand for biases",
            "store iDecay = 4096, or skip the layer",
        )
    places = np.arange(n)
    identity = listed((n, n), places, places, np.full(n, 2))
    du, dv, vth = registers
    return _Layer(
        Dense((-1,), identity, np.zeros(n, np.int64), du, dv, np.zeros(n, np.int64), vth),
        [(identity, -1)],
        shape,
        graded=True,
    )


def _read_conv(where: str, layer: h5py.Group, before: tuple[int, ...]) -> _Layer:
    refuse_foreign_parts(where, layer)
    stored = layer["weight"]
    kernel = integers(stored).reshape(stored.shape[:4])
    shape, groups = layer_shape(where, layer), int(spread(layer["groups"], 1)[0])
    if kernel.ndim != 4 or len(before) != 3 or groups < 1:
        raise ExportError(
            f"{where}: weight {list(stored.shape)} does not fit an input of {list(before)}",
            "give it channels and two axes",
        )
    stride, padding, dilation = (_pair(layer, key) for key in ("stride", "padding", "dilation"))
    if min(*stride, *dilation) < 1 or min(padding) < 0:
        raise ExportError(f"{where}: stride {stride}, dilation {dilation}", "use positive numbers")
    window = Window(kernel.shape[2:], stride, padding, padding, dilation)
    gives = (kernel.shape[0], *window.outputs(before[1:]))
    if kernel.shape[1] * groups != before[0] or kernel.shape[0] % groups or gives != shape:
        raise ExportError(
            f"{where}: shape {list(shape)} is not what weight {list(kernel.shape)} gives of "
            f"{list(before)}",
            "export it again",
        )
    n, spots = prod(shape), prod(shape[1:])
    given = convolution(np.clip(kernel, -(2**15), 2**15 - 1), groups, window, before)
    bias = np.zeros(n, np.int64)
    if "bias" in layer:
        bias = np.repeat(spread(layer["bias"], shape[0]), spots) << BIAS_SHIFT
    du, dv, vth = neuron_registers(layer, n)
    delays = np.zeros(given.shape[1], np.int64)
    terms = [(given.filled(w), exp) for w, exp in even_terms(given.values.astype(np.int16))]
    return _Layer(Dense((-1,), terms[0][0], delays, du, dv, bias, vth), terms, shape)


def _pair(layer: h5py.Group, key: str) -> tuple[int, int]:
    first, second = spread(layer[key], 2).tolist()
    return int(first), int(second)


def _projections(k: int, layer: _Layer) -> Iterator[Projection]:
    """One projection per term, or one per delay where the targets of a source have several."""
    dense, target = layer.dense, f"layer{k}"
    sources = (f"layer{k - 1}" if k > 1 else "input", target)[: len(dense.sources)]
    for weight, exp in layer.terms:
        if dense.delay.ndim == 1:
            yield Projection(target, sources, weight, dense.delay, exp)
            continue
        assert isinstance(weight, np.ndarray)
        for delay in np.unique(dense.delay):
            some: I16 = np.where(dense.delay == delay, weight, 0).astype(np.int16)
            if some.any():
                each: I64 = np.full(some.shape[1], delay)
                yield Projection(target, sources, some, each, exp)
