"""Known names in a sentence, by rules of one word or a few; see `harvest.py`.

Countries, states, first and last names are those of the library Faker, nationalities those of
`values.json`; `known.json` has the rest. Organizations are those that are hardly ever anything
else, and its `given` are places that are first names, too.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from faker.providers.address.en_US import Provider as Places
from faker.providers.person.en_US import Provider as People

from realsam.entities import Span
from realsam.ner.synthesis.capitals import Capitals, begins

_KNOWN = json.loads(Path(__file__).with_name("known.json").read_text(encoding="utf-8"))
_VALUES = json.loads(Path(__file__).with_name("values.json").read_text(encoding="utf-8"))
_NATIONS = frozenset(_VALUES["nation"])
_STATES = frozenset(Places.states)
_PLACES = frozenset((*Places.countries, *_STATES, *_KNOWN["countries"], *_KNOWN["cities"]))
_LAST = frozenset(People.last_names)
FIRST = frozenset((*People.first_names_female, *People.first_names_male))
_TWOFOLD = frozenset(_KNOWN["given"]) | (FIRST & (_PLACES | _NATIONS))

_NAME = r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?"
_RUN = re.compile(rf"\b{_NAME}(?: (?:[A-Z]\. )?{_NAME}){{0,2}}\b")
_INITIAL = re.compile(r"[A-Z]\.")
_THINGS = "feet|people|percent|men|women|sheep|fish|[kcm]?m|[km]?g|m?l"
_MAYBE_YEAR = re.compile(r"(?<![$£€.,])\b(?:19\d\d|20[0-4]\d)\b(?![.,]\d)")
_IN = re.compile(r"\b[Ii]n $")


def _any(names: Iterable[str]) -> str:
    """A pattern of one of the names, the longest that fits."""
    return f"(?:{'|'.join(sorted(map(re.escape, names), key=lambda n: (-len(n), n)))})"


def _behind(*words: str) -> str:
    return "|".join(rf"(?<=\b{word} )" for word in words)


def _date_time() -> str:
    days, months = _any(_KNOWN["days"]), _any(_KNOWN["months"])
    unsure, clock = _any(_KNOWN["months_or_words"]), r"(?:[AaPp][Mm]\b|[AaPp]\.[Mm]\.)"
    day, year = r"\d{1,2}(?:st|nd|rd|th)?\b", r"(?:1[5-9]\d\d|20[0-4]\d)\b"
    behind = _behind("[Ii]n", "[Ll]ast", "[Nn]ext", "since", "until", "early", "late")
    dated = _behind("[Ii]n", "since", "until", "from", "to", "by", "year", "before", "after")
    timed = _behind("[Aa]t", "until", "from", "to", "by", "before", "after", "around", "about")
    return "|".join(
        (
            rf"(?:{days},? )?(?:{months}|{unsure}(?= \d)|(?:{behind}){unsure})\b"
            rf"(?: {day}(?!:))?(?:,? {year})?",
            rf"{day} (?:of )?(?:{months}|{unsure})\b(?:,? {year})?",
            rf"{days}\b",
            rf"\d{{1,2}}:\d\d ?{clock}|\d{{1,2}} ?{clock}|(?:{timed})\d{{1,2}}:\d\d\b",
            # No number of things.
            rf"(?:{dated}|(?<=\()){year}(?![.,-]\d|-[a-z]|%| ?(?:[a-z]+s|{_THINGS})\b)",
        )
    )


_RULES = (  # where several fit, the first; a name can be of a later rule if it is longer
    ("DATE_TIME", _date_time()),
    (
        "AGE",
        r"\d{1,2}(?=[- ]years?[- ]old)"
        r"|(?:(?<=\baged )|(?<=\bage )|(?<=\bage of ))\d{1,2}\b"
        r"|(?<=[Tt]urned )\d{1,2}\b(?=[.,!?;]|$| (?:today|yesterday|and|but|on|in|last|this)\b)",
    ),
    (
        "ORGANIZATION",
        rf"{_any(_KNOWN['organizations'])}\b|[Uu]niversity of {_any(_PLACES)}\b"
        rf"|{_any(_PLACES)} University\b",
    ),
    ("GPE", rf"{_any(_PLACES)}(?:, {_any(_STATES)})?(?!\w)"),
    ("NRP", rf"{_any(_NATIONS)}s?\b"),
    ("TITLE", rf"{_any(_KNOWN['titles'])}(?= {_NAME})"),
)
_ANY_RULE = re.compile(
    rf"\b(?=[A-Z\du])(?:{'|'.join(f'(?P<{kind}>{rule})' for kind, rule in _RULES)})"
)
_TITLED = re.compile(rf"\b{_any(_KNOWN['titles'])} ({_NAME})")


class Known:
    """Finds the names that are known; the text says which first names are used as such."""

    def __init__(self, capitals: Capitals) -> None:
        self._capitals = capitals
        self._first = frozenset(name for name in FIRST if name.lower() in capitals.proper)
        names = _PLACES | _NATIONS | {f"{nation}s" for nation in _NATIONS} | self._first
        self._words = frozenset(
            word
            for name in names.union(*(values for values in _KNOWN.values()))
            for word in re.findall("[A-Z][A-Za-z]*", name)
        )

    def may_name(self, capitals: Iterable[str]) -> bool:
        """Whether words with a capital can be known names; the quick question."""
        return not self._words.isdisjoint(capitals)

    def spans(self, text: str) -> list[Span] | None:
        """Its known names, in order and apart; None if one of them may be of another kind."""
        kept: list[Span] = []
        found = [*self._ruled(text), *self._people(text)]
        # The sort is stable: of two that are equally long the rule comes first.
        for span in sorted(found, key=lambda s: (s.start, s.start - s.end)):
            if not kept or span.start >= kept[-1].end:
                kept.append(span)
        if _MAYBE_YEAR.search(self._rest(text, kept)):
            return None
        for span in kept:
            value = text[span.start : span.end]
            unsure = span.kind in ("GPE", "NRP") and value in _TWOFOLD
            if unsure and not _IN.search(text, 0, span.start):
                return None
        return kept

    @staticmethod
    def _rest(text: str, spans: list[Span]) -> str:
        ends = [0, *(span.end for span in spans)]
        begins = [*(span.start for span in spans), len(text)]
        return " ".join(text[a:b] for a, b in zip(ends, begins, strict=True))

    def _ruled(self, text: str) -> Iterator[Span]:
        for match in _ANY_RULE.finditer(text):
            kind = str(match.lastgroup)
            is_word = kind in ("GPE", "NRP") and self._capitals.is_common(match[0].lower())
            if not (is_word and begins(text, match.start())):  # "Polish the shoes."
                yield Span(match.start(), match.end(), kind)

    def _people(self, text: str) -> Iterator[Span]:
        for run in _RUN.finditer(text):
            place, words = run.start(), run[0].split(" ")
            while words:
                n = self._n_named(words)
                length = len(" ".join(words[: n or 1]))
                if n:
                    yield Span(place, place + length, "PERSON")
                place, words = place + length + 1, words[n or 1 :]
        for match in _TITLED.finditer(text):
            yield Span(*match.span(1), "PERSON")

    def _n_named(self, words: list[str]) -> int:
        """How many of the words, from the first on, name a person."""
        if words[0] not in self._first:
            return 0
        n = 1
        while n < min(3, len(words)) and self._continues(words[n]):
            n += 1
        return n

    def _continues(self, word: str) -> bool:
        return (
            word in _LAST
            or word in FIRST
            or (word.lower() in self._capitals.proper and word not in _NATIONS)
            or _INITIAL.fullmatch(word) is not None
        )
