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
from math import isfinite

import numpy as np

from export.nir.nodes import STATEFUL, Array, Node
from export.nir.tree import Graph
from realsam.arrays import F64
from realsam.errors import ExportError

DT = 1e-4  # s: what every exporter that has a time step assumes
_ROUNDING = 1e-6  # relative: float32(1e-4) is shorter than 1e-4


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
        ExportError: if dt is no time.
    """
    if dt is not None:
        if not (isfinite(dt) and dt > 0):
            raise ExportError(f"dt = {dt} is not a positive number of seconds", "give another --dt")
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
    if cuba and push.any():
        i = int(np.flatnonzero(push)[0])
        raise ExportError(
            f"{node.name}[{i}]: v_leak = {get('v_leak')[i]:g} is not v_reset = {rest[i]:g}, which "
            "has no exact form beside a synaptic current",
            "set v_leak to v_reset, or use LIF",
        )
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
