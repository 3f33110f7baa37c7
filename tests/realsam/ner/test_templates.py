"""Folds hold templates out, not sentences."""

from collections import defaultdict

import pytest

from realsam.ner.corpus import Sentence, Span, read_sentences
from realsam.ner.templates import FOLDS, divide, folds, template, without
from tests.export.corpus import CORPUS
from tests.realsam.ner import synthetic

PRESIDIO = CORPUS.parent / "data" / "ner" / "presidio_synth_v2.json.xz"


def sentence(text: str, *spans: tuple[int, int]) -> Sentence:
    """A sentence with spans of kinds A, B, ..."""
    return Sentence(text, tuple(Span(a, b, chr(65 + i)) for i, (a, b) in enumerate(spans)))


def test_template_is_blind_for_values_kinds_case_and_space() -> None:
    """These two differ in nothing else."""
    one = sentence("Call  BOB at 5 PM.", (6, 9), (13, 14))
    other = Sentence("call Žižek at\n23 pm.", (Span(5, 10, "B"), Span(14, 16, "A")))

    assert template(one) == template(other) == "call {} at {} pm."


def test_sentences_of_one_template_share_a_fold() -> None:
    """Whatever fills them."""
    where: dict[str, set[int]] = defaultdict(set)
    found = synthetic.sentences()

    for one, fold in zip(found, folds(found), strict=True):
        where[template(one)].add(fold)

    assert {1} == {len(places) for places in where.values()}


def test_a_kind_with_two_templates_is_never_held_out_whole() -> None:
    """The rarest kinds are dealt out first."""
    found = [sentence("my car is x", (10, 11)), sentence("x is a car", (0, 1))]
    found += [sentence(f"number {i}") for i in range(20)]

    first, second, *_ = folds(found)

    assert first != second


@pytest.mark.parametrize("fold", range(FOLDS))
def test_no_test_template_is_seen_in_training(fold: int) -> None:
    """Of the synthetic set, and together both parts are all."""
    everything = synthetic.sentences()

    training, test = divide(everything, fold)

    assert test
    assert not {template(s) for s in training} & {template(s) for s in test}
    assert sorted(map(repr, training + test)) == sorted(map(repr, everything))


@pytest.mark.skipif(not PRESIDIO.exists(), reason="the presidio sentences are not here")
@pytest.mark.parametrize("fold", range(FOLDS))
def test_no_presidio_test_template_is_seen_in_training(fold: int) -> None:
    """A fifth of the sentences, and none of their templates."""
    training, test = divide(read_sentences(PRESIDIO), fold)

    assert not {template(s) for s in training} & {template(s) for s in test}
    assert 250 < len(test) < 350
    assert len(training) + len(test) == 1500


def test_without_leaves_the_held_out_templates_away() -> None:
    """Whatever fills them."""
    found = synthetic.sentences()
    held_out = divide(found, 1)[1]

    kept = without(synthetic.sentences(seed=1), held_out)

    names = {template(one) for one in found}
    assert {template(one) for one in kept} == names - {template(one) for one in held_out}
    assert without(found, []) == found
