"""NIR -> Network, for files whose numbers are integers already: ours, in either profile.

Every register follows from the numbers of the nodes; metadata only decides where float64 does
not, and must agree. Lacks: quantization, so files of other programs are refused by the first
number that no register holds.
"""

from pathlib import Path

import numpy as np

from export.hdf5 import BEYOND, guarded
from export.nir.graph import FloatLayer, FloatNetwork, read_graph
from export.nir.neuron import from_neuron
from export.nir.rules import delay, readout_phase
from realsam.arrays import F64, I16, I64
from realsam.errors import ExportError
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Input, Layer, Lif, Network, Projection, TokenClock
from realsam.limits import DU_MAX, DV_MAX, NEVER_SPIKES


def from_nir(path: Path) -> Network:
    """Read a NIR file that `to_nir` wrote.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the node that a Network cannot hold.
    """
    with guarded(path, "NIR"):
        read = read_graph(path)
        network = _integer(read)
        if read.digest not in (None, network.digest):
            raise ExportError(
                "its numbers contradict the digest in its metadata",
                "copy or export it again, or remove the metadata if it was changed on purpose",
            )
        return network


def _integer(network: FloatNetwork) -> Network:
    layers = tuple(_layer(layer, network.steps_per_token) for layer in network.layers)
    clock = TokenClock(Input(network.input, network.n_lines), layers, network.steps_per_token)
    populations = tuple(
        Lif(p.name, np.full_like(p.dv, DU_MAX), p.dv, _bias(read), p.vth)
        for p, read in zip(layers, network.layers, strict=True)
    )
    projections = tuple(
        Projection(p.name, p.sources, p.weight, delay(clock, p), _weight_exp(read))
        for p, read in zip(layers, network.layers, strict=True)
    )
    return Network(
        clock.input,
        populations,
        projections,
        layers[-1].name,
        clock.steps_per_token,
        readout_phase(clock),
    )


def _layer(layer: FloatLayer, steps: int) -> Layer:
    weight = _weight(layer)
    if layer.neuron is None:
        registers = np.full(len(weight), DV_MAX), np.full(len(weight), NEVER_SPIKES)
    else:
        registers = from_neuron(layer.name, layer.neuron, steps)
    return Layer(layer.name, *registers, tuple(edge.source for edge in layer.edges), weight)


def _weight(layer: FloatLayer) -> I16:
    """[N, M] weights of all edges without their exponent; Projection checks their range."""
    stored = np.hstack([edge.weight.astype(np.float64) for edge in layer.edges])
    whole = _whole(f"{layer.name}: a weight into it", stored * 2.0 ** -_weight_exp(layer))
    # Numbers beyond 16 bits stay wrong when clipped.
    return np.clip(whole, -(2**15), 2**15 - 1).astype(np.int16)


def _weight_exp(layer: FloatLayer) -> int:
    exponents = {edge.weight_exp for edge in layer.edges}
    if len(exponents) > 1:
        raise ExportError(
            f"{layer.name}: its connections have different weight exponents",
            "remove the metadata and quantize the network first",
        )
    return exponents.pop()


def _bias(layer: FloatLayer) -> I64:
    total: F64 = np.sum([edge.bias for edge in layer.edges], axis=0, dtype=np.float64)
    return _whole(f"{layer.name}: its bias", total * (1 << STATE_SHIFT))


def _whole(what: str, values: F64) -> I64:
    whole = np.rint(values)
    if not np.array_equal(whole, values):
        raise ExportError(f"{what} is not an integer", "quantize the network first")
    return np.clip(whole, -BEYOND, BEYOND).astype(np.int64)  # infinity stays out of range
