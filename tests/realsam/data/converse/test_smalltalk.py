"""Small talk: blocks of what is said and answered."""

from random import Random

import pytest

from realsam.data.conversation import SAM, USER, is_message
from realsam.data.converse.smalltalk import (
    BYE,
    HELLO,
    LIKED,
    NIGHT,
    THANKS,
    chat,
    framed,
    offer,
    subjects,
)


def test_every_subject_has_both_sides() -> None:
    """Each several times, nothing twice, nothing that begins as a turn."""
    for name, subject in subjects().items():
        for said in (subject.asked, subject.answers):
            assert len(set(said)) == len(said) >= 2, name
            assert all(text == text.strip() and is_message(text) for text in said)

    asked = [text for subject in subjects().values() for text in subject.asked]
    assert len(set(asked)) == len(asked) > 150


@pytest.mark.parametrize("seed", range(50))
def test_small_talk_is_of_pairs(seed: int) -> None:
    """Each of one subject; greetings come first, good bye last, praise not at all."""
    turns = chat(Random(seed))
    names = [
        name for asked in turns[::2] for name, s in subjects().items() if asked.text in s.asked
    ]

    assert [turn.speaker for turn in turns] == [USER, SAM] * len(names)
    assert 1 <= len(names) <= 5
    for name, answer in zip(names, turns[1::2], strict=True):
        assert answer.text in subjects()[name].answers
    assert HELLO not in names[1:]
    assert not {BYE, NIGHT} & set(names[:-1])
    assert LIKED not in names


def test_talk_may_be_framed() -> None:
    """By a greeting, thanks or good bye; by praise if it is a story."""
    talk = chat(Random(0))
    for praised in (False, True):
        behind, before = set(), set()
        for seed in range(2000):
            turns = framed(talk, Random(seed), praised)
            at = next(i for i in range(3) if turns[i : i + len(talk)] == talk)
            before |= {turn.text for turn in turns[:at:2]}
            behind |= {turn.text for turn in turns[at + len(talk) :: 2]}
        known = subjects()
        names = (THANKS, BYE, NIGHT, *((LIKED,) if praised else ()))
        last = {text for name in names for text in known[name].asked}
        assert before == set(known[HELLO].asked)
        assert behind == last


def test_offer_is_answered_with_yes_or_no() -> None:
    """Nothing but a story is offered, in several ways."""
    offers = [offer(Random(seed)) for seed in range(300)]

    assert {len(pair) for pair in offers} == {2}
    assert len({pair[1].text for pair in offers}) > 3
    assert all(pair[1].text.endswith("?") and "story" in pair[1].text for pair in offers)


def test_nobody_is_greeted_twice() -> None:
    """A talk that begins with a greeting gets none before it."""
    talk = subjects()[HELLO].drawn(Random(0))

    assert all(framed(talk, Random(seed), False)[:2] == talk for seed in range(200))
