"""Templates out of plain prose: sentences in which every name is known, with slots in their place.

Nothing is learned: a sentence with a capital that no rule explains is left out. What the rules
know is in `known.py`, which words are names the text itself says (`capitals.py`). So a place that
is unknown costs a sentence. What a rule takes for something else stays: a character named
Wednesday is a day, and a Guinea pig comes from a country.

Three shares are drawn:

    words that are common in lower case      stay in 15 %, as in titles of works: they name nobody
    sentences of one capital and no slot     15 %: every text has plenty of them
    He or She that begins, without PERSON    {PERSON} in 30 %
"""

import random
import re
from collections.abc import Iterator

from realsam.entities import Span
from realsam.ner.synthesis.capitals import Capitals, begins
from realsam.ner.synthesis.known import FIRST, Known

_SHORTEST, _LONGEST = 12, 240  # characters of a sentence
_MARKUP = re.compile(r"[*#_`]+|^\s*(?:[-+•–]|\d+[.)])\s")
_WRAPPED = re.compile(r"(?<=[a-z,;])\n(?=[a-z])")  # a sentence goes on in the next line
_ABBREVIATED = "".join(rf"(?<!\b{word}\.)" for word in ("Mr", "Mrs", "Ms", "Dr", "Prof", "St"))
_ENDS = re.compile(
    rf"(?<=[.!?]){_ABBREVIATED}(?<!\b[B-HJ-Z]\.) (?=[\"“A-Z])|(?<=[.!?][\"”]) (?=[\"“A-Z])"
)
# Slots and escapes of templates; sites, addresses of mail, numbers of telephones and the like.
_UNFIT = re.compile(
    r"[{}\\@]|www\.|https?:|\w\.(?:com|org|net)\b|\d{3}[- )]+\d{2}|\d{5}|\bNative\b"
)
_CAPITAL = re.compile(r"[A-Z][A-Za-z]*")
_WORD = re.compile(r"[A-Za-z'’]*[A-Z][A-Za-z'’]*")
_PLAIN = re.compile(r"[^\"“\d]*")
_PRONOUN = re.compile(r"(?:He|She)\b(?!['’])")
_PERSON, _OTHER = "\1", "\0"  # stand for the characters of names that are known
_NO_NAMES = frozenset(("I", "OK", "TV"))
# "Boston Common", "12 Main Street", "Tiggy-winkle"
_BEHIND = re.compile(r"[\0\1\d] (?!(?:I|OK|TV)\b)[A-Z]|[\1]-\w")
_BEFORE = re.compile(
    r"\b(?:(?:North|South|East|West)(?:ern)?|Central|New|Old|Great|"
    r"Lake|Mount|Cape|Fort|Port) [\0\1]"
)
_COMMON = 50  # times in lower case: then a capital inside a sentence may be that of a work
_WORKS, _SLOTLESS, _PRONOUNS = 0.15, 0.15, 0.3


def sentences(document: str) -> Iterator[str]:
    """The sentences of a text that are neither short nor long, without marks of Markdown."""
    for line in _WRAPPED.sub(" ", document).split("\n"):
        clean = " ".join(_MARKUP.sub("", line).split())
        for sentence in _ENDS.split(clean):
            if _SHORTEST <= len(sentence) <= _LONGEST:
                yield sentence


class Harvest:
    """Makes templates of sentences; the same ones for equal sentences in an equal order."""

    def __init__(self, capitals: Capitals, seed: int) -> None:
        self._capitals = capitals
        self._known = Known(capitals)
        self._draw = random.Random(seed).random

    def template(self, sentence: str) -> str | None:
        """The template of a sentence; None if it is left out."""
        capitals = _CAPITAL.findall(sentence)
        numbered = not _PLAIN.fullmatch(sentence)
        named = numbered or self._known.may_name(capitals)
        ordinary = not numbered and len(capitals) <= 1
        if ordinary and not named and self._draw() >= _SLOTLESS:
            return None
        if _UNFIT.search(sentence) or not _is_english(sentence):
            return None
        spans = self._known.spans(sentence) if named else []
        if spans is None or not self._explained(_blanked(sentence, spans)):
            return None
        if ordinary and named and not spans and self._draw() >= _SLOTLESS:
            return None
        return _with_slots(sentence, self._pronoun(sentence, spans) + spans)

    def _explained(self, text: str) -> bool:
        """Whether no capital outside of known names is a name, or a part of one."""
        if _BEHIND.search(text) or _BEFORE.search(text):
            return False
        return all(self._names_nobody(text, word) for word in _WORD.finditer(text))

    def _names_nobody(self, text: str, match: re.Match[str]) -> bool:
        word = re.split("['’]", match[0].strip("'’"))[0]
        lower = word.lower()
        if word in _NO_NAMES:
            return True
        if lower in self._capitals.proper or word.capitalize() in FIRST:
            return False
        if not (word.isupper() or word[1:].islower()):
            return False  # "iPhone"
        if begins(text, match.start()):
            return self._capitals.is_common(lower)
        if text.startswith(f" {_OTHER}", match.end()):
            return False  # "the Great American"
        return self._capitals.lower(lower) >= _COMMON and self._draw() < _WORKS

    def _pronoun(self, sentence: str, spans: list[Span]) -> list[Span]:
        found = _PRONOUN.match(sentence)
        if not found or any(span.kind == "PERSON" for span in spans):
            return []
        return [Span(0, found.end(), "PERSON")] if self._draw() < _PRONOUNS else []


def _is_english(text: str) -> bool:
    """Whether all can be printed, and every capital is a letter of the rules."""
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and not any(c.isupper() and not c.isascii() for c in text)


def _blanked(text: str, spans: list[Span]) -> str:
    """The text with a sign for each character of a span."""
    for span in spans:
        sign = _PERSON if span.kind == "PERSON" else _OTHER
        text = text[: span.start] + sign * (span.end - span.start) + text[span.end :]
    return text


def _with_slots(text: str, spans: list[Span]) -> str:
    for span in reversed(spans):
        text = f"{text[: span.start]}{{{span.kind}}}{text[span.end :]}"
    return text
