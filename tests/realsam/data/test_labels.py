"""Labels: one for every token, B where an entity begins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.labels import MAX_TYPES, Labels, label_names
from realsam.entities import Span
from realsam.errors import DataError
from tests import tiny


def labelled(text: str, *spans: Span) -> list[tuple[str, str]]:
    """Each token's text with its tag."""
    vocabulary = tiny.vocabulary()
    labels, tokens = Labels(vocabulary), vocabulary.encode(text)
    found = labels.of(text, spans, np.array(tokens))
    names = label_names(labels.types)
    return [(vocabulary.decode([t]), names[k]) for t, k in zip(tokens, found, strict=True)]


def test_entity_begins_once_and_goes_on() -> None:
    """Over all tokens that it touches; the sign behind it is outside."""
    found = labelled("So Zqx.", Span(3, 6, "PERSON"))

    inside = [tag for token, tag in found if tag != "O"]
    assert inside == ["B-PERSON"] + ["I-PERSON"] * (len(inside) - 1)
    assert "".join(token for token, tag in found if tag != "O").strip() == "Zqx"
    assert found[-1] == (".", "O")


def test_neighbours_begin_each() -> None:
    """Of one type, too."""
    tags = [tag for _, tag in labelled("x y", Span(0, 1, "A"), Span(2, 3, "A"))]

    assert [tag for tag in tags if tag != "O"].count("B-A") == 2


@given(
    words=st.lists(st.text(st.sampled_from("abcdeéя漢😀"), min_size=1), min_size=1, max_size=8),
    chosen=st.sets(st.integers(0, 7)),
)
def test_entities_come_back_from_the_labels(words: list[str], chosen: set[int]) -> None:
    """Their text is that of the tokens from B on, the space before it aside."""
    begins = np.cumsum([0, *(len(word) + 1 for word in words)])
    spans = [
        Span(int(begins[i]), int(begins[i]) + len(words[i]), "X")
        for i in sorted(chosen)
        if i < len(words)
    ]
    vocabulary, text = tiny.vocabulary(), " ".join(words)
    tokens = vocabulary.encode(text)

    labels = Labels(vocabulary).of(text, spans, np.array(tokens))

    found: list[list[int]] = []
    for token, label in zip(tokens, labels, strict=True):
        if label == 1:
            found.append([])
        if label:
            found[-1].append(token)
    assert [vocabulary.decode(f).strip() for f in found] == [text[s.start : s.end] for s in spans]


def test_types_are_numbered_as_they_come() -> None:
    """Two labels each."""
    labels = Labels(tiny.vocabulary())
    for kind in ("b", "a", "b"):
        labels.of("x", [Span(0, 1, kind)], np.array(tiny.vocabulary().encode("x")))

    assert labels.types == ["b", "a"]
    assert label_names(labels.types) == ["O", "B-b", "I-b", "B-a", "I-a"]


def test_more_types_than_a_byte_holds_are_refused() -> None:
    """The column is likely another one."""
    labels, token = Labels(tiny.vocabulary()), np.array(tiny.vocabulary().encode("x"))
    for i in range(MAX_TYPES):
        assert labels.of("x", [Span(0, 1, str(i))], token)[0] == 2 * i + 1

    with pytest.raises(DataError, match="more than 127 types of entities, 'z' among them"):
        labels.of("x", [Span(0, 1, "z")], token)
