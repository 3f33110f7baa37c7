"""Neurons of any NIR file on a time step: Euler's rule, as the programs that write them use it.

    LIF      v += dt / tau ((v_leak - v) + r I)                   spikes where v > v_threshold
    IF       v += dt r I                                          then v = v_reset
    CubaLIF  I += dt / tau_syn (-I + w_in S);  v as LIF
    LI, CubaLI, I: the same without spikes.  Threshold: spikes where its input is larger

The voltage is counted from v_reset, where it also starts. A leak toward another voltage than that
is a bias of every step.

Sources: nir 1.0.8 `nir/ir/neuron.py` (equations); snnTorch 1.0.0 and Norse 1.1.0 (Euler's rule).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from export.nir.nodes import LARGEST, SMALLEST, STATEFUL, Array, Node
from export.nir.tree import Graph
from realsam.arrays import F64
from realsam.errors import ExportError

DT = 1e-4  # s: what every exporter that has a time step assumes
_DIGITS = 1e15  # of float64
_ROUNDING = 1e-6  # relative: float32(1e-4) is shorter than 1e-4


ResetKind = Literal["zero", "subtract"]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """What the neurons of one node do in a step; all [N]."""

    leak: F64
    mix: F64
    gain: F64  # volts of u per unit of input
    push: F64  # volts added to v in every step
    threshold: F64 | None
    offset: F64


def time_step(graph: Graph, dt: float | None) -> tuple[float, tuple[str, ...]]:
    """The step in seconds, and what to say about it.

    Raises:
        ExportError: if dt is no time that a step could take.
    """
    if dt is not None:
        if not SMALLEST <= dt <= LARGEST:
            raise ExportError(
                f"dt = {dt:g} s is outside {SMALLEST:g}..{LARGEST:g}", "give another --dt"
            )
        return dt, ()
    neurons = [node for node in graph.nodes.values() if node.kind in STATEFUL]
    integrators = [node for node in neurons if node.kind in ("I", "IF")]
    timeless = all(node.kind in ("I", "IF", "Threshold") for node in neurons)
    delays = [node.fields["delay"] for node in graph.nodes.values() if node.kind == "Delay"]
    timeless = timeless and all(np.all(delay == np.rint(delay)) for delay in delays)
    if integrators and timeless and all(np.all(node.fields["r"] == 1) for node in integrators):
        return 1.0, (
            "no time constant in the file and r = 1 everywhere: it counts in steps, dt = 1",
        )
    return DT, ()


def dynamics(node: Node, size: int, dt: float) -> Dynamics:
    """What the neurons of a node do in a step of dt seconds.

    Raises:
        ExportError: naming the node and the field that has no form on the chip.
    """

    def get(key: str, default: float = 0.0) -> F64:
        values: Array = node.fields.get(key, np.asarray(default))
        return np.broadcast_to(values.astype(np.float64).ravel(), size).copy()

    cuba, kind = node.kind.startswith("Cuba"), node.kind
    ones, zeros = np.ones(size), np.zeros(size)
    if kind == "Threshold":
        return Dynamics(ones, ones, ones, zeros, _threshold(node, get("threshold")), zeros)
    leak = zeros if kind in ("I", "IF") else _fraction(node, "tau_mem" if cuba else "tau", get, dt)
    mix = _fraction(node, "tau_syn", get, dt) if cuba else ones
    drive = get("r") * (dt if kind in ("I", "IF") else leak)
    gain = drive * (mix * get("w_in", 1.0) if cuba else 1.0)
    rest = get("v_reset")
    push = leak * (get("v_leak") - rest)
    spikes = "v_threshold" in node.fields
    threshold = _threshold(node, get("v_threshold") - rest) if spikes else None
    return Dynamics(leak, mix, gain, push, threshold, rest)


def _fraction(node: Node, key: str, get: Callable[[str], F64], dt: float) -> F64:
    """[N] part of a state that a step loses."""
    tau = get(key)
    lost = dt / tau
    for i in np.flatnonzero(lost > 1 + _ROUNDING)[:1]:
        raise ExportError(
            f"{node.name}[{i}]: {key} = {tau[i]:g} s is shorter than the time step {dt:g} s",
            "give a smaller --dt",
        )
    return np.where(lost > 1 - _ROUNDING, 1.0, lost)


def _threshold(node: Node, above: F64) -> F64:
    for i in np.flatnonzero(above < 0)[:1]:
        raise ExportError(
            f"{node.name}[{i}]: its threshold is {-above[i]:g} below the voltage after a reset",
            "give v_threshold >= v_reset: the chip has no negative thresholds",
        )
    return above


def told_of_reset(node: Node, leak: F64, reset: ResetKind | None) -> bool:
    """Whether it is known what a spike does to the voltage, or nobody could notice.

    A voltage that keeps nothing from step to step notices no reset. Of any other one the chip
    knows but one kind.

    Args:
        node: neurons that spike.
        leak: [N] part of the voltage that a step loses.
        reset: what a user says; None: what the file tells.

    Raises:
        ExportError: if the voltage does not reset to v_reset.
    """
    keeps = np.flatnonzero(leak < 1)[:1]
    said = {"subtract": "--reset subtract", "zero": "", None: node.told}[reset]
    for i in keeps if said else ():
        raise ExportError(
            f"{node.name}[{i}]: does not reset to v_reset ({said}), and keeps {1 - leak[i]:.2%} of "
            "its voltage in a step",
            "train it with a reset to v_reset, the only one of the chip; if it has one, say "
            "--reset zero",
        )
    return reset is not None or "v_reset" in node.fields or keeps.size == 0


def refuse_apart(where: str, threshold: float, largest: float) -> None:
    """Refuse a threshold and weights that are too far apart even for float64.

    Raises:
        ExportError: naming both.
    """
    if threshold and largest and not 1 / _DIGITS <= threshold / largest <= _DIGITS:
        raise ExportError(
            f"{where}: a threshold of {threshold:g} beside weights of {largest:g} in the same unit",
            "mend v_threshold, r, tau or the weights",
        )
