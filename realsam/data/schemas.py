"""Rows of instruction sets and the like, by the fields that they have.

    instruction, output, maybe input         Alpaca
    instruction, response, maybe context     Dolly
    prompt, response
    messages                             turns, each with role (user, assistant) and content
    full_text, spans                         Presidio: entities as ranges of characters
    text                                     plain documents

The trees of oasst1 are in `realsam.data.trees`: one of its rows alone is no conversation.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from realsam.data.conversation import SAM, USER, Turn, is_message, render
from realsam.data.entry import (
    BAD_ROLE,
    BAD_SPAN,
    EMPTY,
    HOLDS_TURN,
    NO_REPLY,
    NO_SCHEMA,
    NO_TEXT,
    OTHER_LANGUAGE,
    Entry,
    Tally,
)
from realsam.data.trees import Trees
from realsam.entities import json_span

Row = dict[str, Any]

# question, more of it, answer
_CONVERSATIONS = (
    ("instruction", "input", "output"),
    ("instruction", "context", "response"),
    ("prompt", "", "response"),
)
_SPEAKERS = {"user": USER, "assistant": SAM}


def row_entries(rows: Iterable[Row], where: str, language: str, tally: Tally) -> Iterator[Entry]:
    """What rows of any known schema hold.

    Args:
        rows: of one file.
        where: the file, for messages.
        language: leave out rows whose `lang` is another one; "" takes all.
        tally: counts what is left out.
    """
    trees = Trees(where)
    for row in rows:
        if language and row.get("lang", language) != language:
            tally.reject(OTHER_LANGUAGE)
        elif Trees.is_message(row):
            trees.add(row, tally)
        elif isinstance(found := _entry(row), Entry):
            yield found
        else:
            tally.reject(found)
    yield from trees.entries(tally)


def _entry(row: Row) -> Entry | str:
    """What a row holds, or why it is left out."""
    for question, more, answer in _CONVERSATIONS:
        if question in row and answer in row:
            return _conversation(row[question], row.get(more) or "", row[answer])
    if "messages" in row:
        return _talk(row["messages"])
    if "full_text" in row and "spans" in row:
        return _labelled(row)
    if "text" in row:
        return Entry(row["text"]) if isinstance(row["text"], str) else NO_TEXT
    return NO_SCHEMA


def _conversation(question: Any, more: Any, answer: Any) -> Entry | str:
    if not all(isinstance(field, str) for field in (question, more, answer)):
        return NO_TEXT
    asked, said = f"{question.strip()}\n{more.strip()}".strip(), answer.strip()
    if not (asked and said):
        return EMPTY
    if not (is_message(asked) and is_message(said)):
        return HOLDS_TURN
    return Entry(render([Turn(USER, asked), Turn(SAM, said)]))


def _talk(messages: Any) -> Entry | str:
    """The conversation of a list of messages, which begins with the user and ends with Sam."""
    turns: list[Turn] = []
    try:
        said = [(_SPEAKERS.get(m["role"]), m["content"]) for m in messages]
    except (KeyError, TypeError):
        return NO_TEXT
    for speaker, text in said:
        if speaker != (USER, SAM)[len(turns) % 2]:
            return BAD_ROLE
        if not isinstance(text, str):
            return NO_TEXT
        if not text.strip():
            return EMPTY
        if not is_message(text.strip()):
            return HOLDS_TURN
        turns.append(Turn(speaker, text.strip()))
    return Entry(render(turns)) if turns and turns[-1].speaker == SAM else NO_REPLY


def _labelled(row: Row) -> Entry | str:
    text, template = row["full_text"], row.get("template_id")
    if not isinstance(text, str):
        return NO_TEXT
    try:
        spans = sorted(map(json_span, row["spans"]))
    except (KeyError, TypeError):
        return BAD_SPAN
    ends = [0, *(span.end for span in spans)]
    apart = all(ends[i] <= s.start < s.end <= len(text) for i, s in enumerate(spans))
    if not apart:
        return BAD_SPAN
    group = None if template is None else f"template {template}"
    return Entry(text, tuple(spans), group)
