"""A story in sentences and quotes, as places in its text.

Quotes decide: a full stop within one ends no sentence of the story. A story whose quotes do not
pair up in every paragraph, or which breaks off, is no story here.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from realsam.data.converse.lexicon import words

_STRAIGHT = str.maketrans("\u201c\u201d\u2018\u2019", "\"\"''")  # one for one: places stay
_UNITS = re.compile(r'"[^"\n]*"|[.!?]+|[^".!?\n]+|\n+')
_TITLES = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St)$")
SAID = (
    "said|says|say|asked|asks|replied|replies|answered|answers|shouted|shouts|cried|cries|agreed|"
    "agrees|exclaimed|whispered|whispers|yelled|yells|called|calls|explained|explains|added|sobbed|"
    "begged|laughed|screamed|suggested|smiled|nodded|thought|wondered|barked|cheered|giggled|roared"
)
# A tag behind a quote goes on with its sentence even where the quote ends with a mark.
_TAG = re.compile(rf" (?:[A-Z]\w*(?:'s)? )(?:\w+ )?(?:{SAID})\b")
_NAMED = re.compile(r"\b(?:named|called) ([A-Z][a-z]+)\b")
_NAMES = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b")
_OPENING = re.compile(
    r"(?:Once upon a time,? |One day,? |Once,? )?([A-Z][a-z]+)(?: and ([A-Z][a-z]+))? "
    r"(?:was|were|had|liked?|loved?|lived?|went|saw|wanted|likes|loves|is|are|woke|felt)\b"
)


@dataclass(frozen=True)
class Quote:
    """What somebody says."""

    start: int  # of its first character, the mark before it apart
    end: int  # behind its last one


@dataclass(frozen=True)
class Story:
    """A text with the places of its sentences and quotes."""

    text: str  # stripped
    plain: str  # the same with straight quotes and apostrophes
    sentences: tuple[tuple[int, int], ...]  # start and end of each, without the space between them
    quotes: tuple[Quote, ...]

    def between(self, first: int, last: int) -> str:
        """The text of sentences from first up to, not including, last."""
        return self.text[self.sentences[first][0] : self.sentences[last - 1][1]]

    def sentence(self, i: int) -> str:
        """One of them, with straight quotes."""
        start, end = self.sentences[i]
        return self.plain[start:end]

    @cached_property
    def n_words(self) -> int:
        """Of the whole text."""
        return len(self.text.split())

    @cached_property
    def names(self) -> frozenset[str]:
        """All that looks like the name of somebody, in the middle of a sentence or as its hero."""
        found = {*_NAMES.findall(self.plain), *_NAMED.findall(self.plain), *self._heroes()}
        return frozenset(found - words("parents") - words("not names"))

    @cached_property
    def heroes(self) -> tuple[str, ...]:
        """Names that the beginning gives, and that come three times at least."""
        begin = self.plain[
            self.sentences[0][0] : self.sentences[min(2, len(self.sentences)) - 1][1]
        ]
        found = dict.fromkeys([*_NAMED.findall(begin), *self._heroes()])
        said = Counter(re.findall(r"\w+", self.plain))
        return tuple(name for name in found if name in self.names and said[name] > 2)

    def _heroes(self) -> list[str]:
        found = _OPENING.match(self.plain)
        return [name for name in found.groups() if name] if found else []


def read_story(text: str) -> Story | None:
    """The story of a text that is one; None if quotes do not pair up or the end is cut."""
    text = "\n".join(line.strip() for line in text.strip().split("\n"))
    plain = text.translate(_STRAIGHT)
    if any(line.count('"') % 2 for line in plain.split("\n")):
        return None
    sentences: list[tuple[int, int]] = []
    quotes: list[Quote] = []
    start, end = 0, -1  # of a sentence that goes on; where a mark may have ended it
    for unit in _UNITS.finditer(plain):
        piece, at = unit.group(), unit.start()
        text_at = at + len(piece) - len(piece.lstrip())  # behind the space of a piece
        if end == at > start and (piece[0] == "\n" or _begins(plain, at, text_at)):
            sentences.append((start, end))
            start = text_at
        if piece[0] == '"':
            quotes.append(Quote(at + 1, unit.end() - 1))
            end = unit.end() if piece[-2:-1] in tuple(".!?") else -1
        elif piece[0] in ".!?":
            end = -1 if _TITLES.search(plain, max(0, at - 4), at) else unit.end()
        elif piece[0] == "\n" and start < at:
            return None  # a paragraph without an end
        elif not piece.isspace():
            end = -1
    if end != len(plain):
        return None
    sentences.append((start, end))
    return Story(text, plain, tuple(sentences), tuple(quotes))


def _begins(plain: str, at: int, text_at: int) -> bool:
    """Whether what follows a mark at `at` begins a sentence, the space up to `text_at` apart."""
    if at == text_at or text_at == len(plain) or plain[text_at].islower():
        return False
    return plain[at - 1] != '"' or not _TAG.match(plain, at)
