"""The forward kernels against the definitions, compiled and with the compiler off."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from realsam import fixedpoint
from realsam.fixedpoint import DECAY_ONE
from realsam.nn.cpu import forward
from realsam.nn.dropout import Dropout, kept, limit, mix
from tests import strategies
from tests.strategies import DECAY_EDGES, STATE_EDGES

# Around one wrap (2**17) and up to the three halves turns that a single wrap can mend.
SUMS = (0, 1, -1, 2**17 - 1, 2**17, 2**17 + 1, -(2**17), -(2**17) - 1, 393215, -393215)
HALVES = (-128, -127, -1, 0, 1, 127)


@pytest.mark.parametrize("n_active", [0, 1, 7, 8, 9, 255, 256, 257, 600])
def test_add_rows_adds_twice_the_active_rows(n_active: int) -> None:
    """Groups of eight, what is left over, and more than 16 bits hold, with extreme weights."""
    rng = np.random.default_rng(n_active)
    rows = rng.choice(HALVES, (700, 5)).astype(np.int8)
    rows[:, 0], rows[:, 1] = -128, 127
    active = np.sort(rng.choice(700, n_active, replace=False)).astype(np.int32)
    total = np.arange(5, dtype=np.int32)

    forward.add_rows(rows, active, np.empty(5, np.int16), total)

    assert total.tolist() == (np.arange(5) + 2 * rows[active].sum(0, dtype=np.int64)).tolist()


@given(seed=st.integers(0, 2**32 - 1), blocks=st.sampled_from([1, 2, 3, 6]))
def test_add_own_stays_inside_the_block(seed: int, blocks: int) -> None:
    """A spike reaches its own block only."""
    rng = np.random.default_rng(seed)
    n = 12 // blocks
    rows = rng.choice(HALVES, (12, n)).astype(np.int8)
    spikes = rng.random(12) < 0.4
    whole = np.zeros((12, 12), np.int64)
    for j in range(12):
        whole[j, j // n * n : (j // n + 1) * n] = rows[j]
    total = np.zeros(12, np.int32)

    active = np.flatnonzero(spikes).astype(np.int32)
    forward.add_own(rows, active, np.empty(12, np.int16), total)

    assert total.tolist() == (2 * spikes @ whole).tolist()


@pytest.mark.parametrize("a", SUMS)
def test_current_equals_wrap(a: int) -> None:
    """Sums around the wrap, shifted by 6."""
    assert int(fixedpoint.wrap(np.array(a << 6))) == forward.current(a)


@given(
    v=strategies.states(), dv=strategies.decays(), a=st.sampled_from(SUMS), steps=st.integers(1, 12)
)
def test_advance_equals_fixedpoint(v: int, dv: int, a: int, steps: int) -> None:
    """Decays, wrap, clip, threshold and reset."""
    leaked = fixedpoint.decay_steps(np.array(v), dv, steps)
    expected = int(fixedpoint.clip(leaked + fixedpoint.wrap(np.array(a << 6))))
    state, peak = np.array([float(v)]), np.empty(1, np.float32)
    keep, threshold = np.array([(DECAY_ONE - dv) / DECAY_ONE]), np.array([64.0])

    forward.advance(state, np.array([a], np.int32), keep, threshold, steps, peak)

    assert peak.tolist() == [expected]
    assert state.tolist() == [0 if expected > 64 else expected]


def test_decay_equals_fixedpoint_on_the_edges() -> None:
    """Every pair of an edge state and an edge decay."""
    x, k = np.array(list(product(STATE_EDGES, DECAY_EDGES)), np.int64).T
    state, quiet = x.astype(np.float64), np.zeros(x.size, np.int32)
    never = np.full(x.size, np.inf)

    forward.advance(state, quiet, (DECAY_ONE - k) / DECAY_ONE, never, 1, np.empty(x.size, "f4"))

    assert state.tolist() == fixedpoint.clip(fixedpoint.decay(x, k)).tolist()


def test_active_neurons_are_listed_in_order() -> None:
    """Those above their threshold, not those on it."""
    active = np.zeros(5, np.int32)
    x, threshold = np.array([1, 3, 2, 9], np.float32), np.array([1, 2, 2, 8], np.float32)

    assert forward.active_of(x, threshold, active) == 2
    assert active[:2].tolist() == [1, 3]


def test_code_sums_take_the_lines_of_each_code() -> None:
    """And the constant, which may be odd."""
    rows = np.array([[1, 2], [-3, 4], [100, -100]], np.int8)
    codes = np.array([[1, 0, 1], [0, 0, 0]], np.float32)
    sums = np.empty((2, 2), np.int32)

    forward.code_sums(rows, np.array([7, -1], np.int32), codes, sums)

    assert sums.tolist() == [[209, -197], [7, -1]]


@given(seed=st.integers(-(2**63), 2**63 - 1), p=st.sampled_from([0.0, 0.01, 0.15, 0.5, 0.99]))
def test_mask_is_that_of_dropout(seed: int, p: float) -> None:
    """Element by element."""
    key = Dropout.of(torch.tensor(seed), 3, p).keys[1]
    expected = kept(key, (40,), p)

    mask = [bool(forward.kept(i, int(key), limit(p))) for i in range(40)]

    assert expected.tolist() == mask


@given(index=st.sampled_from([2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**40 + 1]))
def test_mask_index_counts_in_32_bits(index: int) -> None:
    """Windows larger than that start from the front."""
    word = mix(mix(torch.tensor(index & 0xFFFFFFFF)) + 77 & 0xFFFFFFFF)

    assert bool(word >> 1 >= 2**30) == bool(forward.kept(index, 77, 2**30))


def test_kernels_are_plain_python() -> None:
    """With numba's compiler off, these files pass too: what runs is what is written."""
    if os.environ.get("NUMBA_DISABLE_JIT"):
        pytest.skip("this is that run")
    folder = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]

    run = subprocess.run(
        command,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-2000:]
