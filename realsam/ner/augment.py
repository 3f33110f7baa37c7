"""More sentences out of the training ones: other entities, other words between them.

Nothing comes from elsewhere: values are those of entities of the same kind, words are those of
other sentences or joined from two of them. A tagger then meets names and words that it never saw,
and learns to go by what stands around them. Other corpora may help; half of the values at least
are those of the one that it is trained for.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from realsam.ner.corpus import Sentence, Span

_WORD = re.compile(r"[^\W\d_]{2,}")
_HELP = 2  # sentences of each other corpus for one of its own,
_MOST = 5  # but no more copies of one than so many of its own
# Shares at full strength.
_SWAPPED = 0.9  # of the entities get the value of another one
_OWN = 0.5  # of these from the sentences themselves, not from all corpora
_DIGITS = 0.7  # of the values get other digits
_WORDS = 0.5  # of the words outside may change at most; each sentence draws its share
_CASE = 0.05  # of the sentences are in lower case, and as many in upper case
_JOINED = 0.5  # of the changed words are two halves, at any strength


class Augmenter:
    """Draws new sentences; a seed gives one row of them."""

    def __init__(
        self,
        sentences: Sequence[Sentence],
        strength: float,
        seed: int,
        also: Sequence[Sequence[Sentence]] = (),
    ) -> None:
        """`strength` is 0..1: how much of a copy changes; `also` are other corpora."""
        self._corpora = [sentences, *filter(None, also)]
        self._strength = strength
        self._random = random.Random(seed)
        self._own = _values(sentences)
        everything = [sentence for corpus in self._corpora for sentence in corpus]
        self._values = _values(everything)
        words: dict[str, set[str]] = defaultdict(set)
        for sentence in everything:
            for outside, _ in _parts(sentence):
                for word in _WORD.findall(outside):
                    words[_shape(word)].add(word)
        self._words = {shape: sorted(found) for shape, found in words.items()}

    def times(self, n: int) -> list[int]:
        """How often each corpus is copied, if the sentences themselves are n times."""
        wanted = _HELP * n * len(self._corpora[0])
        others = (round(wanted / len(corpus)) for corpus in self._corpora[1:])
        return [n, *(min(_MOST * n, max(1, times)) for times in others)]

    def count(self, n: int) -> int:
        """How many sentences `copies` gives."""
        sizes = map(len, self._corpora)
        return sum(size * times for size, times in zip(sizes, self.times(n), strict=True))

    def copies(self, n: int) -> Iterator[Sentence]:
        """The sentences as they are, then n - 1 times with changes; other corpora alike."""
        for corpus, times in zip(self._corpora, self.times(n), strict=True):
            yield from corpus
            for _ in range(times - 1):
                yield from map(self.changed, corpus)

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
            own = kind in self._own and self._random.random() < _OWN
            value = self._random.choice((self._own if own else self._values)[kind])
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


def _values(sentences: Sequence[Sentence]) -> dict[str, list[str]]:
    """The values of all entities, by kind."""
    values: dict[str, list[str]] = defaultdict(list)
    for sentence in sentences:
        for span in sentence.spans:
            values[span.kind].append(sentence.text[span.start : span.end])
    return values


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
