"""Neurons of NIR: registers <-> time constants, thresholds and resistances.

NIR has neither a step nor integers, so every simulator integrates the equations by Euler's rule
with a step of its own choice. These neurons are written for the step DT, in units of weights
(v / 64), such that one Euler step is one token without the truncation of the P decays in it:

    v[t+1] = v[t] (1 - DT / tau) + (DT / tau) r I,    tau = DT / (1 - ((4096 - dv) / 4096)**P)

with r = tau / DT, so that the input counts in full.

Sources: nir 1.0.8 `nir/ir/neuron.py` (equations); snnTorch 1.0.0 `import_nir.py` (DT).
"""

from typing import Any, Literal, TypeAlias

import nir
import numpy as np

from realsam.arrays import F64, I64
from realsam.errors import ExportError
from realsam.ir import Lif, keep_fraction
from realsam.limits import DV_MAX

Profile = Literal["portable", "spec"]
Neuron: TypeAlias = Any  # nir.CubaLIF or nir.LIF; nir has no types

DT = 1e-4  # s
# A neuron without leak has no finite tau, and r = tau / DT must stay finite. At 2**60 the factor
# 1 - DT / tau is exactly 1, in float64 as in float32, and (DT / tau) r is exactly 1.
NO_LEAK = 2.0**60
# Integer voltages are multiples of 1 / 64 here. Half a step above the threshold none of them is
# equal to it, so that simulators which compare with >= agree with those which compare with >.
MARGIN = 1 / 128
ROUNDING = 1e-12  # relative; what is left of float64 after a power and a division


def time_constant(dv: I64, steps: int) -> F64:
    """[N] tau in seconds of the voltage decay register dv, for `steps` chip steps."""
    lost = np.where(dv == 0, 1 / NO_LEAK, 1 - keep_fraction(dv, steps))
    tau: F64 = DT / lost
    return tau


def decay_register(where: str, tau: F64, steps: int, hint: I64 | None) -> I64:
    """[N] the dv that gives tau.

    Where the decay of a token is so strong that float64 tells several dv no longer apart, the hint
    decides between them. Without one it is dv = 4096: each of them leaves nothing of a 24-bit
    voltage, so the spikes are the same.

    Args:
        where: name of the node, for errors.
        tau: [N] time constants in s.
        steps: chip steps per token, P.
        hint: [N] dv that must agree with tau.

    Raises:
        ExportError: if no dv agrees with tau, or the hint does not.
    """
    rising = time_constant(np.arange(DV_MAX, -1, -1), steps)  # dv 4096 has the shortest tau
    low = DV_MAX + 1 - np.searchsorted(rising, tau * (1 + ROUNDING), side="right")
    high = DV_MAX - np.searchsorted(rising, tau * (1 - ROUNDING), side="left")
    for i in np.flatnonzero(low > high)[:1]:
        raise ExportError(
            f"{where}[{i}]: no dv register gives tau = {tau[i]:g} s in {steps} steps",
            "quantize the network first",
        )
    if hint is None:
        return np.where(low == high, low, DV_MAX)
    for i in np.flatnonzero((hint < low) | (hint > high))[:1]:
        raise ExportError(
            f"{where}[{i}]: metadata dv = {hint[i]} contradicts tau = {tau[i]:g} s",
            "remove the metadata if tau is right",
        )
    return hint


def to_neuron(lif: Lif, steps: int, profile: Profile) -> Neuron:
    """The node of a spiking population.

    Portable files use CubaLIF with a synapse that forgets within a step: Norse ignores r of LIF.
    """
    tau = time_constant(lif.dv, steps)
    zero, one = np.zeros_like(tau), np.ones_like(tau)
    hint = {"dv": lif.dv.copy()}
    if profile == "spec":
        return nir.LIF(
            tau=tau, r=tau / DT, v_leak=zero, v_threshold=one * lif.vth, v_reset=zero, metadata=hint
        )
    return nir.CubaLIF(
        tau_syn=one * DT,
        tau_mem=tau,
        r=tau / DT,
        v_leak=zero,
        v_threshold=lif.vth + MARGIN,
        v_reset=zero,
        w_in=one,
        metadata=hint,
    )


def from_neuron(name: str, node: Neuron, steps: int) -> tuple[I64, I64]:
    """Registers dv and vth of a node: [N] each.

    Raises:
        ExportError: naming the node and the field that no register can hold.
    """
    tau = np.asarray(node.tau_mem if isinstance(node, nir.CubaLIF) else node.tau, np.float64)
    fixed: dict[str, tuple[Any, Any]] = {
        "v_leak": (node.v_leak, 0.0),
        "v_reset": (node.v_reset, 0.0),
        "r": (node.r, tau / DT),
    }
    if isinstance(node, nir.CubaLIF):
        fixed |= {"tau_syn": (node.tau_syn, DT), "w_in": (node.w_in, 1.0)}
    for field, (value, expected) in fixed.items():
        if not np.allclose(value, expected, rtol=ROUNDING, atol=0):
            raise ExportError(
                f"{name}: {field} is not that of an integer neuron", "quantize the network first"
            )
    vth = np.floor(node.v_threshold).astype(np.int64)
    if not np.isin(node.v_threshold - vth, (0, MARGIN)).all():
        raise ExportError(
            f"{name}: v_threshold is no multiple of a weight", "quantize the network first"
        )
    hint = node.metadata.get("dv")
    return decay_register(name, tau, steps, hint), vth
