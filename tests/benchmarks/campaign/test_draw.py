"""Cases are named by two numbers and sit on the edges they should."""

import numpy as np
import pytest

from benchmarks.campaign import draw
from benchmarks.campaign.watch import Watched
from realsam.errors import NetworkError
from realsam.ir import from_network


def test_two_numbers_name_a_case() -> None:
    """The same ones give the same case, others another."""
    first, again, other = draw.draw(1, 6), draw.draw(1, 6), draw.draw(2, 6)

    assert first.network == again.network
    np.testing.assert_array_equal(first.spikes, again.spikes)
    assert first.network != other.network


def test_half_of_the_networks_are_token_clocks() -> None:
    """The even ones; of the odd ones hardly any."""
    clocks = []
    for index in range(40):
        try:
            from_network(draw.draw(0, index).network)
            clocks.append(index)
        except NetworkError:
            continue

    assert set(range(0, 40, 2)) <= set(clocks)
    assert len(clocks) <= 22


def test_some_networks_are_graded_and_some_forget() -> None:
    """Of those that are no token clocks; payloads are in their range and meet its ends."""
    cases = [draw.draw(0, index) for index in range(60)]
    graded = [case for case in cases if case.network.input.message_bits]
    forgetful = [case for case in cases if any(p.reset for p in case.network.populations)]

    assert len(graded) >= 5
    assert len(forgetful) >= 5
    for case in graded:
        case.network.input.refuse(case.spikes[0])
    ends = [set(case.network.input.payloads) & set(case.spikes.ravel().tolist()) for case in graded]
    assert any(ends)


@pytest.mark.parametrize("total", [0, 2, -2, 254, -256, 1000, -1000, 2 * 254, -4 * 256])
def test_summing_weights_add_up(total: int) -> None:
    """To the total, with even weights in their range."""
    drawn = draw.summing(np.random.default_rng(0), total, 6)

    assert drawn.sum() == total
    assert (drawn % 2 == 0).all()
    assert drawn.min() >= -256
    assert drawn.max() <= 254


def test_summing_beyond_reach_is_extreme() -> None:
    """Too few weights for the total: all as large as they can be."""
    assert draw.summing(np.random.default_rng(0), 10_000, 3).tolist() == [254] * 3


def test_needle_meets_currents_between_the_multiples_of_64() -> None:
    """Of 2**23 - 2 to 2**23 + 2 in magnitude, in the step in which everything has arrived."""
    case = draw.draw(1, 1)
    watched = Watched(case.network)
    watched.token(case.spikes[0])

    found = watched.counts()

    met = np.abs(watched._current["p0"][2]) - 2**23
    assert np.abs(met).max() <= 2
    assert {-1, 1} <= set(met.tolist())
    assert found["currents of +-(2**23 - 1) exactly"] >= 1
