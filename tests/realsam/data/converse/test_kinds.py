"""Kinds of conversations: what Sam says stands in the story, whatever the seed."""

import re
from random import Random

import pytest

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.follow import END, WHAT_THEN, followed
from realsam.data.converse.questions import answered
from realsam.data.converse.requests import told
from realsam.data.converse.smalltalk import offer
from realsam.data.converse.speech import speeches, talks
from realsam.data.toy import toy_documents
from tests.realsam.data.converse.stories import BALL, FISH, TOLD, story

STORIES = [story(text) for text in (*TOLD, *toy_documents(40))]
SEEDS = range(30)
OFFERS = {offer(Random(seed))[1].text for seed in range(300)}


def alternate(turns: list[Turn]) -> bool:
    """Whether the user begins and Sam ends."""
    return bool(turns) and [t.speaker for t in turns] == [USER, SAM] * (len(turns) // 2)


def said(turns: list[Turn], speaker: str = SAM) -> list[str]:
    """What one side says."""
    return [turn.text for turn in turns if turn.speaker == speaker]


@pytest.mark.parametrize("seed", SEEDS)
def test_story_is_told_whole(seed: int) -> None:
    """And the request names what the story has."""
    for each in STORIES:
        turns = told(each, Random(seed), 200)

        assert turns is not None
        assert alternate(turns)
        assert said(turns)[-1] == each.text
        for topic in re.findall(r"about (.*)[.?!]", turns[-2].text):
            assert all(
                word in each.text
                for word in re.findall(r"\b(?!an?\b|and\b)\w+", topic.split(",")[0])
            )


def test_long_story_is_not_told() -> None:
    """It would leave the window."""
    assert told(story(BALL), Random(0), 50) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_story_is_followed_without_a_gap(seed: int) -> None:
    """Answers, and what the user began, are one piece of the story, in its order."""
    for each in (story(BALL), story(FISH)):
        turns = followed(each, Random(seed))

        assert turns is not None
        assert alternate(turns)
        parts = [text for text in said(turns) if text not in END]
        offered = turns[1].text in OFFERS
        parts = parts[offered:]
        joined = r"\s+".join(map(re.escape, " ".join(parts).split()))
        assert re.search(joined, each.text)
        assert set(said(turns, USER)[1 + offered :]) <= set(WHAT_THEN)


def test_end_is_told_behind_the_last_sentence_alone() -> None:
    """And nothing follows."""
    each, ends = story(FISH), 0
    for seed in range(300):
        turns = followed(each, Random(seed)) or []
        for i, turn in enumerate(turns):
            if turn.text in END:
                ends += 1
                assert i == len(turns) - 1
                assert turns[i - 2].text.endswith("from that day on.")

    assert ends > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_are_no_longer_than_a_breath(seed: int) -> None:
    """A story of long sentences is followed up to the first one that is too long."""
    long = f"The dog ran {'and ran ' * 50}home."
    each = story(" ".join(["Tom ran. Ann sat."] * 3 + [long] + ["They slept."] * 3))

    turns = followed(each, Random(seed)) or []

    assert not turns or alternate(turns)
    assert all(len(text.split()) <= 70 for text in said(turns))


def test_short_story_is_not_followed() -> None:
    """There is nothing to go on with."""
    assert followed(story("Tom ran. Ann sat. They slept."), Random(0)) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_stand_in_what_was_told(seed: int) -> None:
    """As a piece of a sentence, or a sentence."""
    n = 0
    for each in STORIES:
        turns = answered(each, Random(seed))
        for i, turn in enumerate(turns or []):
            if turn.speaker == SAM:
                n += 1
                told_so_far = (
                    " ".join(" ".join(t.text for t in turns[:i]).split())
                    if i > 1
                    else turns[0].text
                )
                answer = " ".join(turn.text.split()).rstrip(".")
                assert (
                    (answer[:1].lower() + answer[1:]) in told_so_far
                    or answer in told_so_far
                    or turn.text in each.text
                )

    assert n > 0


def asked(text: str) -> set[tuple[str, str]]:
    """All questions on a text, with their answers."""
    each, found = story(text), set()
    for seed in range(200):
        turns = answered(each, Random(seed)) or []
        pairs = zip(turns[::2], turns[1::2], strict=True)
        found |= {
            (re.split(r"(?<=[.!]) ", q.text)[-1], a.text) for q, a in pairs if q.text.endswith("?")
        }
    return found


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the name of the girl?", "Nora."),
        ("What was the girl's name?", "Nora."),
        ("Who is the story about?", "A little girl named Nora."),
        ("What did Nora like to do?", "To play in the garden."),
        ("What did Nora like to do?", "Nora liked to play in the garden."),
        ("What did Nora find?", "A red ball."),
        ("What colour was the ball?", "Red."),
    ],
)
def test_pattern_proves_an_answer(question: str, answer: str) -> None:
    """Each of them."""
    assert (question, answer) in asked(BALL)


@pytest.mark.parametrize(
    "text",
    [
        "There was a boy named Tim. There was a boy named Ben. They ran. They sat.",
        "There was a hurry named Tim. Tim ran. Tim sat. Tim slept.",
        "Tim had a hat and was happy. Tim saw a dog and ran. Tim sat. Tim slept. Tim ate.",
        "It wanted to play. It went to the park. It was red. It slept.",
    ],
)
def test_what_is_not_proven_is_not_asked(text: str) -> None:
    """Two answers, a noun that we do not know, more than a thing, or no name."""
    questions = {question for question, _ in asked(text) if question[:2] == "Wh"}

    assert questions <= {"Who is the story about?", "Who is this about?", "Who is it about?"}


def test_talks_of_a_story() -> None:
    """The speakers take turns; whom they call is left out."""
    assert [[turn.text for turn in talk] for talk in talks(story(BALL))] == [
        [
            "Hello! Can I play with your ball?",
            "Yes, but be careful with it.",
            "Can we throw it over the house?",
            "No. We would lose it.",
        ]
    ]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ('"Can you see it?" asked Tom.\n"No, I am blind."', 1),
        ('"Can you see it?" asked Tom.\n\n"No, I am blind."', 1),
        ('"Can you see it?"\n"No, I am blind," said Tom.', 1),
        ('"Can you see it?"\nTom said, "No, I am blind."', 1),
        ('"Can you see it?"\n"No, I am blind."', 0),
        ('"Can you see it?" asked Tom.\nAnn sat. "No, I am blind."', 0),
        ('"Can you see it?" asked Tom.\nAnn sat.\n"No, I am blind."', 0),
        ('"Can you see it?" asked Tom. Ann sat. "No, I am blind."', 0),
    ],
)
def test_paragraph_parts_speakers(text: str, n: int) -> None:
    """One of whom has a tag."""
    assert len(talks(story(text))) == n


@pytest.mark.parametrize("text", [*TOLD, *toy_documents(40)])
def test_talks_stand_in_the_story(text: str) -> None:
    """Word by word, but for names."""
    for talk in talks(story(text)):
        assert alternate(talk)
        for turn in talk:
            for part in re.findall(r"[\w' ]+", turn.text):
                assert part.strip().lower() in text.lower()


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ('"Hi!" said Tom. "Go on," said Ann.', ["tom", "ann"]),
        ('"Hi," Tom said. "Go on." Ann sat.', ["tom"]),
        ('"Hi," said Tom, "go on." Ann sat.', ["tom"]),
        ('Tom said, "Hi!" Ann smiled and said, "Hi, Tom!"', ["tom", "ann"]),
        ('"Hi!" Tom said, "Go on."', ["", "tom"]),
        ('"Hi!" the big dog said. His mom asked, "Why?"', ["dog", "mom"]),
        ('The sign said, "Stop." Tom ran. He said, "Oh!"', ["", "tom"]),
        ('"Hi!" they said. "Go on."', ["", ""]),
        ('Tom ran. "Hi!" Ann sat.', [""]),
    ],
)
def test_speaker_is_whom_the_tag_names(text: str, speakers: list[str]) -> None:
    """Nobody, where none does so for certain."""
    assert [speech.speaker for speech in speeches(story(text))] == speakers


@pytest.mark.parametrize(
    "text",
    [
        '"Can you see it?" asked Tom. "No, I am blind," Tom said.',
        '"Can you see it?" asked Tom. "No, I am blind," he said.',
        '"Can you see it?" asked Tom. "Ben can see it," said Ann.',
        '"Can you see it?" asked Tom. "She can see it," said Ann.',
        '"Yes, I can see it!" said Tom. "I can see it," said Ann.',
        '"Can you see it?" asked Tom. "I can see..." said Ann.',
        '"Who are you?" asked Tom. "I am a fairy," said Ann.',
        '"Hello, fine melon!" said Tom. "I am a fairy," said Ann.',
        '"Can you see it?" asked Tom. Ann looked for it here and there and everywhere, up and down '
        'and in and out. Ann said, "No, I am blind."',
    ],
)
def test_no_talk_where_something_is_missing(text: str) -> None:
    """A speaker, a name, somebody who was not named, an end, who they are, or a short way."""
    assert talks(story(f"There were Tom, Ben and Ann. {text}")) == []
