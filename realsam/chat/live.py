"""The live view of an answer: its words as they come, and beside them who fires in the talk."""

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from realsam.console import STDERR
from realsam.live import Activity, framed


class AnswerView:
    """Draws on stderr from its making until it is closed; then nothing of it is left."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._text = ""
        self._live = Live(get_renderable=self.draw, console=STDERR, transient=True)
        self._live.start()

    def add(self, text: str) -> None:
        """The answer goes on."""
        self._text += text

    def close(self) -> str:
        """Stop; returns the whole answer."""
        self._live.stop()
        return self._text

    def draw(self) -> RenderableType:
        """The view as it stands."""
        seen = self._activity
        line = Text(f"{seen.n_tokens:,} tokens, {seen.note()}", "dim")
        return Group(framed(self._text), seen.bars(), line)
