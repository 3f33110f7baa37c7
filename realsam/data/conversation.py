"""Conversations as plain text: turns that begin with who speaks.

    User: What is a fox?
    Sam: A small wild dog.
    It lives in the forest.
    User: Thank you!
    Sam: You are welcome.

No special tokens: every vocabulary can write these turns, those of models that are trained already
too, and a file or a terminal shows what a model was given. The price is three or four tokens a
turn, and that no line of a message may begin as a turn does; such messages are refused.

A model is asked by a text that ends in REPLY. Its answer ends at STOP, at another REPLY, or at the
end of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

USER, SAM = "User", "Sam"
REPLY = f"\n{SAM}:"  # follows the turns so far: the model goes on; if it comes again, it ends
STOP = f"\n{USER}:"  # ends an answer
_MARKERS = (f"{USER}:", f"{SAM}:")
# A \r becomes a \n in a prepared text.
_MARKED = re.compile(f"(?:^|\r)(?:{'|'.join(_MARKERS)})", re.MULTILINE)


@dataclass(frozen=True)
class Turn:
    """What one side says."""

    speaker: str  # USER or SAM
    text: str  # not blank, stripped; no line of it begins as a turn does


def is_message(text: str) -> bool:
    """Whether a text can be told from the turns around it."""
    return _MARKED.search(text) is None


def render(turns: Sequence[Turn]) -> str:
    """The text of turns."""
    return "\n".join(f"{turn.speaker}: {turn.text}" for turn in turns)


def parse(text: str) -> list[Turn]:
    """The turns of a text that `render` wrote; what stands before the first turn is left out."""
    turns: list[Turn] = []
    for line in text.split("\n"):
        if line.startswith(_MARKERS):
            speaker, _, said = line.partition(":")
            turns.append(Turn(speaker, said.removeprefix(" ")))
        elif turns:
            turns[-1] = Turn(turns[-1].speaker, f"{turns[-1].text}\n{line}")
    return turns
