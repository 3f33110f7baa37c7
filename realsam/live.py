"""The live view: a text as it comes, and beside it who fires.

The bars of `LiveView` are those of the simulator, which plays the same tokens alongside: it has
the spikes of every backend, and asks nothing of it. Drawn on stderr; the text goes to stdout after.
"""

import time
from types import TracebackType

import click
import numpy as np
from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from realsam.arrays import F64, I64, Spikes
from realsam.console import STDERR
from realsam.ir import Host, Network
from realsam.report import facts_of, load_costs
from realsam.vocab import Stops, TextStream, Vocabulary
from sim.simulator import engine, load_kernels

_BAR = 30  # characters of a bar
_LOW = 0.1  # the least rate that a full bar stands for
_SHOWN = 480  # characters of text, the latest
_KEPT = 0.8  # of a rate from token to token: bars that can be followed


class Activity:
    """Who fires, and what it costs by the first cost table, token by token."""

    def __init__(self, network: Network) -> None:
        facts, table = facts_of(network), load_costs()
        self.names = [p.name for p in facts.of_kind("lif")]
        self.n_tokens, self.energy_pj, self.table = 0, 0.0, table.name
        self.rates: F64 = np.zeros(len(self.names))  # spikes per neuron, of the latest tokens
        self.highest = _LOW  # rate so far
        self._total: I64 = np.zeros(len(self.names), np.int64)
        self._spans = [network.spans[name] for name in self.names]
        self._sizes = np.array([network.sizes[name] for name in self.names])
        self._fan_out = np.concatenate(list(network.fan_out().values()))
        self._synop_pj = table.terms["synops"].pj
        self._updates_pj = table.terms["updates"].pj * sum(p.n_updates for p in facts.populations)

    def hear(self, fired: Spikes) -> None:
        """Count the spikes [sum of N] of one token."""
        counts = np.array([int(fired[span].sum()) for span in self._spans], np.int64)
        kept = _KEPT if self.n_tokens else 0.0
        self.rates = kept * self.rates + (1 - kept) * counts / self._sizes
        self.highest = max(self.highest, float(self.rates.max(initial=0)))
        self._total += counts
        self.n_tokens += 1
        self.energy_pj += int(fired @ self._fan_out) * self._synop_pj + self._updates_pj

    @property
    def means(self) -> F64:
        """Spikes per neuron and token so far."""
        means: F64 = self._total / (self._sizes * max(1, self.n_tokens))
        return means

    def bars(self) -> Table:
        """A line with a bar per population."""
        rows = Table.grid(padding=(0, 1))
        for name, rate, mean in zip(self.names, self.rates, self.means, strict=True):
            full = round(rate / self.highest * _BAR)
            bar = Text.assemble(("█" * full, "cyan"), ("░" * (_BAR - full), "dim"))
            rows.add_row(name, Text(f"{rate:.1%}", justify="right"), bar, f"mean {mean:.1%}")
        return rows

    def note(self) -> str:
        """What was spent so far, and what a bar stands for."""
        return (
            f"{self.energy_pj / 1e6:,.1f} uJ (estimated, {self.table}); "
            f"a full bar is a firing rate of {self.highest:.1%}"
        )


def framed(text: str) -> Panel:
    """The end of a text that grows, in a frame."""
    return Panel(Text(text[-_SHOWN:]))


class LiveView:
    """Shows a text and its activity while its block is open, and prints the text after it."""

    def __init__(
        self, model: tuple[Network, Host, Vocabulary], prompt: str, tokens: list[int], stops: Stops
    ) -> None:
        network, self._host, vocabulary = model
        load_kernels()
        self._engine, self._activity = engine(network), Activity(network)
        self._stream = TextStream(vocabulary, stops)
        self._text, self._n_new = prompt, 0
        self._waiting = list(tokens)  # those that the simulator has not played
        self._begin = time.perf_counter()
        self._live = Live(get_renderable=self.draw, console=STDERR, transient=True)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        if self._n_new:
            click.echo(self._text + self._stream.end())

    def add(self, token: int) -> None:
        """Show a new token, and the activity of those before it, which it followed from."""
        if not self._n_new:
            self._begin = time.perf_counter()
        for fed in self._waiting:
            self._activity.hear(self._engine.token(self._host.code[fed])[0])
        self._waiting = [token]
        self._text += self._stream.add(token)
        self._n_new += 1

    def draw(self) -> RenderableType:
        """The view as it stands."""
        seen = self._activity
        seconds = time.perf_counter() - self._begin
        speed = (self._n_new - 1) / seconds if self._n_new > 1 else 0.0
        line = Text(f"{self._n_new:,} tokens, {speed:,.0f} tokens/s, {seen.note()}", "dim")
        return Group(framed(self._text), seen.bars(), line)
