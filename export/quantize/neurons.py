"""Registers of neurons: decays, thresholds, and weights that make up for rounded decays.

Sources: Pedersen et al. 2024, Nature Communications 15, 8122, `paper/nir_to_lava.py` (BSD-3):
int(131071 v_threshold) >> 9, int(4095 dt / tau).
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from export.quantize.model import FloatPopulation
from export.quantize.rounding import Listing
from realsam.arrays import F64, I64
from realsam.errors import ExportError
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT
from realsam.ir import Reset
from realsam.limits import (
    BIAS_MANTISSA_MAX,
    DU_MAX,
    DV_MAX,
    NEVER_SPIKES,
    RESET_INTERVAL_MAX,
    VTH_MAX,
)

Scaling = Literal["best", "nir-paper"]
COMPENSATED = 0.05  # relative error of a decay up to which weights make up for it


def decays(p: FloatPopulation, steps: int, scaling: Scaling, listing: Listing) -> tuple[I64, I64]:
    """[N] registers du and dv, for `steps` chip steps per step of the file.

    Raises:
        ExportError: if a current would act in several steps of one.
    """
    for i in np.flatnonzero(p.mix < 1)[:1] if steps > 1 else ():
        raise ExportError(
            f"{p.name}[{i}]: a synaptic current with memory would act in each of the {steps} "
            "steps of a token",
            "use LIF in networks with loops through several layers",
        )
    paper = scaling == "nir-paper"
    one, cut = (DECAY_ONE - 1, np.trunc) if paper else (DECAY_ONE, np.rint)
    # A token decays by what its steps decay together.
    leak = p.leak if steps == 1 else 1 - (1 - p.leak) ** (1 / steps)
    dv = np.where(leak == 1, DV_MAX, cut(leak * one)).astype(np.int64)
    du = cut(p.mix * one).astype(np.int64) - (0 if paper else 1)
    du = np.where(p.mix == 1, DU_MAX, np.clip(du, 0, DU_MAX))
    listing.add(p.name, "dv", leak * DECAY_ONE, dv)
    listing.add(p.name, "du", np.where(p.mix == 1, DU_MAX, p.mix * DECAY_ONE - 1), du)
    return du, dv


def thresholds(p: FloatPopulation, scale: float, scaling: Scaling, listing: Listing) -> I64:
    """[N] registers vth.

    Raises:
        ExportError: if one is larger than the register.
    """
    if p.threshold is None:
        return np.full(p.size, NEVER_SPIKES)
    wanted = p.threshold * scale
    got = np.rint(wanted)
    if scaling == "nir-paper":
        got = np.floor(np.trunc(p.threshold * (NEVER_SPIKES - 1)) / 512)
    for i in np.flatnonzero(got > VTH_MAX - 1)[:1]:
        raise ExportError(
            f"{p.name}[{i}]: a threshold of {got[i]:,.6g} is more than {VTH_MAX - 1:,}",
            "use --scaling best",
        )
    vth = got.astype(np.int64)
    listing.add(p.name, "vth", wanted, vth)
    return vth


def biases(p: FloatPopulation, scale: float, rest: I64, listing: Listing) -> I64:
    """[N] registers bias: the push, and the rest that the weights of ALWAYS_ON leave.

    A register holds a mantissa of 12 bits and an exponent.
    """
    pushed = p.push * scale * (1 << STATE_SHIFT)
    wanted = pushed + rest
    bits = np.frexp(wanted)[1] - BIAS_MANTISSA_MAX.bit_length()
    steps = 2.0 ** np.maximum(bits, 0)
    got: I64 = (np.rint(wanted / steps) * steps).astype(np.int64)
    listing.add(p.name, "bias", pushed, np.where(p.push == 0, 0, got - rest))
    return got


def awake(p: FloatPopulation, scale: float, vth: I64, depth: int) -> Reset | None:
    """The reset in which a population with a push begins: before, its register acts in vain.

    Args:
        p: the population.
        scale: units of a_in per volt.
        vth: [N] its thresholds.
        depth: chip steps before its first one of the file.

    Raises:
        ExportError: if the push makes it spike before that.
    """
    if not p.push.any():
        return None
    voltage = np.zeros(p.size)
    for _ in range(depth):
        voltage = voltage * (1 - p.leak) + p.push * scale
        for i in np.flatnonzero(np.rint(voltage) >= vth)[:1]:
            raise ExportError(
                f"{p.name}[{i}]: v_leak lifts it above its threshold in the {depth} chip steps "
                "before its first input",
                "set v_leak closer to v_reset, or use LIF",
            )
    return Reset(RESET_INTERVAL_MAX, depth)


def compensated(p: FloatPopulation, du: I64, dv: I64, steps: int) -> FloatPopulation:
    """Weights for the time constants that the registers have.

    A readout gets the steady voltages of the file. Neurons that spike are between the first step,
    which needs no correction, and the steady state, which needs it all: half of it, as a power.
    Only where the registers come close: a leak that is rounded away has no steady state to keep.
    """
    leak = 1 - (1 - dv / DECAY_ONE) ** steps
    power = 1.0 if p.threshold is None else 0.5
    slower = _ratio(leak, p.leak) ** power
    ratio = slower * _ratio((du + 1) / DECAY_ONE, p.mix) ** power
    inputs = tuple(replace(s, map=s.map.scaled(ratio)) for s in p.inputs)
    return replace(p, inputs=inputs, push=p.push * slower)


def _ratio(got: F64, wanted: F64) -> F64:
    ratio = got / np.where(wanted == 0, 1, wanted)
    return np.where((wanted < 1) & (np.abs(ratio - 1) < COMPENSATED), ratio, 1.0)
