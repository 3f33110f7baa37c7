"""Following a story that is told a few sentences at a time."""

from random import Random

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.requests import asked
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
_LONGEST = 70  # words that either side says at once, at most
_BEGUN = 0.5  # share of the stories that the user begins


def followed(story: Story, draw: Random) -> list[Turn] | None:
    """A story that somebody begins, or asks for, and hears a few sentences at a time.

    None if it has too few sentences. What Sam says is cut from the story; only behind its last
    sentence he says that it has ended.
    """
    if len(story.sentences) < _SENTENCES:
        return None
    at = _part(draw) if draw.random() < _BEGUN else 0
    last = at + _part(draw)
    if at:
        turns = [Turn(USER, _begun(story.between(0, at), draw))]
    else:
        turns = asked(story, story.between(0, last), draw)
    longest = max(len(story.between(at, last).split()), len(turns[-1].text.split()))
    return _goes_on(story, turns, at, last, draw) if longest <= _LONGEST else None


def _goes_on(story: Story, turns: list[Turn], at: int, last: int, draw: Random) -> list[Turn]:
    """These turns with the sentences from `at` to `last` as an answer, and some after that."""
    n = len(story.sentences)
    for _ in range(draw.choice(_TURNS)):
        answer = story.between(at, last)
        if len(answer.split()) > _LONGEST:
            return turns[:-1]
        turns.append(Turn(SAM, answer))
        at, last = last, min(last + _part(draw), n)
        turns.append(Turn(USER, draw.choice(WHAT_THEN)))
        if at == n:
            return [*turns, Turn(SAM, draw.choice(END))]
    return turns[:-1]


def _part(draw: Random) -> int:
    """A number of sentences."""
    return draw.randint(1, 3)


def _begun(beginning: str, draw: Random) -> str:
    """A beginning with a request to go on, maybe; in one line, as it is typed."""
    return " ".join([*beginning.split(), *draw.choice(BEHIND).split()])
