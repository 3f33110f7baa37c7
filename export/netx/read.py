"""netx HDF5 -> Network: our own files, and chains of dense layers from other programs.

Foreign files have no `realsam` group. They are read as stock netx runs them: populations
layer1, layer2, ..., one chip step per token, the last layer as the readout.

Lacks: convolution, flatten, pooling, complex weights, sigma-delta and resonator neurons, neurons
in the input layer, graded spikes of neurons, delays that differ between the targets of one source.
In files of other programs also graded input and resets, which those files do not hold.
"""

from pathlib import Path

import h5py

from export.hdf5 import guarded, text
from export.netx.layers import Layers, read_layers
from export.netx.layout import FORMAT
from realsam.errors import BundleError, ExportError, NetworkError, RegisterRangeError
from realsam.ir import Input, Network, Projection, Reset


def from_netx(path: Path) -> Network:
    """Read a netx file.

    Raises:
        BundleError: if the file is missing or damaged.
        ExportError: naming the first layer that a Network cannot hold.
    """
    with guarded(path, "netx"), h5py.File(path, "r") as file:
        if "realsam" not in file:
            return _foreign(read_layers(file["layer"], may_concat=False))
        return _ours(file["realsam"], read_layers(file["layer"], may_concat=True))


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
        record = group[f"projection/{j}"].attrs
        target = text(record["target"])
        dense = layers.dense[number[target]]
        first, n_used[target] = n_used[target], n_used[target] + int(record["n_sources"])
        sources = dense.sources[first : n_used[target]]
        start = layers.width(dense.sources[:first])
        columns = slice(start, start + layers.width(sources))
        whole = sources == dense.sources
        projections.append(
            Projection(
                target,
                tuple(name.get(i, lines) for i in sources),
                dense.weight if whole else dense.weight[:, columns],
                dense.delay[columns],
                int(record["weight_exp"]),
            )
        )
    return tuple(projections)


def _foreign(layers: Layers) -> Network:
    if not layers.dense:
        raise ExportError("no layer has neurons", "give the network a dense layer")
    name = {layer: f"layer{k}" for k, layer in enumerate(layers.dense, 1)}
    try:
        return Network(
            Input("input", layers.n_lines),
            tuple(dense.lif(name[i]) for i, dense in layers.dense.items()),
            tuple(
                Projection(
                    name[i],
                    tuple(name.get(source, "input") for source in dense.sources),
                    dense.weight,
                    dense.delay,
                )
                for i, dense in layers.dense.items()
            ),
            name[max(name)],
        )
    except (NetworkError, RegisterRangeError) as error:
        raise ExportError(error.message, error.cure) from error
