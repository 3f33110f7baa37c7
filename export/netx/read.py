"""netx HDF5 -> Network: our own files, and chains of layers from other programs.

Foreign files have no `realsam` group; `export.netx.foreign` reads them as stock netx runs them.

Lacks: pooling, complex weights, sigma-delta and resonator neurons, graded spikes of neurons.
"""

from pathlib import Path

import h5py

from export.hdf5 import guarded, text
from export.netx.foreign import Options, read_foreign
from export.netx.layers import Layers, integers, read_layers
from export.netx.layout import FORMAT
from realsam.arrays import I16, I64
from realsam.errors import BundleError, ExportError
from realsam.ir import Input, Network, Projection, Reset, Sparse


def from_netx(path: Path, options: Options | None = None) -> Network:
    """Read a netx file.

    Args:
        path: the file.
        options: for the file of another program, what stock netx takes as arguments.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the first layer that a Network cannot hold.
    """
    with guarded(path, "netx"), h5py.File(path, "r") as file:
        if "realsam" not in file:
            return read_foreign(file["layer"], options or Options())
        if options:
            raise ExportError("holds resets and layers of its own", "leave the options out")
        return _ours(file["realsam"], read_layers(file["layer"]))


def _ours(group: h5py.Group, layers: Layers) -> Network:
    if (number := int(group.attrs["format"])) != FORMAT:
        raise BundleError(f"netx format {number} is not {FORMAT}", "use the Real Sam that wrote it")
    records = [group[f"population/{k}"] for k in range(len(layers.dense))]
    names = [text(record.attrs["name"]) for record in records]
    described = group["input"].attrs
    bits = int(described.get("message_bits", 0))
    lines = Input(text(described["name"]), layers.n_lines, bits)
    network = Network(
        lines,
        tuple(
            dense.lif(name, record["bias"][()] if "bias" in record else None, _reset(record.attrs))
            for dense, name, record in zip(layers.dense.values(), names, records, strict=True)
        ),
        _cut(group, layers, lines.name, dict(zip(names, layers.dense, strict=True))),
        text(group.attrs["readout"]),
        int(group.attrs["steps_per_token"]),
        int(group.attrs["readout_phase"]),
    )
    if network.digest != text(group.attrs["digest"]):
        raise BundleError("its registers are not those that were written")
    return network


def _reset(record: h5py.AttributeManager) -> Reset | None:
    if "reset_interval" not in record:
        return None
    return Reset(int(record["reset_interval"]), int(record["reset_offset"]))


def _cut(
    group: h5py.Group, layers: Layers, lines: str, number: dict[str, int]
) -> tuple[Projection, ...]:
    """Cut the columns of each dense layer into its projections, from the left."""
    name = {layer: population for population, layer in number.items()}
    n_used = dict.fromkeys(number, 0)  # sources that earlier projections took
    projections = []
    for j in range(len(group.get("projection", ()))):
        record = group[f"projection/{j}"]
        target = text(record.attrs["target"])
        dense = layers.dense[number[target]]
        weight: I16 | Sparse
        if "start" in record:
            sources = tuple(int(i) for i in record["layers"][()])
            weight, delay = _list(record, len(dense.weight), layers.width(sources))
        else:
            first = n_used[target]
            n_used[target] += int(record.attrs["n_sources"])
            sources = dense.sources[first : n_used[target]]
            start = layers.width(dense.sources[:first])
            columns = slice(start, start + layers.width(sources))
            assert not isinstance(dense.weight, Sparse)  # lists are read above
            weight, delay = dense.weight, dense.delay[columns]
            if sources != dense.sources:
                weight = weight[:, columns]
        names = tuple(name.get(i, lines) for i in sources)
        projections.append(
            Projection(target, names, weight, delay, int(record.attrs["weight_exp"]))
        )
    return tuple(projections)


def _list(record: h5py.Group, n: int, m: int) -> tuple[Sparse, I64]:
    """Weights and delays of a projection whose weights are a list."""
    start, target, weight = (record[key][()] for key in ("start", "synapse", "weight"))
    return Sparse((n, m), start, target, weight), integers(record["delay"])
