"""Conversations: turns go into text and come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.conversation import REPLY, SAM, STOP, USER, Turn, is_message, parse, render

messages = (
    st.text(st.sampled_from("aU:\n ésam") | st.characters(exclude_categories=["Cs"]), min_size=1)
    .map(str.strip)
    .filter(bool)
    .filter(is_message)
)
conversations = st.lists(st.builds(Turn, st.sampled_from([USER, SAM]), messages))


@given(turns=conversations)
def test_turns_come_back(turns: list[Turn]) -> None:
    """Whatever lines the messages have."""
    assert parse(render(turns)) == turns


@given(turns=conversations)
def test_reply_continues_as_sam(turns: list[Turn]) -> None:
    """What a model writes behind REPLY is one more turn, up to STOP."""
    said = render(turns) + REPLY + " Hello.\nAnd more." + STOP + " next"

    assert parse(said.removeprefix("\n"))[-2:] == [
        Turn(SAM, "Hello.\nAnd more."),
        Turn(USER, "next"),
    ]


@pytest.mark.parametrize("text", ["User: a", "a\nSam: b", "Sam:", "a\n\nUser:b"])
def test_text_that_looks_like_turns_is_no_message(text: str) -> None:
    """It could not be told apart."""
    assert not is_message(text)


@pytest.mark.parametrize("text", ["user: a", "a User: b", "Sam is here.", " Sam: b"])
def test_other_text_is_a_message(text: str) -> None:
    """Only the beginning of a line counts."""
    assert is_message(text)
