"""Checks and maps a network of a billion synapses: time, and memory with its weights.

    python -m benchmarks.billion [--layers N] [--width N]

Random weights in the default model's shape: dense skips, full recurrence, 257 input lines, a
readout of 256.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np

from benchmarks import record
from realsam.arrays import I16
from realsam.checking import check
from realsam.console import note
from realsam.ir import IO_PHASES, Input, Layer, Network, TokenClock, readout_layer, to_network
from realsam.mapping import from_network, lay_out, memory_of
from realsam.mapping.sketch import CODE_LINES, READOUT


def dense(layers: int, width: int) -> Network:
    """A token clock in which every layer hears the input, all earlier layers and itself."""
    rng = np.random.default_rng(0)
    names = ["input"]
    built = []
    for name in (f"layer{i}" for i in range(1, layers + 1)):
        names.append(name)
        columns = CODE_LINES + width * (len(names) - 1)
        decay, threshold = np.full(width, 200), np.full(width, 300)
        built.append(Layer(name, decay, threshold, tuple(names), _weights(rng, width, columns)))
    weights = _weights(rng, READOUT, CODE_LINES + width * layers)
    built.append(readout_layer("readout", tuple(names), weights))
    return to_network(TokenClock(Input("input", CODE_LINES), tuple(built), layers + IO_PHASES))


def _weights(rng: np.random.Generator, rows: int, columns: int) -> I16:
    even = rng.integers(-128, 128, (rows, columns), dtype=np.int16)
    even *= 2
    even.flags.writeable = False  # else the network would keep a copy
    return even


def timed(what: str, call: Callable[[], Any]) -> Any:
    """Call, and say how long it took."""
    start = time.perf_counter()
    result = call()
    click.echo(f"{what:<8} {time.perf_counter() - start:6.1f} s")
    return result


@click.command(help=__doc__)
@click.option("--layers", type=click.IntRange(1, 58), default=10, show_default=True)
@click.option("--width", type=click.IntRange(1), default=4224, show_default=True)
def main(layers: int, width: int) -> None:
    """See the module."""
    about = record.about("python -m benchmarks.billion")
    note(f"{about['machine']}, {about['cores']} cores, commit {about['commit']}")
    network = timed("build", lambda: dense(layers, width))
    n_synapses = sum(q.stored.size for q in network.projections)
    click.echo(f"{n_synapses:,} synapses")
    report = timed("check", lambda: check(network))
    layout = timed("map", lambda: lay_out(from_network(network), memory_of("loihi2")))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    click.echo(f"{len(report.findings)} findings, {layout.n_cores:,} cores, {layout.n_chips} chips")
    click.echo(f"peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()
