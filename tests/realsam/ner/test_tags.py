"""Tags of words: from spans and back, and the best valid row of them."""

from itertools import product

import numpy as np
import pytest

from realsam.ner.corpus import Sentence, Span
from realsam.ner.tags import best_tags, labels, spans, tags_of, word_scores
from realsam.vocab import Vocabulary, Word
from tests import tiny
from tests.realsam.ner import synthetic

TAGS = ("O", "B-A", "I-A", "B-C", "I-C")


def test_tags_are_sorted_pairs_behind_o() -> None:
    """The order in which the decoder has its rows."""
    assert tags_of(["C", "A", "C"]) == TAGS
    assert tags_of([]) == ("O",)


@pytest.mark.parametrize("size", [257, 300])
def test_labels_of_words_give_the_spans_back(size: int) -> None:
    """Of sentences whose entities end where words end, in any script."""
    vocabulary = Vocabulary.train([s.text for s in synthetic.sentences(10)], size)

    for sentence in synthetic.sentences():
        words = vocabulary.words(sentence.text)
        found = spans(sentence.text, words, labels(sentence, words))
        assert list(sentence.spans) == found


def test_white_space_inside_an_entity_belongs_to_it() -> None:
    """A line feed in an address is a word; one beside it is none of its words."""
    sentence = Sentence("at\n1 Elm\nApt 2\n", (Span(3, 14, "A"),))
    words = tiny.vocabulary().words(sentence.text)

    tags = labels(sentence, words)

    named = [(sentence.text[w.start : w.end], tag) for w, tag in zip(words, tags, strict=True)]
    assert named[0] == ("at", "O")
    assert ("\n", "O") == named[1] == named[-1]
    assert [tag for _, tag in named[2:-1]] == ["B-A"] + ["I-A"] * (len(named) - 4)
    assert [Span(3, 14, "A")] == spans(sentence.text, words, tags)


def test_a_word_of_two_entities_belongs_to_the_first() -> None:
    """A word is never cut."""
    sentence = Sentence("abcd", (Span(0, 2, "A"), Span(2, 4, "C")))

    assert labels(sentence, [Word((1,), 0, 4)]) == ["B-A"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-A", "I-A", "I-A"], [Span(0, 8, "A")]),
        (["B-A", "B-A", "O"], [Span(0, 2, "A"), Span(3, 5, "A")]),
        (["I-A", "I-C", "I-C"], [Span(0, 2, "A"), Span(3, 8, "C")]),
        (["O", "O", "O"], []),
    ],
)
def test_tags_make_spans_without_the_space_before(tags: list[str], expected: list[Span]) -> None:
    """Also where an I- follows nothing of its kind."""
    words = [Word((1,), 0, 2), Word((2,), 2, 5), Word((3,), 5, 8)]

    assert expected == spans("ab cd ef", words, tags)


def test_word_scores_are_means_rounded_down() -> None:
    """Also of negative logits."""
    words = [Word((1, 2), 0, 2), Word((3,), 2, 3), Word((4, 5, 6), 3, 6)]
    logits = np.array([[1, -1], [2, -2], [7, 7], [1, -1], [1, -1], [0, 0]])

    assert word_scores(logits, words).tolist() == [[1, -2], [7, 7], [0, -1]]


def valid(row: tuple[str, ...]) -> bool:
    """Whether every I- follows its kind."""
    return all(b[0] != "I" or a[2:] == b[2:] for a, b in zip(("O", *row), row, strict=False))


@pytest.mark.parametrize("seed", range(20))
def test_best_tags_are_the_best_of_all_valid_rows(seed: int) -> None:
    """Against every row of four tags that there is; scores come in both signs and at the edges."""
    rng = np.random.default_rng(seed)
    edges = [0, 1, -1, 2**40, -(2**40)]
    scores = rng.choice([*edges, *rng.integers(-50, 50, 5)], size=(4, len(TAGS)))

    found = best_tags(scores, TAGS)

    def total(row: tuple[str, ...]) -> int:
        return sum(int(scores[i, TAGS.index(tag)]) for i, tag in enumerate(row))

    assert valid(tuple(found))
    assert max(map(total, filter(valid, product(TAGS, repeat=4)))) == total(tuple(found))


def test_no_words_have_no_tags() -> None:
    """An empty text."""
    assert best_tags(np.empty((0, len(TAGS)), np.int64), TAGS) == []
