"""A failing case becomes small and still fails."""

import numpy as np

from benchmarks.campaign.compare import compare
from benchmarks.campaign.draw import draw
from benchmarks.campaign.shrink import shrink


def test_only_what_fails_is_left() -> None:
    """A failure that needs one projection and one spike of line 0."""
    big = draw(0, 5)
    spiking = (big.spikes[:, 0] > 0).any() and bool(big.network.projections)
    assert spiking
    assert len(big.spikes) > 1

    small = shrink(big, lambda c: bool(c.network.projections) and (c.spikes[:, 0] > 0).any())

    assert len(small.spikes) == 1
    assert small.spikes.sum() == 1
    assert len(small.network.projections) == 1
    assert not small.network.projections[0].weight.any()
    assert small.name == big.name


def test_payloads_and_resets_become_simple() -> None:
    """A payload of 1 is enough, and no reset."""
    cases = (draw(0, index) for index in range(1, 200, 2))
    big = next(c for c in cases if np.abs(c.spikes).max() > 1 and c.network.populations[0].reset)

    small = shrink(big, lambda c: bool(c.spikes.any()))

    assert np.abs(small.spikes).max() == 1
    assert not any(p.reset for p in small.network.populations)


def test_what_cannot_shrink_stays() -> None:
    """If everything smaller passes, the case is the same."""
    big = draw(0, 5)

    assert shrink(big, lambda _: False) is big


def test_smaller_cases_are_valid() -> None:
    """All that shrinking tries can be played: here nothing differs, whatever it drops."""
    assert shrink(draw(0, 3), lambda c: compare(c).difference is None) is not None
