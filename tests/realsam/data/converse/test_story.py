"""Stories: where sentences and quotes begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.converse.story import read_story
from realsam.data.toy import toy_documents
from tests.realsam.data.converse.stories import BALL, TOLD, story

PIECES = (
    "Tom ran",
    "the dog",
    ".",
    "!",
    "?",
    '"',
    " ",
    "\n",
    ",",
    "Mr.",
    "\u201c",
    "\u201d",
    "...",
    "x",
)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Tom ran. Ann sat.", ["Tom ran.", "Ann sat."]),
        ("Tom ran.\nAnn sat!", ["Tom ran.", "Ann sat!"]),
        ('Tom said, "Go. Now!" Ann sat.', ['Tom said, "Go. Now!"', "Ann sat."]),
        ('"Go!" Tom said. Ann sat.', ['"Go!" Tom said.', "Ann sat."]),
        ('"Go!" she said. Ann sat.', ['"Go!" she said.', "Ann sat."]),
        ('"Go." "No!" Ann sat.', ['"Go."', '"No!"', "Ann sat."]),
        ("Mr. Fox ran. He sat.", ["Mr. Fox ran.", "He sat."]),
        ("He ran and ran... Then he sat.", ["He ran and ran...", "Then he sat."]),
        ("\u201cGo!\u201d Tom said. Ann sat.", ["\u201cGo!\u201d Tom said.", "Ann sat."]),
        (f"Tom ran.{' ' * 300_000}Ann sat.", ["Tom ran.", "Ann sat."]),
        ("Tom ran.\n\nAnn sat.", ["Tom ran.", "Ann sat."]),
        ("Tom ran.  \n Ann sat.", ["Tom ran.", "Ann sat."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    """A mark ends one outside quotes alone; a tag belongs to its quote."""
    found = story(text)

    assert [found.between(i, i + 1) for i in range(len(found.sentences))] == sentences


@pytest.mark.parametrize(
    "text", ["", "Tom ran", "Tom ran. Ann", 'Tom said, "Go.', "Tom ran\nAnn sat.", 'Go." Tom ran.']
)
def test_what_breaks_off_is_no_story(text: str) -> None:
    """No end, or quotes that do not pair up."""
    assert read_story(text) is None


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_sentences_are_all_of_the_story(text: str) -> None:
    """But for the space between them, whatever the text."""
    found = read_story(text)

    if found is not None:
        places = [place for span in found.sentences for place in span]
        assert places == sorted(places)
        assert "".join(found.text[a:b] for a, b in found.sentences).split() != []
        gaps = [
            found.text[b:a]
            for (_, b), (a, _) in zip(found.sentences, found.sentences[1:], strict=False)
        ]
        assert "".join(gaps).strip() == ""


@pytest.mark.parametrize("text", [*TOLD, *toy_documents(30)])
def test_quotes_are_what_stands_between_quotes(text: str) -> None:
    """In their order."""
    found = story(text)

    assert [text[q.start : q.end] for q in found.quotes] == text.split('"')[1::2]


def test_heroes_are_named_at_the_beginning() -> None:
    """Others come later, and are only names."""
    found = story(BALL)

    assert found.heroes == ("Nora",)
    assert found.names == {"Nora", "Otto"}
