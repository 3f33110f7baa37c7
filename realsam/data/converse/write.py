"""Files of stories to one file of conversations, in one pass of flat memory.

The file appears whole or not at all, and the same files and seed give the same bytes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from realsam.data.conversation import USER, is_message, render
from realsam.data.converse.draw import KINDS, Conversation, Drawing
from realsam.data.converse.story import read_story
from realsam.data.duplicates import Seen
from realsam.data.entry import DUPLICATE, HOLDS_TURN, NO_SCHEMA, NO_STORY, Entry
from realsam.data.source import Reading, Source
from realsam.errors import DataError
from realsam.files import refuse_place, written
from realsam.vocab import END_OF_TEXT

_MB = 1_000_000
_ROLES = {True: "user", False: "assistant"}
OnDone = Callable[[str, int, int], None]  # hears what is done, how much, and of how much


def converse(
    sources: Sequence[Source], out: Path, drawing: Drawing, on_done: OnDone
) -> dict[str, Any]:
    """Write what is drawn of the stories; returns how many there are, by kind and by source.

    Args:
        sources: stories, as plain text or rows with `text`.
        out: the file; .txt for text as `realsam train` reads it, .jsonl for rows of messages.
        drawing: what is drawn of a story.
        on_done: hears how far it is.

    Raises:
        DataError: if a source cannot be read or used, or `out` has another ending.
        RunError: if `out` cannot be written, or is one of the sources.
    """
    form = _form(out)
    refuse_place(out, [source.path for source in sources])
    for source in sources:
        if source.kind == ".conll":
            raise DataError(f"{source.path}: holds sentences, no stories", "give plain text")
    total = max(1, sum(s.path.stat().st_size for s in sources if s.path.exists()) // _MB)
    done = 0

    def on_read(n: int) -> None:
        nonlocal done
        done += n
        on_done("reading, MB", done // _MB, total)

    readings = [Reading(source, "", on_read) for source in sources]
    counts = {
        kind: dict.fromkeys(("conversations", "turns", "words", "bytes"), 0) for kind in KINDS
    }
    with written(out) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for drawn in _conversations(readings, drawing):
            _count(counts[drawn.kind], drawn)
            form(drawn, file)
        if not any(count["conversations"] for count in counts.values()):
            raise DataError(
                f"{sources[0].path}: no conversation was drawn of it",
                "give more stories, or another --share",
            )
    return {
        "kinds": counts,
        "sources": [reading.about() for reading in readings],
    }


def _conversations(readings: Sequence[Reading], drawing: Drawing) -> Iterator[Conversation]:
    """All that differ, of stories that differ."""
    stories, drawn = Seen(), Seen()
    for reading in readings:
        for entry in reading:
            story = read_story(entry.text)
            if reason := _unusable(entry):
                reading.tally.reject(reason)
            elif story is None:
                reading.tally.reject(NO_STORY)
            elif not stories.add(entry.text):
                reading.tally.reject(DUPLICATE)
            else:
                reading.tally.kept += 1
                yield from (c for c in drawing(story) if drawn.add(render(c.turns)))
        reading.refuse_unused()


def _unusable(entry: Entry) -> str:
    """Why a text is no story, whatever it says."""
    if entry.spans is not None:
        return NO_SCHEMA
    return "" if is_message(entry.text) else HOLDS_TURN


def _count(count: dict[str, int], drawn: Conversation) -> None:
    text = render(drawn.turns)
    count["conversations"] += 1
    count["turns"] += len(drawn.turns)
    count["words"] += len(text.split())
    count["bytes"] += len(text.encode("utf-8"))


def _form(out: Path) -> Callable[[Conversation, TextIO], None]:
    """What writes a conversation into a file of this name."""
    forms = {".txt": _as_text, ".jsonl": _as_row}
    if out.suffix not in forms:
        raise DataError(f"{out}: no name for conversations", f"let it end in {' or '.join(forms)}")
    return forms[out.suffix]


def _as_text(drawn: Conversation, file: TextIO) -> None:
    file.write(f"{render(drawn.turns)}\n{END_OF_TEXT}\n")


def _as_row(drawn: Conversation, file: TextIO) -> None:
    messages = [{"role": _ROLES[t.speaker == USER], "content": t.text} for t in drawn.turns]
    row = {"kind": drawn.kind, "messages": messages}
    file.write(f"{json.dumps(row, ensure_ascii=False)}\n")
