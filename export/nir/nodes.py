"""Nodes of a NIR file of any program: their types, their fields, and what is wrong with them.

Read from the HDF5 tree itself, not through `nir.read`: that one fails on a bad file without the
name of the node, and fills in shapes that files do not have.

Sources: nir 1.0.8 `nir/serialization.py` (keys; v_reset may be absent), `nir/ir/*.py` (fields).
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import h5py
import numpy as np
import numpy.typing as npt

from export.hdf5 import NAME_MAX, shown, text, word
from realsam.errors import ExportError

Array: TypeAlias = npt.NDArray[Any]
VALUES_MAX = 1 << 28  # numbers of one field
LARGEST, SMALLEST = 1e30, 1e-30  # magnitudes: products of a few of them are numbers, too
WHOLE_MAX = 1 << 40  # of numbers that count something
GRAPH = "NIRGraph"
THROUGH = "Through"  # our own: passes on what comes in, as the ends of a subgraph do
_WINDOW = ("weight", "bias", "stride", "padding", "dilation", "groups")
REQUIRED: dict[str, tuple[str, ...]] = {
    "Input": ("shape",),
    "Output": ("shape",),
    "Linear": ("weight",),
    "Affine": ("weight", "bias"),
    "Scale": ("scale",),
    "Conv1d": _WINDOW,
    "Conv2d": _WINDOW,
    "SumPool2d": ("kernel_size", "stride", "padding"),
    "AvgPool2d": ("kernel_size", "stride", "padding"),
    "Flatten": ("start_dim", "end_dim"),
    "Delay": ("delay",),
    "Threshold": ("threshold",),
    "I": ("r",),
    "IF": ("r", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold"),
    "CubaLI": ("tau_mem", "tau_syn", "r", "v_leak"),
    "CubaLIF": ("tau_mem", "tau_syn", "r", "v_leak", "v_threshold"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "Conv1d": ("input_shape",),
    "Conv2d": ("input_shape",),
    "Flatten": ("input_type",),
    "IF": ("v_reset",),
    "LIF": ("v_reset",),
    "CubaLI": ("w_in",),
    "CubaLIF": ("v_reset", "w_in"),
}
STATEFUL = ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF", "Threshold")
SPIKING = ("IF", "LIF", "CubaLIF", "Threshold")
_SYNAPTIC = ("weight", "bias", "scale")  # few of them may be next to nothing
_WHOLE = (
    *("shape", "input_shape", "input_type", "kernel_size", "stride", "padding", "dilation"),
    *("groups", "start_dim", "end_dim"),
)
_SINGLE = ("groups", "start_dim", "end_dim")
_SOFT = ("sub", "soft")  # in a word for a reset that takes the threshold off
_POSITIVE = ("tau", "tau_mem", "tau_syn", "stride", "dilation", "groups", "kernel_size")
_NOT_NEGATIVE = ("delay", "padding", "input_shape", "input_type")


@dataclass(frozen=True, eq=False)
class Node:
    """One node, its numbers checked one by one."""

    name: str
    kind: str
    fields: dict[str, Array] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # fields that are text: padding "same"
    told: str = ""  # what the metadata say about a reset that is none to v_reset

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the neurons of a node that has state: of its largest field; () broadcasts."""
        shapes = {values.shape for values in self.fields.values()} - {()}
        if len(shapes) > 1:
            listed = ", ".join(f"{key} {list(v.shape)}" for key, v in self.fields.items())
            raise ExportError(
                f"{self.name}: its fields have different shapes: {listed}",
                "give every field one value per neuron",
            )
        return next(iter(shapes), ())


def read_node(name: str, group: h5py.Group) -> Node:
    """Read and check one node.

    Raises:
        ExportError: naming the node, the field and its value.
    """
    kind = word(name, group, "type")
    if kind not in REQUIRED:
        raise ExportError(
            f"{name}: node type {shown(kind)} is not known",
            f"build the network of {', '.join(REQUIRED)}",
        )
    optional = OPTIONAL.get(kind, ())
    for key in REQUIRED[kind]:
        if key not in group:
            raise ExportError(f"{name}: {kind} has no {key}", "export the network again")
    known = (*REQUIRED[kind], *optional, "type", "metadata", "input_type", "output_type")
    for key in group:
        if key not in known:
            raise ExportError(
                f"{name}: {kind} has an unknown field {shown(key)}",
                "export it with NIR 1.0.x: what is not known here could change the network",
            )
    fields: dict[str, Array] = {}
    words: dict[str, str] = {}
    for key in (*REQUIRED[kind], *optional):
        if key in group:
            value = _value(f"{name}: {key}", group, key)
            if isinstance(value, str):
                words[key] = value
            else:
                fields[key] = value
    _refuse_words(name, words)
    return Node(name, kind, fields, words, _soft_reset(group))


def refuse_name(name: str) -> None:
    """Refuse names that no message and no file can show.

    Raises:
        ExportError: with the beginning of the name.
    """
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise ExportError(
            f"{shown(name)}: no name for a node",
            f"give it a name of at most {NAME_MAX} printable letters",
        )


def _value(where: str, group: h5py.Group, key: str) -> Array | str:
    stored = group[key]
    if not isinstance(stored, h5py.Dataset):
        raise ExportError(f"{where} is a group, not numbers", "export the network again")
    is_text = h5py.check_string_dtype(stored.dtype) is not None
    if is_text and stored.size == 1:
        return word(where, group, key)
    if is_text or stored.dtype.kind not in "biuf":
        holds = "text" if is_text else stored.dtype
        raise ExportError(f"{where} holds {holds}, not numbers", "export it as numbers")
    if not stored.size:
        raise ExportError(f"{where} is empty", "give it at least one number")
    if stored.size > VALUES_MAX:
        raise ExportError(
            f"{where} has {stored.size:,} numbers, not 1..{VALUES_MAX:,}", "cut the layer"
        )
    values = np.asarray(stored[()])
    _refuse_numbers(where, key, values)
    return values


def _refuse_numbers(where: str, key: str, values: Array) -> None:
    largest = max(abs(float(values.max())), abs(float(values.min())))
    if not largest <= LARGEST:  # so written that NaN is wrong, too
        for at in np.argwhere(~np.isfinite(values))[:1]:
            raise ExportError(f"{where}{_index(at)} = {values[tuple(at)]} is not finite", "mend it")
        at = np.argwhere(np.abs(values) > LARGEST)[0]
        raise ExportError(
            f"{where}{_index(at)} = {values[tuple(at)]!s} is beyond {LARGEST:g}", "use other units"
        )
    if key in _SINGLE and values.size > 1:
        raise ExportError(f"{where} has {values.size} numbers, not one", "mend it")
    if key in _WHOLE:
        for at in np.argwhere((values != np.rint(values)) | (np.abs(values) > WHOLE_MAX))[:1]:
            raise ExportError(
                f"{where}{_index(at)} = {values[tuple(at)]} is no whole number up to 2**40",
                "mend it",
            )
    low = 0 if key in _NOT_NEGATIVE else 1 if key == "shape" else None
    wrong = values <= 0 if key in _POSITIVE else values < low if low is not None else None
    for at in np.argwhere(wrong)[:1] if wrong is not None else ():
        wish = "positive" if key in (*_POSITIVE, "shape") else "0 or more"
        raise ExportError(f"{where}{_index(at)} = {values[tuple(at)]} is not {wish}", "mend it")
    small = np.abs(largest if key in _SYNAPTIC else values) < SMALLEST
    for at in np.argwhere(small & (values != 0))[:1]:
        raise ExportError(
            f"{where}{_index(at)} = {values[tuple(at)]} is below {SMALLEST:g}, but not 0",
            "give 0, or use other units",
        )


def _index(at: Array) -> str:
    return f"[{', '.join(map(str, at))}]" if at.size else ""


def _refuse_words(name: str, words: dict[str, str]) -> None:
    for key, value in words.items():
        if key != "padding" or value not in ("same", "valid"):
            raise ExportError(
                f"{name}: {key} = {shown(value)} is not a number", "give numbers, or padding 'same'"
            )


def _soft_reset(group: h5py.Group) -> str:
    """NIR has no key for the kind of a reset; some programs tell it in the metadata."""
    metadata = group.get("metadata")
    for key in metadata if isinstance(metadata, h5py.Group) else ():
        stored = metadata[key]
        is_text = isinstance(stored, h5py.Dataset) and h5py.check_string_dtype(stored.dtype)
        if "reset" in key.lower() and is_text and stored.size == 1:
            told = text(stored[()])
            if told.lower() == "none" or any(part in told.lower() for part in _SOFT):
                return f"metadata {shown(key)} = {shown(told)}"
    return ""
