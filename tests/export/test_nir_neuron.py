"""Registers follow from time constants, at every number of steps per token."""

import numpy as np
import pytest

from export.nir.neuron import DT, decay_register, time_constant
from realsam.errors import ExportError
from realsam.fixedpoint import STATE_MAX, decay_steps
from realsam.ir import keep_fraction
from realsam.limits import DV_MAX, STEPS_PER_TOKEN_MAX

EVERY_DV = np.arange(DV_MAX + 1)


@pytest.mark.parametrize("steps", range(1, STEPS_PER_TOKEN_MAX + 1))
def test_hint_and_tau_give_every_register(steps: int) -> None:
    """With the hint, each of the 4097 decays comes back."""
    tau = time_constant(EVERY_DV, steps)

    assert np.array_equal(decay_register("a", tau, steps, EVERY_DV), EVERY_DV)


@pytest.mark.parametrize("steps", range(1, STEPS_PER_TOKEN_MAX + 1))
def test_tau_alone_gives_every_spike(steps: int) -> None:
    """Without the hint a decay comes back, or one that forgets all within a token like it."""
    found = decay_register("a", time_constant(EVERY_DV, steps), steps, None)

    other = EVERY_DV[found != EVERY_DV]
    assert np.all(found[other] == DV_MAX)
    assert not decay_steps(np.full(other.size, STATE_MAX), other, steps).any()


@pytest.mark.parametrize("steps", [1, 8, 10])
def test_usual_decays_need_no_hint(steps: int) -> None:
    """Up to three quarters in a step, and all of it."""
    usual = np.array([*range(3073), DV_MAX])

    assert np.array_equal(decay_register("a", time_constant(usual, steps), steps, None), usual)


@pytest.mark.parametrize("steps", [1, 5, 62])
def test_euler_step_keeps_what_a_token_keeps(steps: int) -> None:
    """1 - DT / tau is the fraction that the decays of a token leave."""
    kept = 1 - DT / time_constant(EVERY_DV, steps)

    np.testing.assert_allclose(kept, keep_fraction(EVERY_DV, steps), rtol=0, atol=2e-16)
    assert kept[0] == 1
    assert kept[DV_MAX] == 0


@pytest.mark.parametrize("tau", [1.5e-4 * (1 + 1e-9), 0.9e-4, 0, -1, np.inf, np.nan])
def test_other_tau_is_refused(tau: float) -> None:
    """Neither rounding nor a register explains it."""
    with pytest.raises(ExportError, match=r"a\[1\]: no dv register gives tau = "):
        decay_register("a", np.array([DT, tau]), 1, None)
