"""Templates: what stays of a synthetic sentence without its entities.

A tagger is tested on sentences whose template it never saw: folds divide templates, not sentences.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from realsam.ner.corpus import Sentence

FOLDS = 5


def template(sentence: Sentence) -> str:
    """The text with {} for every entity, in lower case and with single spaces.

    Kinds are left out, so that a sentence that another corpus labels otherwise is the same one.
    """
    parts, end = [], 0
    for span in sentence.spans:
        parts.append(sentence.text[end : span.start])
        end = span.end
    parts.append(sentence.text[end:])
    return " ".join("{}".join(parts).casefold().split())


def folds(sentences: Sequence[Sentence], seed: int = 0) -> list[int]:
    """The fold 0..FOLDS-1 of each sentence; sentences of one template share theirs.

    Templates of the rarest kinds are dealt out first, each to the fold that has the fewest of the
    kind, so that all folds test all kinds as far as there are templates.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    size: Counter[str] = Counter()
    for sentence in sentences:
        name = template(sentence)
        kinds[name] |= {span.kind for span in sentence.spans}
        size[name] += 1
    spread = Counter(kind for found in kinds.values() for kind in found)
    rarest = {n: min(found, key=lambda k: (spread[k], k), default="") for n, found in kinds.items()}
    names = sorted(kinds)
    random.Random(seed).shuffle(names)
    chosen, load = {}, [0] * FOLDS
    dealt: dict[str, list[int]] = defaultdict(lambda: [0] * FOLDS)
    for name in sorted(names, key=lambda n: spread[rarest[n]] or len(names)):
        given = dealt[rarest[name]]
        fold = min(range(FOLDS), key=lambda f: (given[f], load[f]))
        chosen[name], load[fold] = fold, load[fold] + size[name]
        given[fold] += 1
    return [chosen[template(sentence)] for sentence in sentences]


def divide(sentences: Sequence[Sentence], fold: int) -> tuple[list[Sentence], list[Sentence]]:
    """Sentences to learn from, and those of the fold, whose templates are in none of them."""
    dealt = list(zip(sentences, folds(sentences), strict=True))
    return [s for s, f in dealt if f != fold], [s for s, f in dealt if f == fold]


def without(sentences: Sequence[Sentence], held_out: Sequence[Sentence]) -> list[Sentence]:
    """Those sentences whose template is none of the held-out ones."""
    names = {template(sentence) for sentence in held_out}
    return [sentence for sentence in sentences if template(sentence) not in names]
