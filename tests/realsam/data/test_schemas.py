"""Schemas: rows of instruction sets become conversations, others documents or labelled text."""

from pathlib import Path
from typing import Any

import pytest

from realsam.entities import Span
from tests.realsam.data.files import jsonl, read, texts

PRESIDIO = {
    "full_text": "Ask Zoe Fox.",
    "spans": [{"entity_type": "PERSON", "start_position": 4, "end_position": 11}],
    "template_id": 7,
}


def talk(*said: tuple[object, object]) -> dict[str, Any]:
    """A row of messages."""
    return {"messages": [{"role": role, "content": text} for role, text in said]}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"instruction": "Say hi.", "input": "", "output": "Hi."}, "User: Say hi.\nSam: Hi."),
        ({"instruction": "Add.", "input": "1, 2", "output": "3"}, "User: Add.\n1, 2\nSam: 3"),
        ({"instruction": "Add.", "output": "3"}, "User: Add.\nSam: 3"),
        (
            {"instruction": "Who?", "context": "Ann ran.", "response": "Ann.", "category": "qa"},
            "User: Who?\nAnn ran.\nSam: Ann.",
        ),
        ({"instruction": "Who?", "context": None, "response": "Ann."}, "User: Who?\nSam: Ann."),
        ({"prompt": " Why? ", "response": "So.\r\nAnd so.\n"}, "User: Why?\nSam: So.\nAnd so."),
        (
            talk(("user", " Hi! "), ("assistant", "Hi."), ("user", "Bye."), ("assistant", "Bye!")),
            "User: Hi!\nSam: Hi.\nUser: Bye.\nSam: Bye!",
        ),
        ({"text": " A story. "}, "A story."),
    ],
    ids=["Alpaca", "with input", "without", "Dolly", "null context", "prompt", "messages", "text"],
)
def test_row_becomes_a_document(tmp_path: Path, row: dict[str, Any], text: str) -> None:
    """Stripped, with one kind of newline."""
    assert texts(jsonl(tmp_path / "a.jsonl", row)) == ([text], {})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"instruction": "Say hi."}, "fields of no schema"),
        ({}, "fields of no schema"),
        ({"question": "a", "answer": "b"}, "fields of no schema"),
        ({"prompt": 3, "response": "b"}, "a field is no text"),
        ({"instruction": "a", "input": ["b"], "output": "c"}, "a field is no text"),
        ({"prompt": "a", "response": None}, "a field is no text"),
        ({"text": {"a": 1}}, "a field is no text"),
        ({"full_text": None, "spans": []}, "a field is no text"),
        ({"prompt": "  ", "response": "b"}, "empty"),
        ({"prompt": "a", "response": "\n"}, "empty"),
        ({"text": " "}, "empty"),
        ({"full_text": "", "spans": []}, "empty"),
        ({"prompt": "a", "response": "b\nUser: c"}, "a line begins as a turn"),
        ({"prompt": "Sam: a", "response": "b"}, "a line begins as a turn"),
        ({"messages": []}, "no reply"),
        ({"messages": "a"}, "a field is no text"),
        ({"messages": None}, "a field is no text"),
        ({"messages": [{"role": "user"}]}, "a field is no text"),
        (talk(("user", 3), ("assistant", "b")), "a field is no text"),
        (talk(("user", "a"), ("assistant", " ")), "empty"),
        (talk(("user", "a")), "no reply"),
        (talk(("user", "a"), ("user", "b"), ("assistant", "c")), "turns do not alternate"),
        (talk(("system", "a"), ("user", "b"), ("assistant", "c")), "turns do not alternate"),
        (talk((["user"], "a"), ("assistant", "b")), "a field is no text"),
        (talk(("user", "Sam: a"), ("assistant", "b")), "a line begins as a turn"),
        (talk(("user", "a\rSam: b"), ("assistant", "c")), "a line begins as a turn"),
        ({"text": "a <|endoftext|> b"}, "holds <|endoftext|>"),
        ({"text": "\ud800"}, "not UTF-8"),
    ],
    ids=str,
)
def test_unusable_row_is_counted(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    """By its reason; the row behind it stays."""
    path = tmp_path / "a.jsonl"
    jsonl(path, {"text": "Good."})
    import json

    path.write_text(json.dumps(row) + "\n" + path.read_text())

    assert texts(path) == (["Good."], {reason: 1})


def test_rows_of_another_language_are_left_out(tmp_path: Path) -> None:
    """If they name one."""
    rows = [{"text": "Hello.", "lang": "en"}, {"text": "Hallo.", "lang": "de"}, {"text": "Hm."}]

    found = texts(jsonl(tmp_path / "a.jsonl", *rows), "en")

    assert found == (["Hello.", "Hm."], {"other language": 1})


def test_entities_keep_their_places(tmp_path: Path) -> None:
    """White space around the text counts, so it stays; templates are groups."""
    text = "  Ask\r\nZoe.\n"
    row = {"full_text": text, "spans": [span(7, 10)], "template_id": None}

    entries, _ = read(jsonl(tmp_path / "a.jsonl", PRESIDIO, row))

    assert entries[0].spans == (Span(4, 11, "PERSON"),)
    assert entries[0].group == "template 7"
    assert (entries[1].text, entries[1].group) == (text, None)
    assert text[7:10] == "Zoe"


def span(start: object, end: object, kind: object = "PERSON") -> dict[str, object]:
    """One entity."""
    return {"entity_type": kind, "start_position": start, "end_position": end}


@pytest.mark.parametrize(
    "spans",
    [
        [span(0, 99)],
        [span(-1, 2)],
        [span(3, 3)],
        [span(0, 5), span(4, 8)],
        [span("0", 5)],
        [span(0, True)],
        [span(0, 3, "")],
        [span(0, 3, None)],
        [{"start_position": 0}],
        ["PERSON"],
        None,
        5,
    ],
    ids=str,
)
def test_bad_entities_are_counted(tmp_path: Path, spans: object) -> None:
    """The whole row is left out."""
    row = {"full_text": "Ask Zoe Fox.", "spans": spans}

    found, rejected = texts(jsonl(tmp_path / "a.jsonl", row, PRESIDIO))

    assert found == ["Ask Zoe Fox."]
    assert rejected == {"entities overlap, are empty, or leave the text": 1}
