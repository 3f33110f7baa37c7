"""Nodes with weights, as maps of what they hear.

Sources: nir 1.0.8 `nir/ir/conv.py`, `nir/ir/pooling.py`, `nir/ir/linear.py`.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from export.maps import Map, add, compose, convolution, dense, diagonal, pool
from export.nir.nodes import Node
from export.nir.shapes import window
from export.quantize.model import ALWAYS_ON
from realsam.errors import ExportError

Heard: TypeAlias = dict[tuple[str, int], Map]  # (source, lag) -> map
_LARGEST, _SMALLEST = 1e60, 1e-60  # of the weights between two populations, in their units


def weighted(node: Node, taken: tuple[int, ...], channels: int, heard: Heard) -> Heard:
    """What a node with weights makes of what it hears; its bias is a weight of ALWAYS_ON.

    Args:
        node: of a kind in WEIGHTED.
        taken: shape of its input.
        channels: first axis of its output: a bias belongs to one of them.
        heard: its input.

    Raises:
        ExportError: naming the node, if its matrix or a product is too large.
    """
    try:
        own = WEIGHTED[node.kind](node, taken)
        given = {key: compose(own, before) for key, before in heard.items()}
    except ExportError as error:
        raise ExportError(f"{node.name}: {error.message}", error.cure) from error
    for product in given.values():
        refuse_extremes(node.name, product)
    if "bias" in node.fields and node.fields["bias"].any():
        each = np.broadcast_to(node.fields["bias"].astype(np.float64).ravel(), channels)
        column = dense(np.repeat(each, own.shape[0] // channels)[:, None])
        known = [given[ALWAYS_ON, 0]] if (ALWAYS_ON, 0) in given else []
        given[ALWAYS_ON, 0] = add([*known, column])
    return given


def refuse_extremes(where: str, given: Map) -> None:
    """Refuse products that could not be multiplied further.

    Raises:
        ExportError: naming what they come to.
    """
    if given.largest and not _SMALLEST <= given.largest <= _LARGEST:
        raise ExportError(
            f"{where}: its weights come to {given.largest:g}, outside {_SMALLEST:g}..{_LARGEST:g}",
            "use other units",
        )


def _convolution(node: Node, taken: tuple[int, ...]) -> Map:
    groups = int(node.fields["groups"].flat[0])
    return convolution(node.fields["weight"], groups, window(node, taken), taken)


def _mean(node: Node, taken: tuple[int, ...]) -> Map:
    moves = window(node, taken)
    return pool(1 / float(np.prod(moves.kernel)), moves, taken)


WEIGHTED: dict[str, Callable[[Node, tuple[int, ...]], Map]] = {
    "Linear": lambda node, _: dense(node.fields["weight"]),
    "Affine": lambda node, _: dense(node.fields["weight"]),
    "Scale": lambda node, taken: diagonal(np.broadcast_to(node.fields["scale"], taken)),
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "SumPool2d": lambda node, taken: pool(1.0, window(node, taken), taken),
    "AvgPool2d": _mean,
}
