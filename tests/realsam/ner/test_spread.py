"""Templates are spread over their kinds, whatever the order in which they come."""

import random

import pytest

from realsam.ner.synthesis.spread import Spread

PLENTY = {
    **dict.fromkeys(("ORGANIZATION", "TITLE", "AGE", "DATE_TIME", "NRP", "GPE"), 100),
    **{"PERSON": 500, "none": 500},
}


def texts(n: dict[str, int]) -> list[str]:
    """So many different templates of each kind, of which those with others have PERSON, too."""
    return [
        f"so {'' if kind == 'none' else f'{{PERSON}} {{{kind}}} '}{i}."
        for kind, of_it in n.items()
        for i in range(of_it)
    ]


def chosen(found: list[str], most: int, seed: int = 0) -> dict[str, list[str]]:
    """What is chosen of templates."""
    spread = Spread(most, seed)
    for text in found:
        spread.add(text)
    return spread.chosen()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({}, (20, 20, 20, 20, 20, 20, 96, 72)),  # of all enough: 5, 4 and 3 twelfths
        ({"TITLE": 5}, (23, 5, 23, 23, 23, 23, 96, 72)),
        ({"TITLE": 5, "GPE": 0, "AGE": 0, "NRP": 0}, (57, 5, 0, 58, 0, 0, 96, 72)),
        ({"PERSON": 12}, (28, 29, 29, 29, 29, 29, 12, 103)),
        (dict.fromkeys(list(PLENTY)[:6], 0), (0, 0, 0, 0, 0, 0, 164, 124)),
        (dict.fromkeys(PLENTY, 3), (3,) * 8),
    ],
)
def test_shares(there: dict[str, int], expected: tuple[int, ...]) -> None:
    """What a kind has too few of is left to the others, first to those as rare."""
    found = chosen(texts({**PLENTY, **there}), 288)

    assert tuple(len(one) for one in found.values()) == expected


def test_order_and_repetition_do_not_matter() -> None:
    """Nor what has been left out before: the same ones of each kind are chosen."""
    found = texts(PLENTY)
    mixed = found * 3
    random.Random(0).shuffle(mixed)

    assert chosen(found, 288) == chosen(mixed, 288) != chosen(found, 288, 1)


def test_capitals_make_no_other_template() -> None:
    """The first one stays."""
    assert chosen(["So {PERSON}.", "so {PERSON}."], 9)["PERSON"] == ["So {PERSON}."]


def test_no_more_are_held_than_asked_for() -> None:
    """Of each kind."""
    spread = Spread(7, 0)
    for text in texts(PLENTY):
        spread.add(text)

    assert {len(held) for held in spread._held.values()} == {7}
    assert len(spread._ranks) == 7 * 8
