"""Populations: spike inputs and leaky integrate-and-fire neurons, in register values.

Sources: lava-nc 0.10.0 `proc/lif/process.py` for the registers and their widths.
"""

from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64, frozen
from realsam.errors import NetworkError, RegisterRangeError
from realsam.fixedpoint import DECAY_ONE
from realsam.limits import (
    BIAS_EXPONENT_MAX,
    BIAS_MANTISSA_MAX,
    DU_MAX,
    DV_MAX,
    NEVER_SPIKES,
    VTH_MAX,
)


@dataclass(frozen=True)
class Input:
    """Binary input lines that the host drives."""

    name: str
    size: int  # number of lines, at least 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", int(self.size))
        if self.size < 1:
            raise NetworkError(f"{self.name}: {self.size} input lines", "give it at least one")


@dataclass(frozen=True, eq=False)
class Lif:
    """N current-based leaky integrate-and-fire neurons.

    u[t] = wrap(decay(u[t-1], du + 1) + (a_in[t] << 6))      a_in: weighted spikes, unshifted
    v[t] = clip(decay(v[t-1], dv) + u[t] + bias)
    s[t] = v[t] > vth << 6;  v[t] = 0 where s[t]
    """

    name: str  # unique in its Network; errors and reports use it
    du: I64  # [N] current decay register, 0..4095 (4095: memoryless)
    dv: I64  # [N] voltage decay register, 0..4096 (4096: memoryless)
    bias: I64  # [N] mantissa << exponent, in units of v, added every step
    vth: I64  # [N] threshold mantissa, 0..131072 (131072: never spikes)

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

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(self.du.size)


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
