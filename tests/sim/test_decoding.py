"""The host's kernels against `realsam.ir`'s own: products, choices, nats."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.ir import Sampler, sampler
from sim import decoding
from sim.simulator import fast_sampler
from tests import tiny

LOGITS = st.integers(-(2**32), 2**32) | st.sampled_from([0, 1, -1])
SEEDS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])


@pytest.mark.parametrize("limit", [0, 1, 2**15 - 1, 2**15, 2**16, 2**17])
def test_int8_product_is_exact(limit: int) -> None:
    """On both sides of the bound up to which 32 bits suffice, at the worst case of its sums."""
    rng = np.random.default_rng(limit)
    matrix = rng.integers(-128, 128, (6, 256)).astype(np.int8)
    matrix[0], matrix[1] = -128, 127
    for y in (np.full(256, limit), np.full(256, -limit), rng.integers(-limit, limit + 1, 256)):
        expected = matrix.astype(object) @ y.astype(object)

        assert expected.tolist() == decoding.int8_product(matrix, y).tolist()


@given(seed=SEEDS, position=st.integers(0, 2**40))
def test_random_words_are_those_of_numpy(seed: int, position: int) -> None:
    """Philox4x64-10, any key and counter."""
    expected = int(np.random.Philox(key=seed, counter=position).random_raw())

    assert expected == int(decoding.first_word(np.uint64(seed), np.uint64(position)))


@given(
    logits=st.lists(LOGITS, min_size=1, max_size=60),
    top_k=st.integers(1, 60),
    scale=st.sampled_from([1, 7, 2**20, 2**40, 2**62]),
    share=st.sampled_from([1, 2**29, 2**29 + 1, 2**30 - 1, 2**30]) | st.integers(1, 2**30),
    seed=SEEDS,
    position=st.integers(0, 10**6),
)
def test_choice_is_the_plain_one(
    logits: list[int], top_k: int, scale: int, share: int, seed: int, position: int
) -> None:
    """Ties, all tokens, the likeliest alone, tiny and huge temperatures."""
    args = np.array(logits), min(top_k, len(logits)), scale, share, np.uint64(seed), position

    assert sampler.choose(*args) == decoding.choose(*args)


@pytest.mark.parametrize("top_k", [0, 1, 40])
@pytest.mark.parametrize("others", [{}, {"top_p": 0.9, "repetition_penalty": 1.5}])
def test_fast_sampler_picks_the_same_tokens(top_k: int, others: dict[str, float]) -> None:
    """At the settings that people use."""
    rng = np.random.default_rng(0)
    plain = Sampler(0.8, top_k, 3, **others)
    past: list[int] = []
    for position in range(50):
        logits = (rng.normal(size=500) * 30000).astype(np.int64)

        expected = plain.pick(logits, 1e-4, position, past)

        assert expected == fast_sampler(plain).pick(logits, 1e-4, position, past)
        past.append(expected)


def test_fast_sampler_equals_the_plain_one_as_a_value() -> None:
    """How it chooses is no part of what it is."""
    assert fast_sampler(Sampler(0.5)) == Sampler(0.5)


def test_nats_are_those_of_the_host() -> None:
    """Up to the order of a sum."""
    host = tiny.host(vocab=50, readout=8)
    voltage = np.random.default_rng(0).integers(-(2**20), 2**20, (6, 8))
    tokens = np.arange(6)

    expected = host.nats(voltage, tokens)

    for volts, token, nats in zip(voltage, tokens, expected, strict=True):
        found = decoding.nats_of(host.logits(volts), host.nats_per_logit, token)
        assert nats == pytest.approx(found, rel=1e-12)
