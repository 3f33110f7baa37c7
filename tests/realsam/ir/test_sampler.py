"""The sampler: one text per seed, the right frequencies, and no logits that break it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import PromptError
from realsam.ir import Sampler
from realsam.ir.sampler import PENALTY_WINDOW

LOGITS = np.array([5, 9, -3, 9, 0])
UNIT = 0.25  # nats per logit


def picks(sampler: Sampler, logits: np.ndarray = LOGITS, n: int = 200) -> list[int]:
    """What it chooses at the first n positions."""
    return [sampler.pick(logits, UNIT, position) for position in range(n)]


def test_philox_is_the_published_generator() -> None:
    """The known answer of Random123 for key 0 and counter 0; numpy counts up before it draws."""
    words = np.random.Philox(key=0, counter=2**256 - 1).random_raw(4)

    assert [f"{int(word):016x}" for word in words] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]


@pytest.mark.parametrize(
    ("seed", "position", "word"),
    [(0, 0, 213000021201967259), (7, 3, 8154422499591478340)],
)
def test_philox_draws_are_pinned(seed: int, position: int, word: int) -> None:
    """Another numpy that draws otherwise would change every published text."""
    assert word == int(np.random.Philox(key=seed, counter=position).random_raw())


def test_temperature_zero_takes_the_likeliest() -> None:
    """The lower id wins a tie, at every position."""
    assert set(picks(Sampler(temperature=0))) == {1}


def test_top_one_takes_the_likeliest() -> None:
    """The same at any temperature."""
    assert set(picks(Sampler(temperature=100, top_k=1))) == {1}


def test_top_k_keeps_the_k_likeliest() -> None:
    """Hot enough that all that is kept is drawn."""
    assert set(picks(Sampler(temperature=100, top_k=3))) == {0, 1, 3}


@pytest.mark.parametrize("top_k", [0, 5, 99])
def test_top_k_zero_or_large_keeps_all(top_k: int) -> None:
    """0 means all; more than there are means all too."""
    assert set(picks(Sampler(temperature=100, top_k=top_k))) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(1e-300, 1), (0.25, 1), (0.250001, 2), (0.5, 2), (0.75, 3), (0.750001, 4), (1.0, 4)],
)
def test_top_p_keeps_the_fewest_tokens_with_that_share(top_p: float, kept: int) -> None:
    """Of four equal tokens the lower ids; a share that is met exactly needs no more."""
    assert set(picks(Sampler(1, top_p=top_p), np.zeros(4, np.int64))) == set(range(kept))


def test_top_p_is_of_what_top_k_kept() -> None:
    """Half of two equal tokens is one, half of four would be two."""
    assert set(picks(Sampler(1, top_k=2, top_p=0.5), np.zeros(4, np.int64))) == {0}


def test_top_p_is_of_the_tempered_weights() -> None:
    """What is likely alone when it is cold is not when it is hot."""
    assert set(picks(Sampler(0.1, top_p=0.6), np.array([4, 0, 0]))) == {0}
    assert set(picks(Sampler(100, top_p=0.6), np.array([4, 0, 0]))) == {0, 1}


def test_penalty_divides_the_odds() -> None:
    """4000 draws of two equal tokens, one of which was there before: three to one."""
    sampler, n = Sampler(1.0, repetition_penalty=3.0), 4000
    drawn = [sampler.pick(np.zeros(2, np.int64), 2.0**-20, i, [1, 1]) for i in range(n)]

    assert abs(drawn.count(0) - 3000) < 4 * np.sqrt(750)


def test_penalty_reaches_back_over_its_window() -> None:
    """The latest 64 tokens, and none before."""
    sampler = Sampler(0, repetition_penalty=100)
    for n, token in ((PENALTY_WINDOW - 1, 0), (PENALTY_WINDOW, 1)):
        past = [1, *[2] * n]

        assert token == sampler.pick(np.array([0, 1, -50]), UNIT, 0, past)


def test_penalty_is_the_same_however_often_a_token_came() -> None:
    """One factor of two does not bridge a whole nat."""
    sampler = Sampler(0, repetition_penalty=2)

    assert sampler.pick(np.array([0, 100]), 0.01, 0, [1] * 60) == 1


def test_penalty_leaves_the_logits_alone() -> None:
    """They are those of the caller."""
    logits = LOGITS.copy()

    Sampler(repetition_penalty=5).pick(logits, UNIT, 0, [1, 3])

    assert logits.tolist() == LOGITS.tolist()


def test_huge_penalty_of_tiny_units_stays_within_64_bits() -> None:
    """The token is out of sight, and the least likely one."""
    far = np.array([2**45, -(2**45)])

    assert Sampler(0, repetition_penalty=100).pick(far, 1e-300, 0, [0]) == 0
    assert Sampler(1, repetition_penalty=100).pick(np.array([5, 0]), 1e-300, 0, [0]) == 1


def test_lower_id_wins_a_tie_at_the_edge_of_top_k() -> None:
    """Two tokens are equal and only one fits."""
    assert set(picks(Sampler(temperature=1, top_k=2), np.array([1, 0, 1, 1]))) == {0, 2}


def test_seed_and_position_decide() -> None:
    """The same draws again; other seeds and positions differ."""
    drawn = picks(Sampler(temperature=2, seed=3))

    assert drawn == picks(Sampler(temperature=2, seed=3))
    assert drawn != picks(Sampler(temperature=2, seed=4))
    assert len(set(drawn)) > 1


def test_first_draws_are_pinned() -> None:
    """A change of the sampler changes published texts: these are the picks of version 0.1."""
    assert picks(Sampler(temperature=2, seed=3), n=12) == [2, 0, 3, 2, 4, 0, 3, 3, 3, 0, 3, 1]


def test_order_of_equal_calls_does_not_matter() -> None:
    """A draw depends on its position and not on the draws before."""
    sampler = Sampler(temperature=2)

    backwards = [sampler.pick(LOGITS, UNIT, position) for position in reversed(range(200))]

    assert picks(sampler) == backwards[::-1]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_frequencies_follow_the_softmax(temperature: float) -> None:
    """4000 draws of seed 0 lie within four standard deviations."""
    n = 4000
    weights = np.exp(LOGITS * UNIT / temperature)
    expected = n * weights / weights.sum()

    counts = np.bincount(picks(Sampler(temperature, top_k=0), n=n), minlength=5)

    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected) + 1).all(), (counts, expected)


@given(
    logits=st.lists(
        st.sampled_from([0, 1, -1, 2**40, -(2**40)]) | st.integers(-(2**45), 2**45),
        min_size=1,
        max_size=6,
    ),
    temperature=st.sampled_from([5e-324, 1e-300, 1e-12, 1e-3, 0.7, 100.0]),
    unit=st.sampled_from([2.0**-26, 2.0**-16, 1.0]),
    top_k=st.integers(0, 7),
)
def test_any_logits_give_a_kept_token(
    logits: list[int], temperature: float, unit: float, top_k: int
) -> None:
    """Huge, equal and single logits at the tiniest and hottest temperatures."""
    order = np.argsort(-np.array(logits), kind="stable")

    token = Sampler(temperature, top_k).pick(np.array(logits), unit, position=5)

    assert token in order[: top_k or None]


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-30, 1e-12])
def test_tiniest_temperature_takes_the_likeliest(temperature: float) -> None:
    """Close to zero is as good as zero."""
    assert set(picks(Sampler(temperature), np.array([0, 7, 6]), n=50)) == {1}


def test_equal_logits_are_drawn_equally() -> None:
    """4000 draws over four tokens."""
    counts = np.bincount(picks(Sampler(temperature=1e-9), np.zeros(4, np.int64), n=4000))

    assert (np.abs(counts - 1000) < 110).all(), counts


def test_token_forty_octaves_below_is_never_drawn_wrongly() -> None:
    """The last weight is 1 of 2**40; beyond it a token has no weight at all."""
    unit, far = np.log(2), np.array([0, -41])

    assert {Sampler(1.0, 0, seed).pick(far, unit, 0) for seed in range(300)} == {0}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": -0.1}, "temperature = -0.1 is outside 0..100"),
        ({"temperature": 100.1}, "temperature = 100.1 is outside 0..100"),
        ({"temperature": float("nan")}, "temperature = nan is outside 0..100"),
        ({"temperature": float("inf")}, "temperature = inf is outside 0..100"),
        ({"top_k": -1}, "top_k = -1 is negative"),
        ({"top_p": 0.0}, "top_p = 0.0 is not above 0 and at most 1"),
        ({"top_p": 1.01}, "top_p = 1.01 is not above 0 and at most 1"),
        ({"top_p": float("nan")}, "top_p = nan is not above 0 and at most 1"),
        ({"repetition_penalty": 0.9}, "repetition_penalty = 0.9 is outside 1..100"),
        ({"repetition_penalty": float("nan")}, "repetition_penalty = nan is outside 1..100"),
        ({"repetition_penalty": float("inf")}, "repetition_penalty = inf is outside 1..100"),
        ({"seed": -1}, "seed = -1 is outside 0..2**64-1"),
        ({"seed": 2**64}, f"seed = {2**64} is outside 0..2**64-1"),
    ],
)
def test_settings_out_of_range_are_named(values: dict[str, float], message: str) -> None:
    """Name, value, range."""
    with pytest.raises(PromptError) as raised:
        Sampler(**values)

    assert message == raised.value.message


def test_largest_seed_is_accepted() -> None:
    """64 bits."""
    assert Sampler(seed=2**64 - 1).pick(LOGITS, UNIT, 0) in range(5)
