"""Questions on a few sentences that somebody tells, where a strict pattern proves the answer.

The answer is cut from the sentences. If another of them would give another answer, the question
is not asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.lexicon import nouns
from realsam.data.converse.requests import request
from realsam.data.converse.story import Story

_TOLD = (2, 3, 3, 4, 5)  # sentences that are told
_LONGEST = 70  # words of them
_NAME = r"(?P<sentence>(?P<name>[A-Z][a-z]+)"  # the sentence without its lead is an answer, too
_NOUN = r"(?:[a-z]+ ){0,2}(?P<noun>[a-z]+)"
_LEAD = r"(?:(?:One|Every) (?:[a-z]+ )?day, |Then, |So, )?"
_AT = r"(?: (?:in|on|under|near|at|by) [a-z ]+)?"
_ALONE = r"(?![a-z ]*\band\b)"  # "a ball and was happy" is more than a thing
_THERE = r"(?:.*?,? )?[Tt]here (?:was|lived)"
_COLOURS = "red|blue|green|yellow|pink|purple|orange|brown|black|white|grey|gray"
_FEELINGS = (
    "happy|sad|scared|afraid|tired|hungry|thirsty|excited|angry|proud|surprised|worried|bored|"
    "sleepy|glad|mad|lonely|curious|upset|confused|nervous|grumpy|cold"
)


@dataclass(frozen=True)
class _Rule:
    """What a whole sentence must look like, and what may be asked then."""

    pattern: re.Pattern[str]  # groups: answer; maybe sentence, name, noun
    asks: tuple[str, ...]  # with {name} and {noun}


_RULES = tuple(
    _Rule(re.compile(pattern), asks)
    for pattern, asks in (
        (
            rf"{_THERE} an? {_NOUN} (?:named|called) (?P<answer>[A-Z][a-z]+)\b.*",
            (
                *("What was the name of the {noun}?", "What is the name of the {noun}?"),
                *("What was the {noun}'s name?", "What is the {noun} called?"),
            ),
        ),
        (
            rf"{_THERE} (?P<answer>an? (?:[a-z]+ ){{1,3}}(?:named|called) [A-Z][a-z]+)\b.*",
            ("Who is the story about?", "Who is this about?", "Who is it about?"),
        ),
        (
            rf"{_LEAD}{_NAME} (?:loved|liked) (?P<answer>to [a-z ]+)\.)",
            ("What did {name} like to do?", "What did {name} love to do?"),
        ),
        (
            rf"{_LEAD}{_NAME} wanted (?P<answer>to [a-z ]+)\.)",
            ("What did {name} want to do?", "What did {name} want?"),
        ),
        (
            rf"{_LEAD}{_NAME} (?:went|walked|ran|came) (?P<answer>to the [a-z]+)"
            r"(?: (?:with|to) [^.\"]*)?\.)",
            ("Where did {name} go?",),
        ),
        (
            rf"{_LEAD}{_NAME} found (?P<answer>an? {_ALONE}[a-z ]+?){_AT}\.)",
            ("What did {name} find?",),
        ),
        (
            rf"{_LEAD}{_NAME} saw (?P<answer>an? {_ALONE}[a-z ]+?){_AT}\.)",
            ("What did {name} see?",),
        ),
        (rf"{_LEAD}{_NAME} had (?P<answer>an? {_ALONE}[a-z ]+)\.)", ("What did {name} have?",)),
        (
            rf"{_LEAD}{_NAME} (?:was|felt) (?P<answer>(?:very |so )?(?:{_FEELINGS}))[.!])",
            ("How did {name} feel?", "How was {name}?"),
        ),
        (
            rf"[^\"]*?\b(?:an?|the|his|her) (?P<answer>{_COLOURS}) (?P<noun>[a-z]+)\b[^\"]*",
            ("What colour was the {noun}?", "What color was the {noun}?"),
        ),
    )
)


def answered(story: Story, draw: Random) -> list[Turn] | None:
    """Some sentences and one or two questions on them; None if no pattern proves an answer.

    The first sentences are told by the user, who asks at once, or by Sam on request.
    """
    n = min(draw.choice(_TOLD), len(story.sentences))
    piece = story.between(0, n)
    found = list(_proven(story, n, draw)) if len(piece.split()) <= _LONGEST else []
    if not found:
        return None
    asked = draw.sample(found, min(len(found), draw.choice((1, 1, 2))))
    turns = []
    if draw.random() < 0.5:
        turns = [Turn(USER, request(story, piece, draw)), Turn(SAM, piece)]
    else:
        ask, answer = asked.pop(0)
        turns = [Turn(USER, " ".join([*piece.split(), ask])), Turn(SAM, answer)]
    for ask, answer in asked:
        turns += [Turn(USER, ask), Turn(SAM, answer)]
    return turns


def _proven(story: Story, n: int, draw: Random) -> Iterator[tuple[str, str]]:
    """Questions that the first n sentences answer, each in one of its wordings, and the answers."""
    sentences = [story.sentence(i) for i in range(n)]
    for rule in _RULES:
        fits = [fit for text in sentences if (fit := rule.pattern.fullmatch(text))]
        if len({fit["answer"] for fit in fits}) != 1 or not _known(fits[0], story):
            continue
        groups = fits[0].groupdict()
        short = f"{groups['answer'][:1].upper()}{groups['answer'][1:]}."
        whole = groups.get("sentence", short)
        yield draw.choice(rule.asks).format(**groups), draw.choice((short, short, whole))


def _known(fit: re.Match[str], story: Story) -> bool:
    """Whether its noun is a noun, and its name a name."""
    groups = fit.groupdict()
    named = "name" not in groups or groups["name"] in story.names
    return named and ("noun" not in groups or groups["noun"] in nouns())
