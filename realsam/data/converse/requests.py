"""Requests: somebody asks for a story, and is told it."""

import re
from collections import Counter
from random import Random

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.lexicon import SOMEBODY, SOMETHING, SOMEWHERE, nouns, with_article
from realsam.data.converse.smalltalk import offer
from realsam.data.converse.story import Story

ABOUT = (
    "Tell me a story about {}.",
    "Tell me a story about {}, please.",
    "Please tell me a story about {}.",
    "Can you tell me a story about {}?",
    "Could you tell me a story about {}?",
    "Will you tell me a story about {}?",
    "Do you know a story about {}?",
    "I want to hear a story about {}.",
    "I want a story about {}!",
    "I would like a story about {}.",
    "A story about {}, please.",
    "Tell me something about {}.",
    "Tell me about {}.",
    "Let's have a story about {}.",
    "Write a story about {}.",
    "Write me a little story about {}.",
    "I like stories about {}.",
)
SHORT = (
    "Tell me a short story.",
    "Tell me a short story, please.",
    "Can you tell me a short story?",
    "Do you know a short story?",
    "Please tell me a little story.",
    "Write a short story.",
)
ANY = (
    "Tell me a story.",
    "Tell me a story!",
    "Tell me a story, please.",
    "Please tell me a story.",
    "Can you tell me a story?",
    "Could you tell me a story?",
    "Will you tell me a story?",
    "I want to hear a story.",
    "I want a story!",
    "Do you know a story?",
    "Do you know any stories?",
    "Tell me another story.",
    "A story, please.",
    "What story do you know?",
    "Let's have a story.",
    "Write a story.",
    "Read me a story.",
)
YES = (
    "Yes!",
    "Yes, please.",
    "Yes, please!",
    "Oh yes!",
    "Yes, tell me a story.",
    "Yes, I want to hear a story.",
    "Okay.",
    "Please do.",
)
_OFFERED = 0.1  # share of the stories that Sam offers
_SHORT_WORDS = 110  # words of a story that is called short, at most
_OFTEN = 3  # times that a story has what it is about, at least
_NAMES_IT = 0.85  # share of the requests that say what the story is to be about


def asked(story: Story, answer: str, draw: Random) -> list[Turn]:
    """What comes before a story: a request, or small talk in which Sam offers one.

    Args:
        story: which.
        answer: what is told first.
        draw: the generator.
    """
    if draw.random() < _OFFERED:
        return [*offer(draw), Turn(USER, draw.choice(YES))]
    return [Turn(USER, request(story, answer, draw))]


def request(story: Story, answer: str, draw: Random) -> str:
    """Words in which somebody may ask for this story.

    Args:
        story: which.
        answer: what is told first; what the words name stands in it.
        draw: the generator.
    """
    found = _subjects(story, answer, draw)
    if found and draw.random() < _NAMES_IT:
        return draw.choice(ABOUT).format(" and ".join(found))
    return draw.choice(SHORT if story.n_words < _SHORT_WORDS and draw.random() < 0.5 else ANY)


def told(story: Story, draw: Random, longest: int) -> list[Turn] | None:
    """The whole story on request; None if it has more words than `longest`."""
    if story.n_words > longest:
        return None
    return [*asked(story, story.text, draw), Turn(SAM, story.text)]


def _subjects(story: Story, answer: str, draw: Random) -> list[str]:
    """One or two things or persons that a story is about, with their articles."""
    words = set(re.findall(r"\w+", answer))
    found = [
        *(_introduced(name, answer, draw) for name in story.heroes[:2] if name in words),
        *(with_article(noun) for noun in _topics(story)[:3] if noun in words),
    ]
    wanted = draw.sample(found, min(len(found), draw.choice((1, 1, 2))))
    # In one order: names, somebody, something, somewhere.
    kinds = ("", SOMEBODY, SOMETHING, SOMEWHERE)
    return sorted(wanted, key=lambda text: kinds.index(nouns().get(text.split()[-1], "")))


def _topics(story: Story) -> list[str]:
    """The nouns that a story has often, the one that comes most often first."""
    known = nouns()
    counts = Counter(word for word in re.findall(r"[a-z]+", story.plain) if word in known)
    return [word for word, n in counts.most_common() if n >= _OFTEN]


def _introduced(name: str, answer: str, draw: Random) -> str:
    """A name, or maybe "a little girl named" and the name, if the story says so."""
    found = re.search(rf"\ban? (?:[a-z]+ ){{1,2}}(?:named|called) {name}\b", answer)
    return found.group() if found and draw.random() < 0.3 else name
