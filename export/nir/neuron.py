"""Neurons of NIR: registers <-> time constants, thresholds and resistances.

NIR has neither a step nor integers, so every simulator integrates the equations by Euler's rule
with a step of its own choice. These neurons are written for the step DT, in units of weights
(v / 64), such that one Euler step is one token without the truncation of the P decays in it:

    I[t+1] = I[t] (1 - DT / tau_syn) + (DT / tau_syn) w_in S     tau_syn = DT 4096 / (du + 1)
    v[t+1] = v[t] (1 - DT / tau) + (DT / tau) (v_leak + r I)
                                       tau = DT / (1 - ((4096 - dv) / 4096)**P)

with w_in = tau_syn / DT and r = tau / DT, so that the input counts in full. A bias acts on v alone:
where the current has memory it is v_leak = r bias / 64, else one with the input (an Affine's).

Sources: nir 1.0.8 `nir/ir/neuron.py` (equations); snnTorch 1.0.0 `import_nir.py` (DT).
"""

from typing import Any, Literal, TypeAlias

import nir
import numpy as np

from export.hdf5 import BEYOND
from export.nir.hints import DV
from realsam.arrays import F64, I64
from realsam.errors import ExportError
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT
from realsam.ir import Lif, keep_fraction
from realsam.limits import DU_MAX, DV_MAX, NEVER_SPIKES

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


def bias_leaks(lif: Lif) -> bool:
    """Whether the bias of a population is v_leak, and not that of an Affine in front of it."""
    return bool(np.any(lif.du != DU_MAX))


def to_neuron(lif: Lif, steps: int, profile: Profile, spiking: bool) -> Neuron:
    """The node of a population: LIF or CubaLIF, or LI or CubaLI if it does not spike.

    Portable files always use CubaLIF: Norse ignores r of LIF.
    """
    tau = time_constant(lif.dv, steps)
    zero, r = np.zeros_like(tau), tau / DT
    leak = r * (lif.bias / (1 << STATE_SHIFT)) if bias_leaks(lif) else zero
    cuba = profile == "portable" or bias_leaks(lif)
    tau_syn = DT * (DECAY_ONE / (lif.du + 1))
    common = {"r": r, "v_leak": leak, "metadata": {DV: lif.dv.copy()}}
    common |= {"tau_syn": tau_syn, "tau_mem": tau, "w_in": tau_syn / DT} if cuba else {"tau": tau}
    if not spiking:
        return (nir.CubaLI if cuba else nir.LI)(**common)
    threshold = lif.vth + (MARGIN if profile == "portable" else 0.0)
    return (nir.CubaLIF if cuba else nir.LIF)(**common, v_threshold=threshold, v_reset=zero)


def from_neuron(name: str, node_name: str, node: Neuron, steps: int) -> Lif:
    """The population of a node, its bias that of v_leak.

    Raises:
        ExportError: naming the node and the field that no register can hold.
    """
    cuba = isinstance(node, nir.CubaLIF | nir.CubaLI)
    tau = np.asarray(node.tau_mem if cuba else node.tau, np.float64)
    du = np.full(tau.shape, DU_MAX)
    fixed: dict[str, tuple[Any, Any]] = {"r": (node.r, tau / DT)}
    if cuba:
        if steps == 1:  # else a current with memory would act within the token
            du = np.rint(DECAY_ONE * DT / node.tau_syn).astype(np.int64) - 1
        tau_syn = DT * (DECAY_ONE / (du + 1))
        fixed |= {"tau_syn": (node.tau_syn, tau_syn), "w_in": (node.w_in, tau_syn / DT)}
    bias = np.rint(node.v_leak * DT / tau * (1 << STATE_SHIFT)) * (steps == 1)
    fixed["v_leak"] = node.v_leak, bias / (1 << STATE_SHIFT) * tau / DT
    vth = np.full(tau.shape, NEVER_SPIKES)
    if isinstance(node, nir.LIF | nir.CubaLIF):
        fixed["v_reset"] = node.v_reset, 0.0
        vth = np.floor(node.v_threshold).astype(np.int64)
        if not np.isin(node.v_threshold - vth, (0, MARGIN)).all():
            raise ExportError(
                f"{node_name}: v_threshold is no multiple of a weight", "quantize the network first"
            )
    for field, (value, expected) in fixed.items():
        if not np.allclose(value, expected, rtol=ROUNDING, atol=0):
            raise ExportError(
                f"{node_name}: {field} is not that of an integer neuron",
                "quantize the network first",
            )
    dv = decay_register(node_name, tau, steps, node.metadata.get(DV))
    return Lif(name, du, dv, np.clip(bias, -BEYOND, BEYOND).astype(np.int64), vth)
