"""The integer arithmetic against exact fractions and Lava's values, edges first."""

from fractions import Fraction
from itertools import product
from math import floor, trunc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import CurrentOverflowError
from realsam.fixedpoint import (
    STATE_MAX,
    STATE_SPAN,
    clip,
    decay,
    decay_steps,
    refuse_overflow,
    shift_sum,
    wrap,
)
from tests.strategies import DECAY_EDGES, STATE_EDGES, decays, states

BELOW_THREE_HALVES = 3 * 2**23 - 1  # beyond it one wrap is not enough


def exact(x: int, k: int) -> int:
    """trunc(x * (4096 - k) / 4096), in fractions."""
    return trunc(Fraction(x * (4096 - k), 4096))


def test_decay_truncates_the_exact_product_on_the_edges() -> None:
    """Every pair of an edge state and an edge decay."""
    pairs = list(product(STATE_EDGES, DECAY_EDGES))
    x, k = np.array(pairs, np.int64).T

    assert [exact(*pair) for pair in pairs] == decay(x, k).tolist()


@given(x=states(), k=decays())
def test_decay_truncates_the_exact_product(x: int, k: int) -> None:
    """Every state and decay."""
    assert exact(x, k) == int(decay(np.array(x), k))


@given(x=states(), k=decays())
def test_decay_is_odd(x: int, k: int) -> None:
    """Rounding is toward zero: the sign does not matter."""
    assert -int(decay(np.array(x), k)) == int(decay(np.array(-x), k))


def test_decay_keeps_all_without_decay() -> None:
    """A decay of 0 changes nothing."""
    x = np.array(STATE_EDGES)

    assert x.tolist() == decay(x, 0).tolist()


def test_decay_forgets_all_at_4096() -> None:
    """A decay of 4096 leaves zero: the memoryless register."""
    assert not decay(np.array(STATE_EDGES), 4096).any()


@given(x=states(), k=decays(), steps=st.integers(0, 12))
def test_decay_steps_truncates_after_every_step(x: int, k: int, steps: int) -> None:
    """A token's leak is that many truncations, not one power."""
    expected = x
    for _ in range(steps):
        expected = exact(expected, k)

    assert expected == int(decay_steps(np.array(x), k, steps))


@pytest.mark.parametrize(
    ("u", "wrapped"),
    [
        (0, 0),
        (2**23 - 1, 2**23 - 1),
        (2**23, 2**23),  # no 24-bit number, and yet Lava leaves it
        (2**23 + 1, -(2**23) + 1),
        (-(2**23) + 1, -(2**23) + 1),
        (-(2**23), 2**23),
        (-(2**23) - 1, 2**23 - 1),
        (BELOW_THREE_HALVES, 2**23 - 1),
        (-BELOW_THREE_HALVES, -(2**23) + 1),
    ],
)
def test_wrap_gives_lavas_value(u: int, wrapped: int) -> None:
    """The values of `PyLifModelBitAcc.subthr_dynamics` around the ends of 24 bits."""
    assert wrapped == int(wrap(np.array(u)))


@given(u=st.integers(-BELOW_THREE_HALVES, BELOW_THREE_HALVES))
def test_wrap_is_congruent_and_in_range(u: int) -> None:
    """The result differs by whole turns and lies in (-2**23, 2**23]."""
    wrapped = int(wrap(np.array(u)))

    assert (u - wrapped) % STATE_SPAN == 0
    assert -(2**23) < wrapped <= 2**23


@pytest.mark.parametrize(
    ("v", "clipped"),
    [
        (STATE_MAX, STATE_MAX),
        (STATE_MAX + 1, STATE_MAX),
        (-STATE_MAX, -STATE_MAX),
        (-STATE_MAX - 1, -STATE_MAX),
        (2**40, STATE_MAX),
        (0, 0),
    ],
)
def test_clip_saturates_symmetrically(v: int, clipped: int) -> None:
    """Voltages end at +-(2**23 - 1)."""
    assert clipped == int(clip(np.array(v)))


@given(a=st.integers(-(2**20), 2**20), exponent=st.integers(-8, 7))
def test_shift_sum_rounds_down(a: int, exponent: int) -> None:
    """A negative exponent floors, also below zero; a positive one is exact."""
    assert floor(a * Fraction(2) ** exponent) == int(shift_sum(np.array(a), exponent))


@pytest.mark.parametrize("u", [STATE_MAX, -STATE_MAX, 0])
def test_strict_mode_accepts_24_bits(u: int) -> None:
    """What `wrap` leaves alone passes."""
    refuse_overflow("layer1", np.array([0, u]), 3)


@pytest.mark.parametrize("u", [2**23, -(2**23), 2**30])
def test_strict_mode_names_the_first_overflow(u: int) -> None:
    """Population, neuron, value and timestep; 2**23 is no 24-bit number either."""
    with pytest.raises(CurrentOverflowError) as raised:
        refuse_overflow("layer1", np.array([0, u, 2**31]), 3)

    assert raised.value.message.startswith(f"layer1[1]: current u = {u} at timestep 3 is outside")
