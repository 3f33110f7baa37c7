"""Following a story that is told a few sentences at a time."""

from random import Random

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.requests import request
from realsam.data.converse.story import Story

WHAT_THEN = (
    "What happened then?",
    "What happened next?",
    "And then?",
    "And then what happened?",
    "What then?",
    "Then what happened?",
    "Go on.",
    "Please go on.",
    "Go on, please.",
    "Tell me more.",
    "More, please!",
    "How does it go on?",
    "How does the story go on?",
    "What comes next?",
    "Keep going!",
)
BEHIND = ("What happened then?", "What happened next?", "And then?", "Go on.", "", "", "")
END = (
    "That is the end of the story.",
    "That was the whole story.",
    "The end.",
    "The story ends here.",
)
_SENTENCES = 6  # of a story, at least
_TURNS = (1, 2, 2, 3, 3, 4, 5)
_ANSWER = 80  # words that Sam says at once, at most
_BEGINNING = 60  # words that somebody begins a story with, at most


def followed(story: Story, draw: Random) -> list[Turn] | None:
    """A story that somebody begins, or asks for, and hears a few sentences at a time.

    None if it has too few sentences. What Sam says is cut from the story; only behind its last
    sentence he says that it has ended.
    """
    if len(story.sentences) < _SENTENCES:
        return None
    begins = draw.random() < 0.5
    at = _part(draw) if begins else 0
    last = at + _part(draw)
    if begins:
        asked = _begun(story.between(0, at), draw)
    else:
        asked = request(story, story.between(0, last), draw)
    if len(asked.split()) > _BEGINNING:
        return None
    turns: list[Turn] = []
    for _ in range(draw.choice(_TURNS)):
        turns.append(Turn(USER, asked))
        if at == len(story.sentences):
            turns.append(Turn(SAM, draw.choice(END)))
            break
        answer = story.between(at, last)
        if len(answer.split()) > _ANSWER:
            return turns[:-1] or None
        turns.append(Turn(SAM, answer))
        at, last = last, min(last + _part(draw), len(story.sentences))
        asked = draw.choice(WHAT_THEN)
    return turns


def _part(draw: Random) -> int:
    """A number of sentences."""
    return draw.randint(1, 3)


def _begun(beginning: str, draw: Random) -> str:
    """A beginning with a request to go on, maybe; in one line, as it is typed."""
    return " ".join([*beginning.split(), *draw.choice(BEHIND).split()])
