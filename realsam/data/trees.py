"""Message trees (oasst1): every thread from the root to an answer becomes a conversation.

Rows may come in any order. They are put together in memory, the only ones that are.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realsam.data.conversation import SAM, USER, Turn, is_message, render
from realsam.data.entry import (
    BAD_ROLE,
    DELETED,
    DUPLICATE,
    EMPTY,
    HOLDS_TURN,
    NO_PARENT,
    NO_REPLY,
    NO_TEXT,
    Entry,
    Tally,
)
from realsam.errors import DataError

MAX_MESSAGES = 1 << 20
_FIELDS = ("message_id", "parent_id", "role", "text")
_SPEAKERS = {"prompter": USER, "assistant": SAM}


@dataclass(frozen=True)
class _Message:
    id: str
    parent: str | None
    turn: Turn


class Trees:
    """The messages of a file."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._ids: set[str] = set()
        self._replies: dict[str | None, list[_Message]] = defaultdict(list)

    @staticmethod
    def is_message(row: dict[str, Any]) -> bool:
        """Whether a row has the fields of a message."""
        return all(name in row for name in _FIELDS)

    def add(self, row: dict[str, Any], tally: Tally) -> None:
        """Keep a message, or count why not.

        Raises:
            DataError: if there are more than MAX_MESSAGES.
        """
        found = _message(row)
        if not isinstance(found, _Message):
            tally.reject(found)
        elif found.id in self._ids:
            tally.reject(DUPLICATE)
        else:
            self._ids.add(found.id)
            self._replies[found.parent].append(found)
        if len(self._ids) > MAX_MESSAGES:
            raise DataError(
                f"{self._where}: more than {MAX_MESSAGES:,} messages, which are put together in "
                "memory",
                "split the file between trees",
            )

    def entries(self, tally: Tally) -> Iterator[Entry]:
        """All threads, those of a tree one after the other; what is in none is counted."""
        n_seen = 0
        for root in self._replies[None]:
            waiting = [(root, [root.turn])]
            while waiting:
                message, turns = waiting.pop()
                n_seen += 1
                replies = self._replies.get(message.id, [])
                waiting += [(reply, [*turns, reply.turn]) for reply in reversed(replies)]
                if reason := _misplaced(turns, bool(replies)):
                    tally.reject(reason)
                elif turns[-1].speaker == SAM and not self._goes_on(replies):
                    yield Entry(render(turns), group=f"tree {root.id}")
        for _ in range(len(self._ids) - n_seen):
            tally.reject(NO_PARENT)

    def _goes_on(self, replies: list[_Message]) -> bool:
        """Whether one of these replies to an answer was answered again."""
        return any(
            after.turn.speaker == SAM
            for reply in replies
            if reply.turn.speaker == USER
            for after in self._replies.get(reply.id, ())
        )


def _misplaced(turns: list[Turn], answered: bool) -> str:
    """Why the last of these turns is in no conversation; "" if it is."""
    speakers = [turn.speaker for turn in turns]
    if speakers != [(USER, SAM)[i % 2] for i in range(len(turns))]:
        return BAD_ROLE
    return NO_REPLY if speakers[-1] == USER and not answered else ""


def _message(row: dict[str, Any]) -> _Message | str:
    """The message of a row, or why it is left out."""
    name, parent, role, text = (row[field] for field in _FIELDS)
    if not all(isinstance(value, str) for value in (name, parent or "", role, text)):
        return NO_TEXT
    if role not in _SPEAKERS:
        return BAD_ROLE
    if row.get("deleted") is True:
        return DELETED
    if not (said := text.strip()):
        return EMPTY
    if not is_message(said):
        return HOLDS_TURN
    return _Message(name, parent, Turn(_SPEAKERS[role], said))
