"""Augmented sentences: their spans stay right, and nothing comes from elsewhere."""

import re

from realsam.ner.augment import Augmenter
from realsam.ner.corpus import Sentence, Span
from tests.realsam.ner import synthetic


def test_the_first_copy_is_the_sentences_themselves() -> None:
    """Then come as many changed ones for every further copy."""
    found = synthetic.sentences()

    copies = list(Augmenter(found, 1.0, 0).copies(3))

    assert found == copies[: len(found)]
    assert 3 * len(found) == len(copies)
    assert copies[len(found) :] != found * 2


def test_a_seed_gives_one_row_of_sentences() -> None:
    """And another seed another."""
    found = synthetic.sentences()

    first, second, other = (list(Augmenter(found, 1.0, seed).copies(4)) for seed in (1, 1, 2))

    assert first == second
    assert first != other


def test_spans_hold_values_of_their_kind() -> None:
    """But for digits and case, each is the value of an entity of that kind."""
    known = {
        kind: {re.sub("[0-9]", "0", value.casefold()) for value in values}
        for kind, values in synthetic.FILLERS.items()
    }

    for sentence in Augmenter(synthetic.sentences(), 1.0, 3).copies(20):
        for span in sentence.spans:
            value = sentence.text[span.start : span.end].casefold()
            assert re.sub("[0-9]", "0", value) in known[span.kind]


def test_kinds_and_their_order_stay() -> None:
    """Only values and the words between them change."""
    found = synthetic.sentences()

    for before, after in zip(found * 5, Augmenter(found, 1.0, 4).copies(5), strict=True):
        assert [s.kind for s in before.spans] == [s.kind for s in after.spans]


def test_case_that_changes_the_length_is_left() -> None:
    """The upper case of a sharp s has two letters: all spans would slip."""
    sentence = Sentence("Straße 7, Bob", (Span(10, 13, "PERSON"),))

    for copy in Augmenter([sentence], 1.0, 5).copies(200):
        assert copy.text[copy.spans[0].start : copy.spans[0].end].casefold() == "bob"


def test_no_strength_changes_nothing() -> None:
    """Copies are copies."""
    found = synthetic.sentences()

    assert found * 3 == list(Augmenter(found, 0.0, 6).copies(3))


def test_other_corpora_help_whatever_their_size() -> None:
    """Each makes about twice as many sentences as the one itself; a huge one is taken once."""
    few = [Sentence(f"Call {name}.", (Span(5, 5 + len(name), "PERSON"),)) for name in ("Ann", "Bo")]
    small, huge = [Sentence("Ask Cy.", (Span(4, 6, "PERSON"),))], [Sentence("No.", ())] * 50

    augmenter = Augmenter(few, 1.0, 0, [small, huge, []])
    copies = list(augmenter.copies(3))

    assert augmenter.times(3) == [3, 12, 1]
    assert [one.text for one in copies[6:7]] == ["Ask Cy."]
    assert copies[-50:] == huge
    assert len(copies) == 2 * 3 + 12 + 50 == augmenter.count(3)
    assert Augmenter(few * 50, 1.0, 0, [small]).times(3) == [3, 15]  # not 600


def test_half_of_the_values_at_least_are_its_own() -> None:
    """However many more the others have; kinds of theirs alone are drawn from them."""
    own = [Sentence("Call Ann", (Span(5, 8, "PERSON"),))]
    other = [Sentence("Ask Cy", (Span(4, 6, "PERSON"),)), Sentence("To Rome", (Span(3, 7, "GPE"),))]

    augmenter = Augmenter(own, 1.0, 0, [other * 100])
    copies = [augmenter.changed(other[0]) for _ in range(400)]
    places = [augmenter.changed(other[1]) for _ in range(20)]

    share = sum("ann" in one.text.casefold() for one in copies) / len(copies)
    assert 0.35 < share < 0.55  # 0.9 get another value, half of them and 1 in 101 of the rest hers
    assert all("rome" in one.text.casefold() for one in places)
