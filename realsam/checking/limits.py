"""What each chip can hold: one table of named limits, each with its source.

A limit whose source is no publication on that chip is an assumption: what breaks it is a warning,
until a user gives the true value. A limit without a value is not published at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from realsam.errors import LimitError
from realsam.limits import (
    BIAS_EXPONENT_MAX,
    BIAS_MANTISSA_MAX,
    CHIPS,
    DELAY_MAX,
    DU_MAX,
    MESSAGE_BITS_MAX,
    NEVER_SPIKES,
    RESET_INTERVAL_MAX,
    STEPS_PER_TOKEN_MAX,
    WEIGHT_EXPONENT_MAX,
    WEIGHT_EXPONENT_MIN,
    WEIGHT_MAX,
    WEIGHT_MIN,
)

LIF = "lava-nc 0.10.0 proc/lif"
DENSE = "lava-nc 0.10.0 proc/dense"
NETX = "lava-dl 0.6.0 netx/blocks/process.py"
TUTORIALS = "lava-dl 0.6.0 tutorials/netx"
GRADED = "lava-nc 0.10.0 networks/gradedvecnetwork.py"
DAVIES = "Davies et al. 2018, IEEE Micro 38(1)"
NENGO = "nengo-loihi 1.1.0 block.py"
NENGO_SYNAPSE = "nengo-loihi 1.1.0 builder/validate.py"
UNPUBLISHED_EXPONENT = "not published; 4 bits with sign, as docs/ir.md"
GIVEN = "given with --limit"
_LARGEST, _BITS = 1 << 40, 62  # what a user may give: 64 bits hold all that is compared with it
_SHIFTS = ("state_bits", "bias_exp_max")
_POSITIVE = ("weight_step", "state_bits")


@dataclass(frozen=True)
class Limit:
    """One number that a chip sets."""

    name: str
    value: int | None  # None: not published
    what: str
    source: str
    assumed: bool = False  # the source is no publication on this chip


_REGISTERS = f"{LIF}/models.py"
_SHARED = (
    Limit("weight_min", WEIGHT_MIN, "lowest weight", f"{DENSE}/models.py"),
    Limit("weight_max", WEIGHT_MAX, "highest weight", f"{DENSE}/models.py"),
    Limit("weight_step", 2, "step of mixed-sign weights", f"{DENSE}/models.py"),
    Limit("delay_max", DELAY_MAX, "extra steps of a synapse, 6 bits", NETX),
    Limit("du_max", DU_MAX, "current decay, 12 bits", _REGISTERS),
    Limit("dv_max", DU_MAX, "voltage decay, 12 bits", _REGISTERS),
    Limit("vth_max", NEVER_SPIKES - 1, "threshold mantissa, 17 bits", _REGISTERS),
    Limit("bias_mantissa_max", BIAS_MANTISSA_MAX, "bias, 13 bits with sign", _REGISTERS),
    Limit("bias_exp_max", BIAS_EXPONENT_MAX, "bias exponent, 3 bits", _REGISTERS),
    Limit("state_bits", 24, "bits of u and v", _REGISTERS),
    Limit("registers", 1, "values of du, dv, vth in a population", f"{LIF}/process.py"),
    Limit(
        "reset_interval_max",
        RESET_INTERVAL_MAX,
        "steps from one reset to the next",
        "the longest run that realsam plays",
        assumed=True,
    ),
    Limit("steps_per_token_max", STEPS_PER_TOKEN_MAX, "a recurrent delay is P - 1", NETX),
    Limit("io_steps", 3, "steps from the readout to the next token", TUTORIALS, assumed=True),
)


def _table(*limits: Limit) -> Mapping[str, Limit]:
    return {limit.name: limit for limit in limits}


CHIP_LIMITS: Mapping[str, Mapping[str, Limit]] = {
    "loihi1": _table(
        *_SHARED,
        Limit("weight_exp_min", -7, "lowest weight exponent", NENGO_SYNAPSE),
        Limit("weight_exp_max", 7, "highest weight exponent", NENGO_SYNAPSE),
        Limit("message_bits", 0, "payload of a spike", DAVIES),
        Limit("fan_in", 4096, "sources of a neuron: axons into its core", NENGO),
        Limit(
            "fan_out",
            4096 * 1024,
            "targets of a neuron: axons out of its core, each to 1024 neurons",
            NENGO,
        ),
    ),
    "loihi2": _table(
        *_SHARED,
        Limit(
            "weight_exp_min",
            WEIGHT_EXPONENT_MIN,
            "lowest weight exponent",
            UNPUBLISHED_EXPONENT,
            assumed=True,
        ),
        Limit(
            "weight_exp_max",
            WEIGHT_EXPONENT_MAX,
            "highest weight exponent",
            UNPUBLISHED_EXPONENT,
            assumed=True,
        ),
        Limit("message_bits", MESSAGE_BITS_MAX, "payload of a spike", GRADED),
        Limit(
            "fan_in",
            CHIPS["loihi2"].core_bytes,
            "sources of a neuron: a core's memory, one byte each",
            f"not published; {CHIPS['loihi2'].source}",
            assumed=True,
        ),
        Limit("fan_out", None, "targets of a neuron", "not published", assumed=True),
    ),
}


def limits_of(chip: str, given: Mapping[str, int] | None = None) -> dict[str, Limit]:
    """The limits of a chip, some of them replaced by what a user knows.

    Raises:
        LimitError: naming a chip or a limit that does not exist, or a value out of range.
    """
    if chip not in CHIP_LIMITS:
        raise LimitError(f"chip {chip!r} does not exist", f"use one of {', '.join(CHIP_LIMITS)}")
    limits = dict(CHIP_LIMITS[chip])
    for name, value in (given or {}).items():
        if name not in limits:
            raise LimitError(f"limit {name!r} does not exist", f"use one of {', '.join(limits)}")
        _refuse_value(limits[name], value)
        limits[name] = replace(limits[name], value=int(value), source=GIVEN, assumed=False)
    return limits


def _refuse_value(limit: Limit, value: int) -> None:
    low = -_LARGEST if (limit.value or 0) < 0 else int(limit.name in _POSITIVE)
    high = _BITS if limit.name in _SHIFTS else _LARGEST
    if not low <= value <= high:
        raise LimitError(
            f"limit {limit.name} = {value} is outside {low}..{high}", "give what the chip holds"
        )
