"""Network -> netx HDF5; the layout is in `export.netx.layout`."""

from pathlib import Path

import h5py
import numpy as np

from export.hdf5 import put, put_text, refuse_unwritable, written
from export.netx.layout import BIAS_SHIFT, FORMAT, Stack, bias_fits, reasons, stacks
from export.netx.read import from_netx
from realsam.arrays import I64
from realsam.ir import Input, Lif, Network, Sparse


def to_netx(network: Network, path: Path) -> None:
    """Write a network as a netx file that `from_netx` reads back to the last register.

    Equal networks give equal files.

    Raises:
        BundleError: if the file cannot be written.
        ExportError: if HDF5 cannot hold the name of a population.
    """
    for name in network.sizes:
        refuse_unwritable(name)
    with written(path) as partial:
        with h5py.File(partial, "w") as file:
            index = _write_layers(file, network)
            _write_description(file.create_group("realsam"), network)
            _write_projections(file["realsam"], network, index)
        from_netx(partial)  # compares the digest: a wrong file never replaces a right one


def _write_layers(file: h5py.File, network: Network) -> dict[str, int]:
    """Write `layer`: the input, then each population with a concat in front where it needs one.

    Returns:
        The layer of every population.
    """
    chain = stacks(network)
    plain = [not why for why in reasons(network).values()]
    # Each population's dense layer, behind its concat; sources may stand later in the chain.
    places = np.cumsum([1 if p else 2 for p in plain])
    index = {network.input.name: 0} | {
        s.lif.name: int(at) for s, at in zip(chain, places, strict=True)
    }
    _write_input(file.create_group("layer/0"), network.input)
    for stack, is_plain in zip(chain, plain, strict=True):
        at = index[stack.lif.name]
        layer = file.create_group(f"layer/{at}")
        if is_plain:
            _write_plain(layer, stack)
        else:
            sources = [index[name] for name in stack.sources]
            _write_concat(file.create_group(f"layer/{at - 1}"), sources, stack.delay.size)
            _write_behind_concat(layer, stack)
    return index


def _write_input(layer: h5py.Group, lines: Input) -> None:
    put(layer, "type", "input")
    put(layer, "shape", np.array([lines.size]))


def _write_concat(layer: h5py.Group, sources: list[int], size: int) -> None:
    put(layer, "type", "concat")
    put(layer, "shape", np.array([size]))
    put(layer, "layers", np.array(sources, np.int64))


def _write_plain(layer: h5py.Group, stack: Stack) -> None:
    weight = stack.weight
    if stack.is_recurrent:
        put(layer, "type", "dense_rec")
        put(layer, "weight", weight[:, : -stack.lif.size])
        put(layer, "weight_rec", weight[:, -stack.lif.size :])
    else:
        put(layer, "type", "dense")
        put(layer, "weight", weight)
    _write_population(layer, stack.lif)


def _write_behind_concat(layer: h5py.Group, stack: Stack) -> None:
    put(layer, "type", "dense")
    put(layer, "weight", stack.weight)
    put(layer, "delay", stack.delay)
    _write_population(layer, stack.lif)


def _write_population(layer: h5py.Group, lif: Lif) -> None:
    put(layer, "shape", np.array([lif.size]))
    if lif.bias.any() and bias_fits(lif.bias):
        put(layer, "bias", lif.bias >> BIAS_SHIFT)
    neuron = layer.create_group("neuron")
    put(neuron, "type", "CUBA")
    put(neuron, "iDecay", _scalar_if_uniform(lif.du + 1))
    put(neuron, "vDecay", _scalar_if_uniform(lif.dv))
    put(neuron, "vThMant", _scalar_if_uniform(lif.vth))


def _scalar_if_uniform(register: I64) -> I64:
    """One number where all neurons agree: what a chip wants, and every netx tool reads."""
    uniform: I64 = register[0]
    return uniform if np.all(register == uniform) else register


def _write_description(group: h5py.Group, network: Network) -> None:
    """Write `realsam`: what netx has no key for."""
    group.attrs["format"] = FORMAT
    group.attrs["steps_per_token"] = network.steps_per_token
    group.attrs["readout_phase"] = network.readout_phase
    put_text(group, "readout", network.readout)
    put_text(group, "digest", network.digest)
    lines = group.create_group("input")
    put_text(lines, "name", network.input.name)
    if network.input.message_bits:
        lines.attrs["message_bits"] = network.input.message_bits
    for k, lif in enumerate(network.populations):
        population = group.create_group(f"population/{k}")
        put_text(population, "name", lif.name)
        if not bias_fits(lif.bias):
            put(population, "bias", lif.bias)
        if lif.reset:
            population.attrs["reset_interval"] = lif.reset.interval
            population.attrs["reset_offset"] = lif.reset.offset


def _write_projections(group: h5py.Group, network: Network, index: dict[str, int]) -> None:
    """Write `realsam/projection`: which columns belong together, and the weights of lists."""
    for j, projection in enumerate(network.projections):
        record = group.create_group(f"projection/{j}")
        put_text(record, "target", projection.target)
        record.attrs["n_sources"] = len(projection.sources)
        record.attrs["weight_exp"] = projection.weight_exp
        if isinstance(projection.weight, Sparse):
            put(record, "layers", np.array([index[name] for name in projection.sources], np.int64))
            put(record, "delay", projection.delay)
            put(record, "start", projection.weight.start)
            put(record, "synapse", projection.weight.target)
            put(record, "weight", projection.weight.weight)
