"""Where rules end: what a request may name, how long a talk is, what comes once."""

from pathlib import Path
from random import Random

import pytest

from realsam.data.conversation import USER
from realsam.data.converse.draw import KINDS, SMALLTALK, SPEECH, Drawing
from realsam.data.converse.follow import followed
from realsam.data.converse.requests import request, told
from realsam.data.converse.smalltalk import subjects
from realsam.data.converse.speech import talks
from realsam.data.converse.write import converse
from realsam.data.source import Source
from tests.realsam.data.converse.stories import BALL, story
from tests.realsam.data.files import texts, write


def requests(text: str, answer: str) -> str:
    """All that is asked for a story, whatever the seed, in one text."""
    each = story(text)
    return "\n".join(request(each, answer, Random(seed)) for seed in range(200))


def test_a_request_names_what_comes_three_times() -> None:
    """No noun and no hero that comes twice."""
    text = "Tom had a dog. Ann had a cat. The dog ran to Ann. The cat sat. A cat and Ann slept."

    asked = requests(text, text)

    assert "a cat" in asked
    assert "Ann" not in asked  # she is not how it begins
    assert "dog" not in asked
    assert "Tom" not in asked
    assert "Tom" in requests(f"{text} Tom ate. Tom slept.", f"{text} Tom ate. Tom slept.")


def test_a_request_names_what_is_told_first() -> None:
    """A hero and a thing of later sentences would not be heard of."""
    text = "Tom went home. Tom sat. Tom saw a hat. The hat was red. The hat was big."

    assert "Tom" in requests(text, "Tom went home.")
    assert "a hat" not in requests(text, "Tom went home.")
    assert "Tom" not in requests(text, "The hat was red.")


def test_a_request_names_somebody_first() -> None:
    """Then things, then places."""
    text = "Tom had a hat. Tom and the hat were at a park. The park had a hat. Tom saw the park."

    asked = requests(text, text)

    assert "Tom and a hat" in asked
    assert "Tom and a park" in asked
    assert "a hat and a park" in asked
    assert not any(words in asked for words in ("hat and Tom", "park and Tom", "park and a hat"))


def test_a_story_of_the_longest_words_is_told() -> None:
    """One word less allowed, and it is not."""
    n = story(BALL).n_words

    assert told(story(BALL), Random(0), n)
    assert told(story(BALL), Random(0), n - 1) is None


@pytest.mark.parametrize("seed", range(30))
def test_a_long_beginning_is_not_followed(seed: int) -> None:
    """Whoever says it."""
    long = f"Tom ran {'and ran ' * 50}home."
    turns = followed(story(" ".join([long, *["They slept."] * 6])), Random(seed))

    assert turns is None


def test_a_talk_has_six_turns_at_most() -> None:
    """What is said then begins another one."""
    said = "\n".join(
        f'"I have {number} hats," said {name}.'
        for number, name in zip(
            ("one", "two", "three", "four", "five", "six", "seven", "eight"),
            ("Tom", "Ann") * 4,
            strict=True,
        )
    )

    assert [len(talk) for talk in talks(story(said))] == [6, 2]


def test_a_third_speaker_begins_a_talk() -> None:
    """Two take turns."""
    said = (
        '"I like it here," said Tom. "We like it," said Ann. "You are right," said Ben. '
        '"We are all right," said Ann.'
    )

    assert [[turn.text for turn in talk] for talk in talks(story(said))] == [
        ["I like it here.", "We like it."],
        ["You are right.", "We are all right."],
    ]


def test_nobody_says_what_was_just_said() -> None:
    """The talk ends before it."""
    assert talks(story('"Let us go home!" said Tom. "Let us go home!" said Ann.')) == []


def test_speeches_are_not_framed() -> None:
    """Small talk stands around stories and questions alone."""
    hello = subjects()["hello"].asked
    shares = {"story": 0, "follow": 0, "question": 0, "smalltalk": 0}

    for seed in range(60):
        (talk,) = Drawing(seed, shares=shares)(story(BALL))
        assert talk.kind == SPEECH
        assert len(talk.turns) == 4
        assert talk.turns[0].text not in {"", *hello}


def test_equal_conversations_come_once(tmp_path: Path) -> None:
    """Small talk is the same for every story."""
    path = write(tmp_path / "s.txt", BALL)
    drawing = Drawing(shares={**dict.fromkeys(KINDS, 0.0), SMALLTALK: 500.0})

    drawn = [tuple(talk.turns) for talk in drawing(story(BALL))]
    counts = converse([Source(path)], tmp_path / "a.txt", drawing, lambda *_: None)["kinds"]

    assert len(set(drawn)) < len(drawn) == 500
    assert counts[SMALLTALK]["conversations"] == len(set(drawn))
    assert len(texts(tmp_path / "a.txt")[0]) == len(set(drawn))
    assert all(turns[0].speaker == USER for turns in drawn)
