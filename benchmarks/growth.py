"""How the time per token of the simulator grows with width, depth and firing rate.

    python -m benchmarks.growth [--tokens N] [--repeats N] [--out FILE] [--picture FILE]

The networks are random ones of the default model's shape: 257 input lines, L recurrent layers of N
with dense skips, a readout of 256, L + 4 chip steps per token. One threshold for all neurons is
searched for the firing rate that is wanted; what is shown is the rate that came of it.

Each value is the median of several runs, every run a mean over the second half of its tokens:
the first half has shown every input once, so that its sums are known, as in a long text. The limit
is the time to read the weights that the spikes touch, at the speed at which this machine sums up
an array as large as all weights of that network: one byte per synapse of a neuron that fires.
Machines are noisy: compare times of one run.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click
import numba
import numpy as np

from benchmarks import record
from realsam.arrays import I64, U8
from realsam.console import progress
from realsam.ir import (
    IO_PHASES,
    Input,
    Layer,
    Network,
    Replay,
    TokenClock,
    readout_layer,
    to_network,
)
from sim.simulator import load_kernels, run

LINES, READOUT, CODES = 257, 256, 64  # input lines, readout neurons, different inputs
LAYERS, WIDTH, RATE = 6, 512, 0.085  # of the shipped model
WIDTHS = (64, 128, 256, 512, 1024, 2048)
DEPTHS = (1, 2, 4, 6, 8, 12, 16)
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
_LIMIT = "reading the weights touched"
_SEARCHED = 12  # thresholds tried for a firing rate
_TRIAL = 60  # tokens of each trial


@dataclass
class Point:
    """What was measured of one network."""

    layers: int
    width: int
    firing_rate: float  # spikes per neuron of the layers and token
    weights: int  # bytes of all weights
    touched: int  # bytes of weights that the spikes of a token touch, the mean
    us_per_token: list[float] = field(default_factory=list)  # of every run
    read_gb_per_s: float = 0.0  # measured, of an array as large as all weights

    @property
    def us(self) -> float:
        """Median time per token."""
        return median(self.us_per_token)

    @property
    def limit_us(self) -> float:
        """Time to read what is touched."""
        return self.touched / self.read_gb_per_s / 1e3

    @property
    def gb_per_s(self) -> float:
        """Bytes touched over the whole time of a token."""
        return self.touched / self.us / 1e3


def network(layers: int, width: int, vth: int) -> Network:
    """A random network of the default model's shape, always the same but for the threshold."""
    rng = np.random.default_rng(layers * 10_000 + width)
    names, columns, built = ["in"], LINES, []
    for i in range(1, layers + 1):
        names, columns = [*names, f"layer{i}"], columns + width
        half_life = np.exp(rng.uniform(np.log(0.7), np.log(60), width))  # in tokens
        dv = np.round(4096 * (1 - 0.5 ** (1 / half_life / (layers + IO_PHASES)))).astype(np.int64)
        weight = _weights(rng, width, columns)
        built.append(Layer(f"layer{i}", dv, np.full(width, vth), tuple(names), weight))
    built.append(readout_layer("readout", tuple(names), _weights(rng, READOUT, columns)))
    return to_network(TokenClock(Input("in", LINES), tuple(built), layers + IO_PHASES))


def _weights(rng: np.random.Generator, rows: int, columns: int) -> Any:
    return rng.integers(-32, 33, (rows, columns), dtype=np.int16) * 2


def document(tokens: int) -> Replay:
    """[tokens, M] input spikes: every code once, then codes at random."""
    rng = np.random.default_rng(1)
    codes: U8 = rng.integers(0, 2, (CODES, LINES), dtype=np.uint8)
    order = np.concatenate([np.arange(CODES), rng.integers(0, CODES, max(0, tokens - CODES))])
    return Replay(codes[order[:tokens]])


def firing(layers: int, width: int, wanted: float) -> Network:
    """The network whose neurons fire at about the rate that is wanted."""
    low, high = 0.0, 17.0  # exponents of the threshold
    for _ in range(_SEARCHED):
        middle = (low + high) / 2
        played = run(network(layers, width, int(2**middle)), document(_TRIAL))
        spikes = [s[_TRIAL // 2 :] for name, s in played.spikes.items() if "layer" in name]
        low, high = (middle, high) if np.mean(spikes) > wanted else (low, middle)
    return network(layers, width, int(2**high))


def measured(layers: int, width: int, rate: float, tokens: int, repeats: int) -> Point:
    """Time a network and count the weights it touches."""
    net = firing(layers, width, rate)
    _, *runs = [run(net, document(tokens)) for _ in range(repeats + 1)]  # one to warm up
    half = tokens // 2
    spikes = {name: s[half:].mean(axis=0) for name, s in runs[0].spikes.items()}
    touched = sum(
        float(spikes[source].sum()) * len(q.weight)
        for q in net.projections
        for source in q.sources
        if source != "in"
    )
    fired = np.concatenate([s for name, s in spikes.items() if "layer" in name])
    weights = sum(q.weight.size for q in net.projections)
    point = Point(layers, width, float(fired.mean()), weights, round(touched))
    for played in runs:
        seconds = played.seconds[-1] - played.seconds[half - 1]
        point.us_per_token.append(float(seconds) / (tokens - half) * 1e6)
    point.read_gb_per_s = read_speed(weights)
    return point


@numba.njit(cache=True)
def _total(words: I64) -> int:
    total = 0
    for i in range(words.size):
        total += words[i]
    return total


def read_speed(n_bytes: int) -> float:
    """GB/s at which one core sums up an array of that many bytes, median of many readings."""
    words = np.ones(max(1, n_bytes // 8), np.int64)
    _total(words)
    speeds: list[float] = []
    begin = time.perf_counter()
    while len(speeds) < 5 or time.perf_counter() - begin < 0.1:
        start = time.perf_counter()
        _total(words)
        speeds.append(words.nbytes / (time.perf_counter() - start) / 1e9)
    return median(speeds)


def sweep(tokens: int, repeats: int) -> dict[str, list[Point]]:
    """Points by what grows in them."""
    sizes = {
        "width": [(LAYERS, width, RATE) for width in WIDTHS],
        "depth": [(layers, WIDTH, RATE) for layers in DEPTHS],
        "firing rate": [(LAYERS, WIDTH, rate) for rate in RATES],
    }
    points: dict[str, list[Point]] = {name: [] for name in sizes}
    load_kernels()
    with progress("measuring", sum(map(len, sizes.values()))) as (bar, task):
        for name, every in sizes.items():
            for size in every:
                points[name].append(measured(*size, tokens, repeats))
                bar.advance(task)
    return points


_AXES: dict[str, tuple[str, Callable[[Point], float]]] = {
    "width": (f"neurons per layer ({LAYERS} layers)", lambda p: p.width),
    "depth": (f"layers (of {WIDTH} neurons)", lambda p: p.layers),
    "firing rate": (f"firing rate, % ({LAYERS} layers of {WIDTH})", lambda p: 100 * p.firing_rate),
}


def draw(points: dict[str, list[Point]], path: Path) -> None:
    """Write the picture, as SVG whose bytes depend on the numbers alone."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams |= {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 10}
    figure = Figure(figsize=(10, 3.6), facecolor="white", layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (name, line) in zip(panels, points.items(), strict=True):
        label, where = _AXES[name]
        x = [where(p) for p in line]
        axes.loglog(x, [p.us for p in line], "o-", color="#1f5fa8", label="sim, one core")
        axes.loglog(x, [p.limit_us for p in line], "--", color="#c0562b", label=_LIMIT)
        axes.set_xlabel(label)
        axes.set_xticks(x, [f"{value:.2g}" if value < 10 else f"{value:.0f}" for value in x])
        axes.minorticks_off()
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("microseconds per token")
    panels[0].set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    panels[0].set_ylim(bottom=0.5)
    panels[0].legend(frameon=False, loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def table(points: dict[str, list[Point]]) -> str:
    """One line per network."""
    head = (
        f"{'grows':<12}{'layers':>7}{'width':>7}{'firing':>8}{'us/token':>10}{'min':>8}{'max':>8}"
        f"{'weights MB':>12}{'touched kB':>12}{'GB/s':>7}{'read GB/s':>11}{'limit us':>10}"
        f"{'share':>8}"
    )
    lines = [head]
    for name, every in points.items():
        for p in every:
            spread = f"{p.us:>10.1f}{min(p.us_per_token):>8.1f}{max(p.us_per_token):>8.1f}"
            limit = f"{p.gb_per_s:>7.1f}{p.read_gb_per_s:>11.1f}{p.limit_us:>10.1f}"
            lines.append(
                f"{name:<12}{p.layers:>7}{p.width:>7}{p.firing_rate:>8.1%}{spread}"
                f"{p.weights / 1e6:>12.2f}{p.touched / 1e3:>12.1f}{limit}{p.limit_us / p.us:>8.0%}"
            )
    return "\n".join(lines)


@click.command()
@click.option("--tokens", type=click.IntRange(4), default=400, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    default=Path("docs/pictures/growth.svg"),
    show_default=True,
)
def main(tokens: int, repeats: int, out: Path | None, picture: Path) -> None:
    """Measure how the time per token grows, print a table and draw it."""
    points = sweep(tokens, repeats)
    where = record.about(f"python -m benchmarks.growth --tokens {tokens} --repeats {repeats}")
    click.echo(
        f"{where['machine']}, {where['cores']} cores, Python {where['python']}, "
        f"commit {where['commit']}"
    )
    click.echo(table(points))
    draw(points, picture)
    if out:
        rows = {name: [asdict(p) for p in every] for name, every in points.items()}
        record.write(out, where | {"points": rows})


if __name__ == "__main__":
    main()
