"""Which words of a text are names: those that are hardly ever in lower case."""

import re
from collections import Counter
from functools import cached_property

_INSIDE = re.compile(r"(?<=[a-z,;] )[A-Za-z][a-z]*\b")  # not where every word has a capital
_OPENING = " \"“'‘(-–—0123456789"  # what stands before the first word of a sentence
_LEAST = 3  # capitals of a name inside sentences,
_AS_OFTEN = 20  # and for each time in lower case
_COMMON = 5  # times in lower case


class Capitals:
    """Counts the words inside the sentences of a text: `add` all of it, then ask."""

    def __init__(self) -> None:
        self._words: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Count the words of a text."""
        self._words.update(_INSIDE.findall(text))

    @cached_property
    def proper(self) -> frozenset[str]:
        """Words that are names, in lower case."""
        upper: Counter[str] = Counter()
        for word, n in self._words.items():
            if word[0].isupper():
                upper[word.lower()] += n
        return frozenset(
            word for word, n in upper.items() if n >= _LEAST and n > _AS_OFTEN * self.lower(word)
        )

    def lower(self, word: str) -> int:
        """How often a word, given in lower case, is in lower case."""
        return self._words[word]

    def is_common(self, word: str) -> bool:
        """Whether a capital says nothing of a word where a sentence begins."""
        return word not in self.proper and self.lower(word) >= _COMMON


def begins(text: str, place: int) -> bool:
    """Whether a sentence begins at a place, maybe one that somebody says."""
    before = text[:place].rstrip(_OPENING)
    if not before or before[-1] in ".!?:…":
        return True
    return before[-1] == "," and text[place - 1] in "\"“'‘"
