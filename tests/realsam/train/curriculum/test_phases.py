"""What phases train with: their share of the steps, and as many tokens in each step."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.train.config import PRESETS, TrainConfig
from realsam.train.curriculum.phases import PHASES, options, phases


def planned(whole: TrainConfig, given: dict[str, Any], conversations: bool = True) -> list[Any]:
    """The options of all phases, if none ends before its share of the steps."""
    chosen, found = phases(conversations), []
    left = whole.steps
    for i in range(len(chosen)):
        found.append(options(whole, given, left, chosen[i:]))
        left -= found[-1]["steps"]
    return found


def test_windows_are_those_of_the_curriculum() -> None:
    """Conversations begin with short ones again."""
    assert [p.window for p in PHASES] == [8, 16, 32, 64, 32, 128, 128]
    assert [p.name for p in phases(False)] == ["words", "phrases", "sentences", "stories"]


@given(steps=st.sampled_from([7, 8, 20, 300, 5000]) | st.integers(7, 10**6))
def test_steps_are_used_up(steps: int) -> None:
    """Every phase has one at least, and none is left over."""
    found = [o["steps"] for o in planned(TrainConfig(steps=steps), {})]

    assert sum(found) == steps
    assert min(found) >= 1


def test_shares_follow_the_weights() -> None:
    """Of 2,000 steps, twentieths."""
    found = [o["steps"] for o in planned(TrainConfig(steps=2000), {})]

    assert found == [100, 100, 200, 800, 200, 200, 400]


def test_steps_that_are_left_go_to_the_later_phases() -> None:
    """In the proportion of their weights."""
    whole, rest = TrainConfig(steps=1200), phases(False)[1:]

    assert options(whole, {}, 1100, rest)["steps"] == 100
    assert options(whole, {}, 1199, rest)["steps"] == 109


@pytest.mark.parametrize("preset", ["tiny", "small", "base"])
def test_steps_hear_as_many_tokens_in_every_phase(preset: str) -> None:
    """As many as without a curriculum."""
    whole = PRESETS[preset].train

    for chosen in planned(whole, {}):
        assert chosen["batch"] * chosen["window"] == whole.batch * whole.window


def test_phases_validate_and_warm_up_within_their_steps() -> None:
    """A short phase has five validations, too; what the user says is kept."""
    whole = TrainConfig(steps=120, warmup=100, eval_every=1000)

    words, *_ = planned(whole, {}, conversations=False)

    assert words["steps"] == 10
    assert (words["eval_every"], words["warmup"], words["patience"]) == (2, 2, 3)
    given = {"eval_every": 7, "patience": 0, "lr": 0.5}
    assert planned(whole, given)[0].items() >= given.items()


def test_a_single_stream_stays_one() -> None:
    """Where the windows of a phase are longer than a step."""
    assert planned(TrainConfig(batch=1, window=16), {})[-1]["batch"] == 1
