"""Register ranges and sizes per chip, each with its source.

Sources: lava-nc 0.10.0 `proc/lif/process.py` and `proc/dense/process.py` (register widths);
lava-nc 0.10.0 `proc/dense/models.py` (delays), `networks/gradedvecnetwork.py` (24 message bits),
`proc/io/encoder.py` (b of them hold -2**(b-1)..2**(b-1) - 1);
Davies et al. 2018, IEEE Micro 38(1) (Loihi 1);
Intel Loihi 2 technology brief 2021 (memory of a core, cores of a chip).
"""

from dataclasses import dataclass

NEVER_SPIKES = 1 << 17  # threshold above every voltage: vth << 6 is 2**23
DU_MAX = 4095  # 12 bits; the current forgets everything at 4095
DV_MAX = 4096  # 12 bits; 4096 (memoryless voltage) is 4095 on a chip, equal from two steps on
VTH_MAX = NEVER_SPIKES  # 17 bits and the value that never spikes
BIAS_MANTISSA_MAX = 4095  # 13 bits with sign
BIAS_EXPONENT_MAX = 7  # 3 bits
WEIGHT_MIN, WEIGHT_MAX = -256, 254  # 8 bits, signed, step 2
WEIGHT_EXPONENT_MIN, WEIGHT_EXPONENT_MAX = -8, 7  # 4 bits with sign
DELAY_MAX = 62  # 6 bits; lava-dl clamps at 62
STEPS_PER_TOKEN_MAX = 62
MESSAGE_BITS_MIN, MESSAGE_BITS_MAX = 2, 24  # of a graded spike, with sign
RESET_INTERVAL_MAX = (1 << 31) - 1  # steps that `realsam run` plays at most
ARRIVING_MAX = 1 << 56  # no weighted input may reach it: << 6 it still fits 64 bits


@dataclass(frozen=True)
class Chip:
    """Capacity of one chip."""

    name: str
    cores: int  # neuromorphic cores that a program can use
    core_bytes: int  # memory of one core, synapses and neurons together
    source: str


CHIPS = {
    "loihi1": Chip("Loihi 1", 128, 208 * 1024, "Davies et al. 2018"),
    "loihi2": Chip("Loihi 2", 128, 192 * 1024, "Intel technology brief 2021"),
}
