"""Rules of the registers of a population."""

from collections.abc import Iterator

import numpy as np

from realsam.arrays import I64
from realsam.checking.rule import Rule, Subject, Violation, and_more, outside
from realsam.fixedpoint import DECAY_ONE, STATE_SHIFT
from realsam.ir import register_groups
from realsam.limits import NEVER_SPIKES


def _current_decay(subject: Subject) -> Iterator[Violation]:
    high = subject.limit("du_max")
    for lif in subject.network.populations:
        if found := outside("du", lif.du, 0, high):
            fix = "clamp it in the quantizer; 4095 forgets at once"
            yield Violation(f"{lif.name}[{found[0]}]", found[1], f"0..{high}", fix)


def _voltage_decay(subject: Subject) -> Iterator[Violation]:
    high = subject.limit("dv_max")
    for lif in subject.network.populations:
        if found := outside("dv", lif.dv, 0, max(high, DECAY_ONE)):
            fix = "clamp it in the quantizer"
            yield Violation(f"{lif.name}[{found[0]}]", found[1], f"0..{high}", fix)
        elif found := outside("dv", lif.dv, 0, high):
            certain = lif.dv[found[0]] != DECAY_ONE or high != DECAY_ONE - 1
            fix = (
                f"use {high}"
                if certain
                else f"use {high}: the same where a neuron's input has a pause of one step, "
                "else |v| >> 12 is left of the step before"
            )
            where = f"{lif.name}[{found[0]}]"
            yield Violation(where, found[1], f"0..{high}", fix, is_certain=certain)


def _threshold(subject: Subject) -> Iterator[Violation]:
    high = subject.limit("vth_max")
    for lif in subject.network.populations:
        # 2**17 is the file formats' "never": the register's largest value may do the same.
        reached = subject.worst[lif.name].v.high
        never = (lif.vth == NEVER_SPIKES) & (high == NEVER_SPIKES - 1)
        never_too = never & (reached <= high << STATE_SHIFT)
        if found := outside("vth", np.where(never, 0, lif.vth), 0, high):
            fix = "scale weights and thresholds down together"
            yield Violation(f"{lif.name}[{found[0]}]", found[1], f"0..{high}", fix)
        elif places := np.flatnonzero(never & ~never_too).tolist():
            i = places[0]
            value = f"vth = {lif.vth[i]}{and_more(len(places))}"
            fix = f"use {high}, and scale the weights so that v stays at {high << STATE_SHIFT:,}"
            yield Violation(f"{lif.name}[{i}]", value, f"0..{high}", fix, is_certain=False)


def _bias(subject: Subject) -> Iterator[Violation]:
    mantissa_max, exponent_max = subject.limit("bias_mantissa_max"), subject.limit("bias_exp_max")
    for lif in subject.network.populations:
        wrong = ~_bias_fits(lif.bias, mantissa_max, exponent_max)
        for i in np.flatnonzero(wrong)[:1]:
            value = f"bias = {lif.bias[i]}{and_more(int(wrong.sum()))}"
            limit = f"+-{mantissa_max} << 0..{exponent_max}"
            fix = "round it to such a number, or bring it in by an input line that is always on"
            yield Violation(f"{lif.name}[{i}]", value, limit, fix)


def _bias_fits(
    bias: I64, mantissa_max: int, exponent_max: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    fits = np.zeros(bias.shape, np.bool_)
    for exponent in range(exponent_max + 1):
        mantissa = bias >> exponent
        fits |= (mantissa << exponent == bias) & (np.abs(mantissa) <= mantissa_max)
    return fits


def _one_register(subject: Subject) -> Iterator[Violation]:
    most, network = subject.limit("registers"), subject.network
    for lif in network.populations:
        n_groups = len(register_groups(lif))
        if n_groups <= most:
            continue
        counts = ((r, np.unique(getattr(lif, r)).size) for r in ("du", "dv", "vth"))
        values = ", ".join(f"{n} values of {r}" for r, n in counts if n > 1)
        fix = "split it: `realsam check --split OUT.net`, or realsam.ir.split"
        if lif.name == network.readout:
            fix = "the host reads one population: give its neurons the same registers"
        value = f"{values}: a split makes {n_groups} populations"
        yield Violation(lif.name, value, str(most), fix)


def _reset(subject: Subject) -> Iterator[Violation]:
    high = subject.limit("reset_interval_max")
    for lif in subject.network.populations:
        if lif.reset is None:
            continue
        interval, offset = lif.reset.interval, lif.reset.offset
        if not 1 <= interval <= high:
            value, fix = f"reset interval = {interval}", "reset more often, or never"
            yield Violation(lif.name, value, f"1..{high}", fix)
        elif not 0 <= offset < interval:
            value, fix = f"reset offset = {offset}", "take it modulo the interval"
            yield Violation(lif.name, value, f"0..{interval - 1}", fix)


def _reset_in_token(subject: Subject) -> Iterator[Violation]:
    steps = subject.network.steps_per_token
    for lif in subject.network.populations:
        if lif.reset and lif.reset.interval % steps:
            value = f"reset interval = {lif.reset.interval}"
            fix = "take a multiple, or every reset falls into another phase of a token"
            yield Violation(lif.name, value, f"multiples of {steps} steps per token", fix)


RULES = (
    Rule("current_decay", "du fits 12 bits", "error", ("du_max",), _current_decay),
    Rule("voltage_decay", "dv fits 12 bits", "error", ("dv_max",), _voltage_decay),
    Rule(
        "threshold",
        "vth fits 17 bits; 2^17, which never spikes, may become 2^17 - 1 where v stays below it",
        "error",
        ("vth_max",),
        _threshold,
    ),
    Rule(
        "bias",
        "a bias is a mantissa of 13 bits << an exponent of 3",
        "error",
        ("bias_mantissa_max", "bias_exp_max"),
        _bias,
    ),
    Rule(
        "one_register",
        "a population has one value of du, of dv and of vth",
        "warning",
        ("registers",),
        _one_register,
        "Lava's simulator takes one per neuron",
    ),
    Rule(
        "reset",
        "a reset has an interval, and an offset within it",
        "error",
        ("reset_interval_max",),
        _reset,
    ),
    Rule(
        "reset_phase",
        "resets fall into one phase of a token",
        "warning",
        (),
        _reset_in_token,
        "the token clock (ADR-0003)",
    ),
)
