"""The live view of an answer: its words as they come, and beside them who fires."""

from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from realsam.chat.meter import Meter
from realsam.console import STDERR

_BAR = 30  # characters of a bar
_SHOWN = 480  # characters of the answer, the latest


class LiveView:
    """Draws on stderr from its making until it is closed; then nothing of it is left."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
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
        rows, means = Table.grid(padding=(0, 1)), self._meter.firing_rates
        for name, rate in self._meter.latest_rates.items():
            bar = Text("█" * round(min(1.0, rate) * _BAR), "cyan")
            rows.add_row(name, Text(f"{rate:.1%}", justify="right"), bar, f"mean {means[name]:.1%}")
        return Group(Panel(Text(self._text[-_SHOWN:])), rows)
