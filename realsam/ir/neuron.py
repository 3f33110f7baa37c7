"""Populations: spike inputs and leaky integrate-and-fire neurons, in register values.

Sources: lava-nc 0.10.0 `proc/lif/process.py` for the registers and their widths (LIF), and
`proc/lif/models.py` for the order of a reset (PyLifResetModelBitAcc).
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64, Spikes, frozen
from realsam.errors import NetworkError, RegisterRangeError, RunError
from realsam.fixedpoint import DECAY_ONE
from realsam.limits import (
    BIAS_EXPONENT_MAX,
    BIAS_MANTISSA_MAX,
    DU_MAX,
    DV_MAX,
    MESSAGE_BITS_MAX,
    MESSAGE_BITS_MIN,
    NEVER_SPIKES,
    RESET_INTERVAL_MAX,
    VTH_MAX,
)


@dataclass(frozen=True)
class Input:
    """Input lines that the host drives with spikes, or with graded spikes.

    A graded spike carries a payload, an integer that multiplies the weights of its synapses. A
    payload of 0 is no spike. Neurons always send plain spikes, as Lava's LIF does.
    """

    name: str
    size: int  # number of lines, at least 1
    message_bits: int = 0  # of a payload, with sign: 2..24; 0: plain spikes

    def __post_init__(self) -> None:
        for field in ("size", "message_bits"):
            object.__setattr__(self, field, int(getattr(self, field)))
        if self.size < 1:
            raise NetworkError(f"{self.name}: {self.size} input lines", "give it at least one")
        if self.message_bits and not MESSAGE_BITS_MIN <= self.message_bits <= MESSAGE_BITS_MAX:
            raise NetworkError(
                f"{self.name}: message_bits = {self.message_bits} is neither 0 nor in "
                f"{MESSAGE_BITS_MIN}..{MESSAGE_BITS_MAX}",
                "use 0 for plain spikes, else the bits of a payload with its sign",
            )

    @property
    def payloads(self) -> tuple[int, int]:
        """The lowest and the highest value of a line."""
        half = 1 << self.message_bits >> 1
        return (-half, half - 1) if half else (0, 1)

    @property
    def dtype(self) -> type[np.uint8 | np.int32]:
        """What a Run stores of a line: uint8 for spikes, int32 for payloads."""
        return np.int32 if self.message_bits else np.uint8

    def refuse(self, row: Spikes) -> None:
        """Refuse what the lines cannot carry in one token.

        Args:
            row: [M] spikes, or payloads, in any type of integers.

        Raises:
            RunError: naming the first line whose value is no integer in range.
        """
        where, (low, high) = f"{self.name}: input", self.payloads
        if row.shape != (self.size,):
            raise RunError(
                f"{where} {row.shape} is not ({self.size},)", "give one value per input line"
            )
        if row.dtype.kind not in "biu":
            raise RunError(f"{where} is {row.dtype}, not integers", "round the values first")
        if row.min() < low or row.max() > high:
            line = int(np.flatnonzero((row < low) | (row > high))[0])
            raise RunError(
                f"{where} line {line} = {row[line]} is outside {low}..{high}",
                "scale the values" if self.message_bits else "give spikes as 0 and 1",
            )


@dataclass(frozen=True)
class Reset:
    """When a population forgets: u = v = 0 before the steps t with t % interval == offset.

    Steps count from 0 at the start of a document. Spikes on their way still arrive.
    """

    interval: int  # steps, 1..2**31 - 1
    offset: int = 0  # steps, 0..interval - 1

    def __post_init__(self) -> None:
        for field in ("interval", "offset"):
            object.__setattr__(self, field, int(getattr(self, field)))

    def is_due(self, step: int) -> bool:
        """Whether the population forgets before this step."""
        return step % self.interval == self.offset


@dataclass(frozen=True, eq=False)
class Lif:
    """N current-based leaky integrate-and-fire neurons.

    u[t] = wrap(decay(u[t-1], du + 1) + (a_in[t] << 6))      a_in: weighted spikes, unshifted
    v[t] = clip(decay(v[t-1], dv) + u[t] + bias)
    s[t] = v[t] > vth << 6;  v[t] = 0 where s[t]

    where u[t-1] = v[t-1] = 0 if a reset is due.
    """

    name: str  # unique in its Network; errors and reports use it
    du: I64  # [N] current decay register, 0..4095 (4095: memoryless)
    dv: I64  # [N] voltage decay register, 0..4096 (4096: memoryless)
    bias: I64  # [N] mantissa << exponent, in units of v, added every step
    vth: I64  # [N] threshold mantissa, 0..131072 (131072: never spikes)
    reset: Reset | None = None  # of the whole population; None: never

    def __post_init__(self) -> None:
        for register in ("du", "dv", "bias", "vth"):
            object.__setattr__(self, register, frozen(getattr(self, register), np.int64))
        sizes = {register.shape for register in (self.du, self.dv, self.bias, self.vth)}
        if len(sizes) != 1 or self.du.ndim != 1 or self.du.size == 0:
            raise NetworkError(
                f"{self.name}: registers have shapes {sorted(map(str, sizes))}",
                "give du, dv, bias and vth one value per neuron, at least one neuron",
            )
        for register, high in (("du", DU_MAX), ("dv", DV_MAX), ("vth", VTH_MAX)):
            values: I64 = getattr(self, register)
            for i in np.flatnonzero((values < 0) | (values > high))[:1]:
                raise RegisterRangeError(f"{self.name}[{i}]", register, int(values[i]), 0, high)
        mantissa, _ = split_bias(self.bias)
        for i in np.flatnonzero(np.abs(mantissa) > BIAS_MANTISSA_MAX)[:1]:
            value, high = int(self.bias[i]), BIAS_MANTISSA_MAX << BIAS_EXPONENT_MAX
            raise RegisterRangeError(f"{self.name}[{i}]", "bias", value, -high, high)
        if self.reset:
            _refuse_reset(self.name, self.reset)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(self.du.size)


def _refuse_reset(name: str, reset: Reset) -> None:
    if not 1 <= reset.interval <= RESET_INTERVAL_MAX:
        raise NetworkError(
            f"{name}: reset interval = {reset.interval} is outside 1..{RESET_INTERVAL_MAX}",
            "give the steps from one reset to the next, or no reset",
        )
    if not 0 <= reset.offset < reset.interval:
        raise NetworkError(
            f"{name}: reset offset = {reset.offset} is outside 0..{reset.interval - 1}",
            "take it modulo the interval",
        )


def readout(name: str, size: int) -> Lif:
    """A memoryless population that never spikes: its v is the weighted input << 6."""
    ones = np.ones(size, np.int64)
    return Lif(name, ones * DU_MAX, ones * DECAY_ONE, ones * 0, ones * NEVER_SPIKES)


def split_bias(bias: I64) -> tuple[I64, I64]:
    """Split [N] biases into mantissas and the smallest exponents that hold them.

    A mantissa beyond 13 bits in the result means that the chip cannot hold that bias.
    """
    mantissa, exponent = bias.copy(), np.zeros_like(bias)
    for _ in range(BIAS_EXPONENT_MAX):
        large = (np.abs(mantissa) > BIAS_MANTISSA_MAX) & (mantissa % 2 == 0)
        mantissa = np.where(large, mantissa >> 1, mantissa)
        exponent = exponent + large
    return mantissa, exponent
