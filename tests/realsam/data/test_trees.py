"""Message trees: threads become conversations, in whatever order the rows come."""

import random
from pathlib import Path
from typing import Any

import pytest

from realsam.data import trees as trees_module
from realsam.errors import DataError
from tests.realsam.data.files import jsonl, read, texts

PROMPTER, ASSISTANT = "prompter", "assistant"


def message(
    name: str, parent: str | None, role: str, text: str = "", **more: Any
) -> dict[str, Any]:
    """A row of oasst1."""
    about = {"message_id": name, "parent_id": parent, "role": role, "text": text or f"I am {name}."}
    return {**about, "lang": "en", **more}


TREE = [
    message("a", None, PROMPTER),
    message("b", "a", ASSISTANT),
    message("c", "a", ASSISTANT),
    message("d", "c", PROMPTER),
    message("e", "d", ASSISTANT),
]
SHORT = "User: I am a.\nSam: I am b."
LONG = "User: I am a.\nSam: I am c.\nUser: I am d.\nSam: I am e."


@pytest.mark.parametrize("seed", range(4))
def test_threads_are_conversations(tmp_path: Path, seed: int) -> None:
    """Each answer that leads to no other one ends a conversation; a tree is a group."""
    rows = random.Random(seed).sample(TREE, len(TREE)) if seed else TREE

    entries, tally = read(jsonl(tmp_path / "a.jsonl", *rows))

    assert {entry.text for entry in entries} == {SHORT, LONG}
    assert {entry.group for entry in entries} == {"tree a"}
    assert not tally.rejected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (message("f", "b", PROMPTER), "no reply"),
        (message("f", None, PROMPTER), "no reply"),
        (message("f", "nobody", ASSISTANT), "no parent"),
        (message("f", "f", ASSISTANT), "no parent"),
        (message("f", "b", ASSISTANT), "turns do not alternate"),
        (message("f", None, ASSISTANT), "turns do not alternate"),
        (message("f", "b", "system"), "turns do not alternate"),
        (message("f", "a", ASSISTANT, deleted=True), "deleted"),
        (message("f", "a", ASSISTANT, " "), "empty"),
        (message("f", "a", ASSISTANT, "Sam: I"), "a line begins as a turn"),
        (message("b", "a", ASSISTANT, "Again."), "duplicate"),
        (message("f", "a", ASSISTANT) | {"text": 5}, "a field is no text"),
        (message("f", "a", ASSISTANT) | {"parent_id": 5}, "a field is no text"),
    ],
    ids=str,
)
def test_message_out_of_place_is_counted(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    """The threads beside it stay."""
    found, rejected = texts(jsonl(tmp_path / "a.jsonl", *TREE, row))

    assert found == [SHORT, LONG]
    assert rejected == {reason: 1}


def test_thread_may_be_as_long_as_it_likes(tmp_path: Path) -> None:
    """No recursion ends it."""
    roles = (PROMPTER, ASSISTANT)
    rows = [message(str(i), str(i - 1) if i else None, roles[i % 2]) for i in range(3000)]

    found, rejected = texts(jsonl(tmp_path / "a.jsonl", *rows))

    assert (len(found), rejected) == (1, {})
    assert len(found[0].split("\n")) == 3000


def test_more_messages_than_fit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name."""
    monkeypatch.setattr(trees_module, "MAX_MESSAGES", 4)

    with pytest.raises(DataError, match="more than 4 messages, which are put together in memory"):
        texts(jsonl(tmp_path / "a.jsonl", *TREE))
