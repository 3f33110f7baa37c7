"""Shapes along the edges of a graph: each must be what the node behind it takes.

Sources: nir 1.0.8 `nir/ir/utils.py` (calculate_conv_output), torch 2.13.0 `nn.Conv2d` ("same").
"""

from math import prod

import numpy as np

from export.maps import Window
from export.nir.nodes import STATEFUL, Node
from export.nir.tree import Graph
from realsam.errors import ExportError

Shape = tuple[int, ...]


class Shapes:
    """The shape that every node gives, found backwards from what is known."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._into: dict[str, list[str]] = {name: [] for name in graph.nodes}
        for source, target in graph.edges:
            self._into[target].append(source)
        # Those of neurons are known before their input: neurons may close loops.
        neurons = {n: node for n, node in graph.nodes.items() if node.kind in STATEFUL}
        self._known: dict[str, Shape] = {n: node.shape for n, node in neurons.items() if node.shape}
        self._open: set[str] = set()
        for name in graph.nodes:
            self.given(name)
        for name, node in neurons.items():
            _gives(node, self.taken(name))

    def into(self, name: str) -> list[str]:
        """The nodes whose sum a node gets."""
        return self._into[name]

    def given(self, name: str) -> Shape:
        """Shape of what a node gives.

        Raises:
            ExportError: naming the node, if it cannot take what it gets.
        """
        if name not in self._known:
            if name in self._open:
                raise ExportError(
                    f"{name}: a loop without neurons", "put neurons or a Delay into the loop"
                )
            self._open.add(name)
            self._known[name] = _gives(self._nodes[name], self.taken(name))
            self._open.remove(name)
        return self._known[name]

    def taken(self, name: str) -> Shape:
        """Shape of the sum that a node gets; its own where nothing comes in."""
        node, sources = self._nodes[name], self._into[name]
        if node.kind == "Input":
            if sources:
                raise ExportError(f"{name}: edges lead into an Input", "leave them out")
            return tuple(map(int, node.fields["shape"].ravel()))
        if not sources:
            raise ExportError(f"{name}: nothing leads to it", "connect it or leave it out")
        found = {source: self.given(source) for source in sources}
        shape = found[sources[0]]
        for source, other in found.items():
            if other != shape:
                raise ExportError(
                    f"{name}: hears {sources[0]} of shape {list(shape)} and {source} of shape "
                    f"{list(other)}",
                    "only equal shapes can be summed",
                )
        return shape


def _gives(node: Node, taken: Shape) -> Shape:
    fields = node.fields
    if node.kind in ("Input", "Through"):
        return taken
    if node.kind == "Output":
        shape = tuple(map(int, fields["shape"].ravel()))
        _expect(node, "gets", taken, shape)
        return shape
    if node.kind in ("Linear", "Affine"):
        return _linear(node, taken)
    if node.kind == "Flatten":
        return _flat(node, taken)
    if node.kind in ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d"):
        return _slides(node, taken)
    if node.shape:  # neurons, Scale, Delay
        _expect(node, "gets", taken, node.shape)
    return taken


def _expect(node: Node, verb: str, found: Shape, wanted: Shape) -> None:
    if found != wanted:
        raise ExportError(
            f"{node.name}: {node.kind} of shape {list(wanted)} {verb} {list(found)}",
            "mend the shape, or export the network again",
        )


def _linear(node: Node, taken: Shape) -> Shape:
    weight = node.fields["weight"]
    if weight.ndim != 2:
        raise ExportError(
            f"{node.name}: weight is {list(weight.shape)}, not [outputs, inputs]", "mend it"
        )
    n, m = weight.shape
    # Without a Flatten in front, only the flat reading fits where the last axis does not.
    if prod(taken) != m:
        _expect(node, "gets", taken, (m,))
    if node.kind == "Affine" and node.fields["bias"].size not in (1, n):
        raise ExportError(
            f"{node.name}: bias is {list(node.fields['bias'].shape)}, not [{n}]", "mend it"
        )
    return (n,)


def _flat(node: Node, taken: Shape) -> Shape:
    if "input_type" in node.fields:
        wanted = tuple(map(int, node.fields["input_type"].ravel()))
        _expect(node, "gets", taken, wanted)
    ends = []
    for key in ("start_dim", "end_dim"):
        value = int(node.fields[key].flat[0])
        if not -len(taken) <= value <= len(taken):
            raise ExportError(
                f"{node.name}: {key} = {value} is no axis of {list(taken)}", "mend it"
            )
        ends.append(value % len(taken) if value < len(taken) else len(taken) - 1)
    first, last = ends
    if first >= last:
        return taken
    return (*taken[:first], prod(taken[first : last + 1]), *taken[last + 1 :])


def _slides(node: Node, taken: Shape) -> Shape:
    n_axes = 1 if node.kind == "Conv1d" else 2
    if len(taken) != n_axes + 1:
        raise ExportError(
            f"{node.name}: {node.kind} gets {list(taken)}, not channels and {n_axes} axes",
            "give it the shape that it needs",
        )
    channels = taken[0]
    if "weight" in node.fields:
        channels = _channels(node, taken, n_axes)
    places = window(node, taken).outputs(taken[1:])
    if min(places) < 1:
        raise ExportError(f"{node.name}: its kernel is larger than {list(taken)}", "mend it")
    return (channels, *places)


def _channels(node: Node, taken: Shape, n_axes: int) -> int:
    weight, groups = node.fields["weight"], int(node.fields["groups"].flat[0])
    shape = list(weight.shape)
    if weight.ndim != n_axes + 2:
        raise ExportError(
            f"{node.name}: weight is {shape}, not [outputs, inputs, kernel]", "mend it"
        )
    if weight.shape[1] * groups != taken[0] or weight.shape[0] % groups:
        raise ExportError(
            f"{node.name}: weight {shape} with {groups} groups does not fit {taken[0]} channels",
            "mend it",
        )
    if "input_shape" in node.fields:
        wanted = tuple(map(int, node.fields["input_shape"].ravel()))
        _expect(node, "gets", taken[1:], wanted)
    if node.fields["bias"].size not in (1, weight.shape[0]):
        raise ExportError(
            f"{node.name}: bias is {list(node.fields['bias'].shape)}, not [{weight.shape[0]}]",
            "mend it",
        )
    return int(weight.shape[0])


def window(node: Node, taken: Shape) -> Window:
    """How the kernel of a convolution or a pool moves."""
    n_axes = len(taken) - 1
    kernel = (
        tuple(node.fields["weight"].shape[2:])
        if "weight" in node.fields
        else _each(node, "kernel_size", n_axes)
    )
    stride = _each(node, "stride", n_axes)
    dilation = _each(node, "dilation", n_axes) if "dilation" in node.fields else (1,) * n_axes
    before = behind = (0,) * n_axes
    if node.words.get("padding") == "same":
        if max(stride) > 1:
            raise ExportError(f"{node.name}: padding 'same' with stride {list(stride)}", "use 1")
        whole = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        before, behind = tuple(w // 2 for w in whole), tuple(w - w // 2 for w in whole)
    elif "padding" in node.fields:
        before = behind = _each(node, "padding", n_axes)
    return Window(kernel, stride, before, behind, dilation)


def _each(node: Node, key: str, n_axes: int) -> tuple[int, ...]:
    values = node.fields[key].ravel()
    if values.size not in (1, n_axes) or np.any(values != np.trunc(values)):
        raise ExportError(
            f"{node.name}: {key} = {values.tolist()} is not one integer per axis", "mend it"
        )
    return tuple(int(v) for v in np.broadcast_to(values, n_axes))
