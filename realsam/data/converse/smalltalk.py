"""Small talk: what people say besides, answered in the voice of Sam.

`smalltalk.txt` has a block for each subject: its name, what a person may say, and what Sam may
answer to each of these.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from realsam.data.conversation import SAM, USER, Turn, parse

# These have their place in a talk.
HELLO, LIKED, THANKS, BYE, NIGHT = "hello", "liked", "thanks", "bye", "night"
_OFFER = re.compile(r"(?:Shall I tell you|Do you want to hear) a story(?: first| for it)?\?$")
_FRAMED = 0.1  # share of the talks that begin, or end, with small talk


@dataclass(frozen=True)
class Subject:
    """What may be said, and what may be answered to it."""

    asked: tuple[str, ...]
    answers: tuple[str, ...]

    def drawn(self, draw: Random) -> list[Turn]:
        """One of its pairs."""
        return [Turn(USER, draw.choice(self.asked)), Turn(SAM, draw.choice(self.answers))]


@cache
def subjects() -> dict[str, Subject]:
    """All subjects by name."""
    text = Path(__file__).with_name("smalltalk.txt").read_text(encoding="utf-8")
    found = {}
    for block in text.strip().split("\n\n"):
        name, _, lines = block.partition("\n")
        said = parse(lines)
        found[name] = Subject(*(tuple(t.text for t in said if t.speaker == s) for s in (USER, SAM)))
    return found


def chat(draw: Random) -> list[Turn]:
    """One to four pairs: subjects in any order, a greeting first, thanks and good bye last."""
    known = subjects()
    free = [name for name in known if name not in {HELLO, LIKED, THANKS, BYE, NIGHT}]
    names = [
        *([HELLO] if draw.random() < 0.4 else []),
        *draw.sample(free, draw.choice((1, 1, 2))),
        *([THANKS] if draw.random() < 0.15 else []),
        *([draw.choice((BYE, NIGHT))] if draw.random() < 0.2 else []),
    ]
    return [turn for name in names for turn in known[name].drawn(draw)]


def offer(draw: Random) -> list[Turn]:
    """Small talk at the end of which Sam offers a story."""
    pairs = [
        [Turn(USER, asked), Turn(SAM, answer)]
        for subject in subjects().values()
        for answer in subject.answers
        if _OFFER.search(answer)
        for asked in subject.asked
    ]
    return draw.choice(pairs)


def framed(turns: Sequence[Turn], draw: Random, praised: bool) -> list[Turn]:
    """A talk as it is, or with a greeting before it, or praise, thanks or good bye behind it.

    Args:
        turns: of the talk.
        draw: the generator.
        praised: whether it is a story, which may be praised.
    """
    known, before, behind = subjects(), draw.random(), draw.random()
    last = draw.choice((LIKED, THANKS, BYE, NIGHT) if praised else (THANKS, BYE, NIGHT))
    greets = before < _FRAMED and turns[0].text not in known[HELLO].asked
    return [
        *(known[HELLO].drawn(draw) if greets else []),
        *turns,
        *(known[last].drawn(draw) if behind < _FRAMED else []),
    ]
