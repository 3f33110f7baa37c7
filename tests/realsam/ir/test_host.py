"""The host: exact logits, probabilities that sum to one, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError
from tests import tiny
from tests.strategies import states


@given(voltage=st.lists(states(), min_size=2, max_size=2), seed=st.integers(0, 2**32 - 1))
def test_logits_are_the_integer_sums(voltage: list[int], seed: int) -> None:
    """Weights times (v >> 6), plus bias, in integers."""
    rng = np.random.default_rng(seed)
    decode = rng.choice([-128, -127, -1, 0, 1, 127], (4, 2))
    bias = rng.integers(-(2**40), 2**40, 4)
    host = tiny.host(decode=decode, bias=bias)

    expected = [
        sum(int(d) * (v >> 6) for d, v in zip(row, voltage, strict=True)) + int(b)
        for row, b in zip(decode, bias, strict=True)
    ]

    assert expected == host.logits(np.array(voltage)).tolist()


@pytest.mark.parametrize("voltage", [2**23 - 1, -(2**23) + 1, 2**23])
def test_logits_are_exact_at_the_ends(voltage: int) -> None:
    """256 readout neurons with the largest voltages and weights: no sum is rounded."""
    decode = np.tile([[-128], [127], [-127], [1]], (1, 256))
    host = tiny.host(decode=decode, bias=np.arange(4))

    logits = host.logits(np.full(256, voltage))

    weights = [-128, 127, -127, 1]
    assert logits.tolist() == [256 * w * (voltage >> 6) + i for i, w in enumerate(weights)]


@given(seed=st.integers(0, 2**32 - 1))
def test_logits_of_a_full_readout_are_exact(seed: int) -> None:
    """256 random voltages and weights of both signs."""
    rng = np.random.default_rng(seed)
    decode = rng.integers(-128, 128, (4, 256))
    voltage = rng.integers(-(2**23) + 1, 2**23, 256)

    logits = tiny.host(decode=decode).logits(voltage)

    assert logits.tolist() == (decode @ (voltage >> 6) + [0, 10, 20, 30]).tolist()


def test_nats_of_many_tokens_are_those_of_each() -> None:
    """A matrix of voltages."""
    host, voltage, tokens = tiny.host(), np.array([[64, -64], [0, 640]]), np.array([3, 1])

    each = [host.nats(v[None], t[None])[0] for v, t in zip(voltage, tokens, strict=True)]

    assert host.nats(voltage, tokens).tolist() == each


def test_product_may_be_replaced() -> None:
    """A faster one that gives the same integers."""
    host = tiny.host()
    other = tiny.host(product=lambda matrix, y: matrix.astype(np.int64) @ y)
    voltage = np.array([6400, -640])

    assert host.logits(voltage).tolist() == other.logits(voltage).tolist()


@given(seed=st.integers(0, 2**32 - 1))
def test_probabilities_sum_to_one(seed: int) -> None:
    """exp(-nats) over all tokens."""
    host = tiny.host(vocab=9)
    voltage = np.random.default_rng(seed).integers(-(2**17), 2**17, 2)

    nats = host.nats(np.tile(voltage, (9, 1)), np.arange(9))

    assert np.exp(-nats).sum() == pytest.approx(1, abs=1e-12)


def test_nats_of_equal_logits_is_the_log_of_the_vocabulary() -> None:
    """Nothing known: log V."""
    host = tiny.host(bias=np.zeros(4))

    assert host.nats(np.zeros((1, 2), np.int64), np.array([3])) == pytest.approx(np.log(4))


def test_nats_of_an_impossible_token_are_finite() -> None:
    """A token that is a million nats behind costs a million nats."""
    host = tiny.host(bias=np.array([0, 0, 0, -64_000_000]))

    nats = host.nats(np.zeros((1, 2), np.int64), np.array([3]))

    assert nats[0] == pytest.approx(1e6 + np.log(3))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bias": np.zeros(3)}, "host: code, decode and bias have [3, 4] rows"),
        ({"decode": np.zeros((5, 2))}, "host: code, decode and bias have [4, 5] rows"),
        ({"code": np.zeros(4)}, "host: code, decode and bias have [4] rows"),
        (
            {"decode": np.zeros((4, 257))},
            "host: 257 readout neurons are more than 256",
        ),
        ({"code": np.full((4, 2), 2)}, "host: code is not binary"),
        ({"end_of_text": 4}, "host: end_of_text = 4 is no token"),
        ({"end_of_text": -1}, "host: end_of_text = -1 is no token"),
        ({"tags": ("O", "B-A", "I-A")}, "host: code, decode and bias have [3, 4] rows"),
        ({"delay": 1}, "host: delay = 1 is negative, or of no tagger"),
        (
            {"tags": ("a", "b", "c", "d"), "delay": -1},
            "host: delay = -1 is negative, or of no tagger",
        ),
        ({"nats_per_logit": 0.0}, "host: nats_per_logit = 0.0 is not positive"),
        ({"nats_per_logit": float("nan")}, "host: nats_per_logit = nan is not positive"),
        ({"nats_per_logit": float("inf")}, "host: nats_per_logit = inf is not positive"),
    ],
)
def test_tables_that_do_not_fit_are_named(values: dict[str, object], message: str) -> None:
    """Rows, spikes, end of text and unit."""
    with pytest.raises(NetworkError) as raised:
        tiny.host(**values)

    assert message == raised.value.message


def test_arrays_are_read_only() -> None:
    """A host is a value."""
    host = tiny.host()
    for array in (host.code, host.decode, host.bias):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
