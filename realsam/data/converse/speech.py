"""What two speakers of a story say to each other becomes turns: the first speaks as the user.

Tags tell the speakers ("said Tom"); where one of two has no tag, a new paragraph tells that it is
another speaker. Few words of the story stand between the speeches, and they need nothing that it
tells besides (`realsam.data.converse.understood`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from realsam.data.conversation import SAM, USER, Turn
from realsam.data.converse.lexicon import words
from realsam.data.converse.story import Story
from realsam.data.converse.understood import Understanding, begins

_APART = 14  # words between a speech and its answer, tags included
_MOST = 6  # turns of a talk
_NEAR = 100  # characters in which the tag before a quote is looked for
_WHO = (
    r"(?:[A-Z]\w*'s|[Tt]he|[Hh]is|[Hh]er)(?: [a-z]+){1,3}?|[Hh]e\b|[Ss]he\b|"
    r"[A-Z][a-z]+(?! and [A-Z])"
)
_SAYS = (
    "said|says|say|asked|asks|replied|replies|answered|answers|shouted|shouts|cried|cries|agreed|"
    "agrees|exclaimed|whispered|whispers|yelled|yells|called|explained|explains|added|sobbed|begged|"
    "begs|barked"
)
_BEHIND = re.compile(
    rf" (?:(?P<who>{_WHO}) (?:{_SAYS})|(?:{_SAYS}) (?P<whom>{_WHO}(?=[., ])))\b[^.]*"
)
_BEFORE = re.compile(
    rf"(?:^ ?|[.!?] |\n)(?:(?P<lead>{_WHO}) [^.!?\n]*[.!?] (?=[HS]h?e ))?(?:Then |So |But )?"
    rf"(?P<who>{_WHO}) (?:[a-z' ]+,? and (?:then )?)?"
    rf"(?:{_SAYS})(?: to [\w' ]+| her \w+| his \w+| [A-Z]\w+| back| \w+ly| with [a-z ]+)?[,:]? $"
)
_ONE_BREAK = re.compile(r"[^\n]*\n+[^\n]*")
_NAMED = re.compile(r"\b(boy|girl|man|woman) (?:named|called) ([A-Z][a-z]+)\b")


@dataclass(frozen=True)
class Speech:
    """What one speaker says."""

    speaker: str  # in one word: "tom", "mom", "he"; "" if no tag tells
    text: str
    start: int  # where it stands in the story, quotes included
    end: int


def talks(story: Story) -> list[list[Turn]]:
    """All talks of a story that can be understood alone."""
    understand, genders = Understanding(story.names), _genders(story)
    found: list[list[Turn]] = []
    turns: list[Turn] = []
    speakers: list[str] = []
    last = Speech("", "", 0, 0)
    for speech in speeches(story):
        between = story.plain[last.end : speech.start]
        apart = _differ(last.speaker, speech.speaker, genders) or _parted(last, speech, between)
        answers = apart and len(between.split()) <= _APART
        returns = len(speakers) < 2 or (speakers[-2] and speakers[-2] == speech.speaker)
        if not (turns and answers and returns and len(turns) < _MOST):
            found += _whole(turns)
            turns, speakers = [], []
        before = " ".join(turn.text for turn in turns)
        text = understand(speech.text, before)
        if text and (text != turns[-1].text if turns else begins(text)):
            turns.append(Turn((USER, SAM)[len(turns) % 2], text))
            speakers.append(speech.speaker)
        else:
            found += _whole(turns)
            turns, speakers = [], []
        last = speech
    return found + _whole(turns)


def _genders(story: Story) -> dict[str, str]:
    """What speakers are, as far as it is known: "men" or "women"."""
    known = {word: kind for kind in ("men", "women") for word in words(kind)}
    return known | {name.lower(): known[who] for who, name in _NAMED.findall(story.plain)}


def _whole(turns: list[Turn]) -> list[list[Turn]]:
    """The turns up to the last answer, if there is one."""
    n = len(turns) // 2 * 2
    return [turns[:n]] if n else []


def _differ(a: str, b: str, genders: dict[str, str]) -> bool:
    """Whether two tags certainly name two speakers."""
    if not a or not b or a == b:
        return False
    if {"he", "she"} & {a, b}:
        return a in genders and b in genders and genders[a] != genders[b]
    return True


def _parted(last: Speech, speech: Speech, between: str) -> bool:
    """Whether a paragraph parts two speeches of which one has a tag."""
    if bool(last.speaker) == bool(speech.speaker) or not _ONE_BREAK.fullmatch(between):
        return False
    return bool(speech.speaker) or between.endswith("\n")


def speeches(story: Story) -> Iterator[Speech]:
    """All that is said, what one speaker says in one breath together."""
    plain, quotes = story.plain, story.quotes
    held, goes_on = Speech("", "", 0, 0), False
    for i, quote in enumerate(quotes):
        text = plain[quote.start : quote.end].strip()
        start, end = quote.start - 1, quote.end + 1
        behind = plain[end : quotes[i + 1].start - 1 if i + 1 < len(quotes) else None]
        own, more = _tag_behind(text, behind, i + 1 < len(quotes))
        if goes_on and not own:
            held = Speech(held.speaker, _joined(held.text, text), held.start, end)
        else:
            if i:
                yield held
            before = plain[max(held.end, start - _NEAR) : start]
            held = Speech(own or _tag_before(before), text, start, end)
        goes_on = more
    if quotes:
        yield held


def _joined(first: str, second: str) -> str:
    """Two halves of a speech, the first without the comma of a sentence that has ended."""
    ended = first.endswith(",") and second[:1].isupper()
    return f"{first[:-1]}. {second}" if ended else f"{first} {second}"


def _tag_behind(text: str, behind: str, followed: bool) -> tuple[str, bool]:
    """Who the tag behind a quote names, and whether the next quote goes on with the speech.

    Args:
        text: of the quote.
        behind: what follows, up to the next quote if there is one.
        followed: whether there is.
    """
    same, newline, _ = behind.partition("\n")
    tag = _BEHIND.match(same) if text[-1:] in tuple(",!?") else None
    if tag is None:
        return "", False
    joined = followed and not newline
    alone = joined and tag.end() >= len(same.rstrip(" .")) and len(same.split()) < 6
    if alone and tag["who"] and text[-1] != "," and same.rstrip()[-1] in ",:":
        return "", False  # it is the tag of the next quote
    return _key(tag["who"] or tag["whom"]), alone


def _tag_before(before: str) -> str:
    """Who the tag before a quote names; for "she" whom the sentence before it is about."""
    tag = _BEFORE.search(before)
    return _key(tag["lead"] or tag["who"]) if tag else ""


def _key(who: str) -> str:
    """A speaker in one word: "the little bird" is a bird, "Mia's mom" a mom; "" for a sign."""
    key = who.lower().split()[-1]
    return "" if key in words("not speakers") else key
