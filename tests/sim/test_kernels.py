"""Kernels against the definitions in `realsam.fixedpoint`, compiled and with the compiler off."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.fixedpoint import DECAY_ONE, decay, decay_steps
from sim import kernels, step_kernels
from tests import strategies


@given(
    states=st.lists(strategies.states(), min_size=1, max_size=20),
    k=strategies.decays(),
    steps=st.integers(0, 12),
)
def test_leak_is_the_truncating_decay(states: list[int], k: int, steps: int) -> None:
    """float64 and integers agree on every state and decay."""
    x = np.array(states)
    v = x.astype(np.float64)

    kernels.leak(v, np.full(x.size, (DECAY_ONE - k) / DECAY_ONE), steps)

    np.testing.assert_array_equal(decay_steps(x, k, steps), v)


@given(x=strategies.states(), k=strategies.decays())
def test_integer_decay_is_the_truncating_decay(x: int, k: int) -> None:
    """The step engine's decay, on both signs."""
    assert int(decay(np.array(x), k)) == step_kernels.decay(x, k)


@given(n_active=st.integers(0, 11), seed=st.integers(0, 2**32 - 1))
def test_add_rows_adds_the_active_rows(n_active: int, seed: int) -> None:
    """Any number of rows, also those beyond a multiple of four, at the ends of int8."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.array([-128, -1, 0, 1, 127], np.int8), (11, 5))
    active = rng.permutation(11)[:n_active]
    total = np.full(5, 7, np.int32)

    kernels.add_rows(rows.ravel(), active, total)

    np.testing.assert_array_equal(7 + rows[active].astype(np.int64).sum(axis=0), total)


@given(n_active=st.integers(0, 11), seed=st.integers(0, 2**32 - 1))
def test_add_payloads_multiplies_the_active_rows(n_active: int, seed: int) -> None:
    """At the ends of int8 and of 24 bits, whose product fits 32 bits and whose sum does not."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.array([-128, -1, 0, 1, 127], np.int8), (11, 5))
    payload = rng.choice(np.array([-(2**23), -1, 0, 1, 2**23 - 1], np.int32), 11)
    active = rng.permutation(11)[:n_active]
    total = np.full(5, 7, np.int64)

    step_kernels.add_payloads(rows.ravel(), active, payload[:n_active], total)

    expected = 7 + payload[:n_active].astype(np.int64) @ rows[active].astype(np.int64)
    np.testing.assert_array_equal(expected, total)


def test_kernels_are_plain_python() -> None:
    """With numba's compiler off, these files pass too: what runs is what is written."""
    if os.environ.get("NUMBA_DISABLE_JIT"):
        pytest.skip("this is that run")
    files = [f"tests/sim/test_{name}.py" for name in ("kernels", "decoding", "simulator")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}

    run = subprocess.run(
        command,
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-2000:]
