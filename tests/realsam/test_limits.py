"""The limits agree with each other and name their sources."""

import pytest

from realsam import limits
from realsam.fixedpoint import DECAY_ONE, STATE_MAX, STATE_SHIFT


def test_never_spikes_is_above_every_voltage() -> None:
    """No clipped voltage is greater than that threshold; the mantissa below it can be passed."""
    assert limits.NEVER_SPIKES << STATE_SHIFT > STATE_MAX
    assert (limits.NEVER_SPIKES - 1) << STATE_SHIFT < STATE_MAX


def test_decay_registers_reach_memoryless() -> None:
    """The largest registers take everything off."""
    assert DECAY_ONE == limits.DU_MAX + 1
    assert DECAY_ONE == limits.DV_MAX


def test_weights_are_eight_bits_of_step_two() -> None:
    """256 even values."""
    assert len(range(limits.WEIGHT_MIN, limits.WEIGHT_MAX + 1, 2)) == 256


@pytest.mark.parametrize("chip", limits.CHIPS.values(), ids=lambda chip: chip.name)
def test_chip_names_its_source(chip: limits.Chip) -> None:
    """A capacity without a source would be a guess."""
    assert chip.source
    assert min(chip.cores, chip.core_bytes) > 0
