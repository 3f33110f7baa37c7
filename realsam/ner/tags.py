"""BIO tags of words: B- begins an entity, I- goes on with it, O is none.

What the network says of the tokens of a word is averaged; the host then takes the best row of tags
in which I- only follows a B- or I- of its kind (Viterbi). All of it is integer arithmetic.
Source: Ramshaw and Marcus 1995 (BIO); Viterbi 1967.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from realsam.arrays import I64
from realsam.ner.corpus import Sentence, Span
from realsam.vocab import Word

OUTSIDE = "O"
_NEVER = -(1 << 60)  # below every sum of logits of a text


def tags_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """All tags for kinds of entities; O is the first."""
    return (OUTSIDE, *(f"{part}-{kind}" for kind in sorted(set(kinds)) for part in "BI"))


def labels(sentence: Sentence, words: Sequence[Word]) -> list[str]:
    """The tag of each word of a sentence; a word belongs to the first entity that it touches."""
    return [_label(sentence, word) for word in words]


def _label(sentence: Sentence, word: Word) -> str:
    text = sentence.text
    for span in sentence.spans:
        start, end = max(word.start, span.start), min(word.end, span.end)
        between = word.start >= span.start and word.end <= span.end  # white space, too
        if start < end and (between or text[start:end].strip()):
            return f"{'I' if text[span.start : word.start].strip() else 'B'}-{span.kind}"
    return OUTSIDE


def spans(text: str, words: Sequence[Word], tags: Sequence[str]) -> list[Span]:
    """The entities that the tags of the words make, without white space around them."""
    found: list[Span] = []
    for word, tag in zip(words, tags, strict=True):
        part = text[word.start : word.end]
        start = word.start + len(part) - len(part.lstrip())
        end = word.start + len(part.rstrip())
        if tag == OUTSIDE or start >= end:
            continue
        if tag[0] == "I" and found and found[-1].kind == tag[2:]:
            found[-1] = Span(found[-1].start, end, tag[2:])
        else:
            found.append(Span(start, end, tag[2:]))
    return found


def word_scores(logits: I64, words: Sequence[Word]) -> I64:
    """[W, tags] mean logits of the tokens of each word, rounded down.

    Args:
        logits: [K, tags] of the tokens of all words.
        words: W words.
    """
    sizes = np.array([len(word.tokens) for word in words])
    begins = np.cumsum(sizes) - sizes
    means: I64 = np.add.reduceat(logits, begins, axis=0) // sizes[:, None]
    return means


def best_tags(scores: I64, tags: tuple[str, ...]) -> list[str]:
    """The valid row of tags with the largest sum of scores [W, tags]; a tie takes the first."""
    if not len(scores):
        return []
    price = _price(tags)
    total, back = scores[0] + price[0], []
    for row in scores[1:]:
        reached = total[:, None] + price
        back.append(reached.argmax(axis=0))
        total = reached.max(axis=0) + row
    path = [int(total.argmax())]
    for best in reversed(back):
        path.append(int(best[path[-1]]))
    return [tags[i] for i in reversed(path)]


@cache
def _price(tags: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """[tags, tags] of a step from one tag to the next; a text starts as if after O, the first."""
    return np.array(
        [[_NEVER if b[0] == "I" and a[2:] != b[2:] else 0 for b in tags] for a in tags], np.int64
    )
