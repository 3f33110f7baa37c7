"""More sentences out of the training ones: other entities, other words between them.

Nothing comes from elsewhere: values are those of entities of the same kind, words are those of
other sentences or joined from two of them. A tagger then meets names and words that it never saw,
and learns to go by what stands around them.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from realsam.ner.corpus import Sentence, Span

_WORD = re.compile(r"[^\W\d_]{2,}")
# Shares at full strength.
_SWAPPED = 0.9  # of the entities get the value of another one
_DIGITS = 0.7  # of the values get other digits
_WORDS = 0.5  # of the words outside may change at most; each sentence draws its share
_CASE = 0.05  # of the sentences are in lower case, and as many in upper case
_JOINED = 0.5  # of the changed words are two halves, at any strength


class Augmenter:
    """Draws new sentences; a seed gives one row of them."""

    def __init__(self, sentences: Sequence[Sentence], strength: float, seed: int) -> None:
        """`strength` is 0..1: how much of a copy changes."""
        self._sentences = sentences
        self._strength = strength
        self._random = random.Random(seed)
        self._values: dict[str, list[str]] = defaultdict(list)
        words: dict[str, set[str]] = defaultdict(set)
        for sentence in sentences:
            for outside, span in _parts(sentence):
                if span:
                    self._values[span.kind].append(sentence.text[span.start : span.end])
                for word in _WORD.findall(outside):
                    words[_shape(word)].add(word)
        self._words = {shape: sorted(found) for shape, found in words.items()}

    def copies(self, n: int) -> Iterator[Sentence]:
        """All sentences as they are, then n - 1 times with changes."""
        yield from self._sentences
        for _ in range(n - 1):
            yield from map(self.changed, self._sentences)

    def changed(self, sentence: Sentence) -> Sentence:
        """A sentence with other values and words."""
        share = self._random.random() * _WORDS * self._strength
        text, spans = "", []
        for outside, span in _parts(sentence):
            text += _WORD.sub(lambda found: self._word(found[0], share), outside)
            if span:
                value = self._value(span.kind, sentence.text[span.start : span.end])
                spans.append(Span(len(text), len(text) + len(value), span.kind))
                text += value
        draw, case = self._random.random(), _CASE * self._strength
        cased = text.lower() if draw < case else text.upper() if draw < 2 * case else text
        return Sentence(cased if len(cased) == len(text) else text, tuple(spans))

    def _value(self, kind: str, value: str) -> str:
        if self._random.random() < _SWAPPED * self._strength:
            value = self._random.choice(self._values[kind])
        if self._random.random() < _DIGITS * self._strength:
            value = re.sub("[0-9]", lambda _: self._random.choice("0123456789"), value)
        return value

    def _word(self, word: str, share: float) -> str:
        if self._random.random() >= share:
            return word
        like = self._words[_shape(word)]
        other = self._random.choice(like)
        if self._random.random() >= _JOINED:
            return other
        head = self._random.choice(like)
        joined = head[: self._random.randint(1, len(head) - 1)] + other[len(other) // 2 :]
        return joined.capitalize() if _shape(word) == "Name" else joined


def _parts(sentence: Sentence) -> Iterator[tuple[str, Span | None]]:
    """The text before each entity with it, and the rest."""
    end = 0
    for span in sentence.spans:
        yield sentence.text[end : span.start], span
        end = span.end
    yield sentence.text[end:], None


def _shape(word: str) -> str:
    if word.islower():
        return "lower"
    return "Name" if word.istitle() else "other"
