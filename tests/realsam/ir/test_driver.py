"""Drivers: the prompt first, then what was sampled, until the end."""

from collections.abc import Sequence

import numpy as np
import pytest

from realsam.arrays import I64
from realsam.ir import ClosedLoop, Driver, Host, Replay, Sampler
from tests import tiny

LIKELIEST = Sampler(temperature=0)


def voting_host() -> Host:
    """Four tokens; a readout voltage of 64 at neuron i votes for token i; token 0 ends."""
    return tiny.host(readout=4, decode=np.eye(4) * 9, bias=np.zeros(4))


def vote(token: int) -> I64:
    """Readout voltages that elect a token."""
    return np.eye(4, dtype=np.int64)[token] * 64


def play(driver: Driver, votes: list[int]) -> list[list[int]]:
    """Input spikes of every token that is fed while the network votes in turn."""
    fed = []
    for token in votes:
        if (row := driver.spikes()) is None:
            break
        fed.append(row.tolist())
        driver.take(vote(token))
    return fed


def test_closed_loop_feeds_the_prompt_and_then_its_choices() -> None:
    """Votes during the prompt are not heard; those after it are fed."""
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, n_new=3)

    fed = play(loop, [1, 2, 3, 1, 1, 1])

    assert loop.tokens == [3, 1, 2, 3, 1]
    assert loop.generated == [2, 3, 1]
    assert fed == [[1, 1], [1, 0], [0, 1], [1, 1]]  # the last token needs no pass


def test_length_is_the_number_of_tokens_fed_at_most() -> None:
    """The prompt and all new tokens but the last."""
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, n_new=3)

    assert loop.length == len(play(loop, [1] * 9))


def test_one_new_token_needs_the_prompt_only() -> None:
    """n_new = 1."""
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, n_new=1)

    assert len(play(loop, [1, 2, 3])) == 2
    assert loop.generated == [2]


def test_end_of_text_ends_the_loop() -> None:
    """It is kept in the tokens and not fed."""
    loop = ClosedLoop(voting_host(), [0, 1], LIKELIEST, n_new=9)

    fed = play(loop, [1, 2, 0, 1])

    assert loop.tokens == [0, 1, 2, 0]
    assert len(fed) == 3
    assert loop.spikes() is None


def test_end_of_text_can_be_played_on() -> None:
    """stop_at_end=False feeds it like any token."""
    loop = ClosedLoop(voting_host(), [0, 1], LIKELIEST, n_new=4, stop_at_end=False)

    play(loop, [1, 0, 2, 0, 3])

    assert loop.generated == [0, 2, 0, 3]


def test_stop_ends_the_loop() -> None:
    """It is asked for the new tokens alone, after each, on either side of a twin."""
    asked: list[list[int]] = []

    def ends(tokens: Sequence[int]) -> bool:
        asked.append(list(tokens))
        return tokens[-2:] == [2, 3]

    loop = ClosedLoop(voting_host(), [2, 3], LIKELIEST, n_new=9, ends=ends)
    twin = loop.twin()

    for driver in (loop, twin):
        play(driver, [1, 3, 2, 3, 1, 1])

    assert loop.generated == twin.generated == [3, 2, 3]
    assert asked == [[3], [3, 2], [3, 2, 3]] * 2


def test_penalty_hears_prompt_and_text() -> None:
    """The likeliest token that is neither in the prompt nor was chosen before."""
    sampler = Sampler(temperature=0, repetition_penalty=100)
    host = tiny.host(readout=4, decode=np.eye(4), bias=[0, 30, 20, 10], nats_per_logit=0.1)
    loop = ClosedLoop(host, [0, 1], sampler, n_new=3)

    play(loop, [0, 0, 0, 0])

    assert loop.generated == [2, 3, 1]


def test_end_of_text_in_the_prompt_does_not_end_it() -> None:
    """A prompt may be the end of text alone."""
    loop = ClosedLoop(voting_host(), [0], LIKELIEST, n_new=2)

    assert len(play(loop, [1, 1])) == 2


def test_every_choice_is_streamed_once() -> None:
    """on_token hears the new tokens in order and not the prompt."""
    heard: list[int] = []
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, 3, heard.append)

    play(loop, [1, 2, 3, 1])

    assert heard == loop.generated == [2, 3, 1]


def test_take_returns_the_choice() -> None:
    """None inside the prompt, then the token."""
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, n_new=2)

    returned = []
    while loop.spikes() is not None:
        returned.append(loop.take(vote(2)))

    assert returned == [None, 2, 2]


def test_twin_is_silent_and_independent() -> None:
    """It makes the same choices, streams nothing, and leaves the original where it was."""
    heard: list[int] = []
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, 3, heard.append)
    play(loop, [1, 2])

    twin = loop.twin()
    play(twin, [3, 1])

    assert twin.tokens == [3, 1, 2, 3, 1]
    assert loop.tokens == [3, 1, 2]
    assert heard == [2]


def test_follow_does_what_the_twin_did() -> None:
    """The choices of a twin, followed, give the same tokens and are streamed."""
    heard: list[int] = []
    loop = ClosedLoop(voting_host(), [3, 1], LIKELIEST, 3, heard.append)
    twin = loop.twin()

    while (row := twin.spikes()) is not None:
        assert row.tolist() == loop.spikes().tolist()
        loop.follow(vote(2), twin.take(vote(2)))

    assert loop.spikes() is None
    assert loop.tokens == twin.tokens
    assert heard == [2, 2, 2]


def test_draw_depends_on_the_position_in_the_text() -> None:
    """The prompt counts: the token at place n is drawn with counter n."""
    host, sampler = tiny.host(vocab=50, bias=np.zeros(50)), Sampler(temperature=1, top_k=0)
    silence = np.zeros(2, np.int64)
    loop = ClosedLoop(host, [1, 2, 3], sampler, n_new=1)

    while loop.spikes() is not None:
        loop.take(silence)

    assert loop.generated == [sampler.pick(host.logits(silence), host.nats_per_logit, 3)]


def test_replay_feeds_its_rows_and_ends() -> None:
    """All rows in order, then None for ever."""
    rows = np.array([[1, 0], [0, 1], [1, 1]], np.uint8)
    replay = Replay(rows)

    assert play(replay, [0] * 9) == rows.tolist()
    assert replay.spikes() is None
    assert replay.length == 3


def test_twin_of_a_replay_stands_at_the_same_place() -> None:
    """And moves on by itself."""
    replay = Replay(np.array([[1, 0], [0, 1]], np.uint8))
    replay.spikes()

    twin = replay.twin()

    assert twin.spikes().tolist() == [0, 1]
    assert replay.spikes().tolist() == [0, 1]


@pytest.mark.parametrize("lines", [1, 5])
def test_replay_of_nothing_is_empty(lines: int) -> None:
    """No tokens, no spikes."""
    assert Replay(np.zeros((0, lines), np.uint8)).spikes() is None
