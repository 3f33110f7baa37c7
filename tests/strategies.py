"""Networks, hosts and inputs drawn at random, edges first; some graded, some with resets.

Plain functions of a numpy Generator, so that a seed names a network; `networks`, `token_clocks`
and `cases` wrap them, and those of the campaign, for hypothesis. Half of all registers sit on the
edges of their range: plain random numbers hardly ever do, and that is where implementations differ.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from benchmarks.campaign.case import Case
from benchmarks.campaign.document import messages
from benchmarks.campaign.draw import draw, partly_listed
from realsam.arrays import I16, I64, Spikes
from realsam.ir import (
    Host,
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    Reset,
    TokenClock,
    readout_layer,
    to_network,
)

DECAYS = (0, 1, 2048, 4094, 4095)
THRESHOLDS = (0, 1, 131071, 131072)
MANTISSAS = (0, 0, 1, -1, 4095, -4095)
DELAYS = (0, 1, 2, 61, 62)
WEIGHTS = (0, 2, -2, 254, -256)
MESSAGE_BITS = (0, 0, 0, 2, 8, 16)
INTERVALS = (1, 2, 3, 5, 1000)
_MAGNITUDES = (0, 1, 63, 64, 4095, 4096, 4097, 2**22, 2**23 - 2, 2**23 - 1)
STATE_EDGES = tuple(sorted({sign * x for x in _MAGNITUDES for sign in (1, -1)}))
DECAY_EDGES = (0, 1, 2, 2047, 2048, 4094, 4095, 4096)


def edged(rng: np.random.Generator, edges: Sequence[int], high: int, size: int) -> I64:
    """[size] values, half of them from edges, the others uniform in 0..high."""
    drawn = np.where(rng.random(size) < 0.5, rng.choice(edges, size), rng.integers(0, high, size))
    return drawn.astype(np.int64)


def weights(rng: np.random.Generator, rows: int, columns: int) -> I16:
    """[rows, columns] even weights, a quarter of them on an edge."""
    shape = (rows, columns)
    even = 2 * rng.integers(-128, 128, shape)
    return np.where(rng.random(shape) < 0.25, rng.choice(WEIGHTS, shape), even).astype(np.int16)


def lif(rng: np.random.Generator, name: str, size: int) -> Lif:
    """A population with every register on its own value."""
    bias = edged(rng, MANTISSAS, 200, size) << rng.choice([0, 0, 1, 7], size)
    return Lif(
        name,
        du=edged(rng, DECAYS, 4096, size),
        dv=edged(rng, (*DECAYS, 4096), 4097, size),
        bias=bias,
        vth=edged(rng, THRESHOLDS, 600, size),
    )


def network(rng: np.random.Generator, steps_per_token: int | None = None) -> Network:
    """Any Network: recurrence, several sources and projections, every register its own value.

    Few enough synapses that without payloads the current wraps once at most, as the chip's
    arithmetic assumes.
    """
    steps = steps_per_token or int(rng.integers(1, 13))
    source = Input("in", int(rng.integers(1, 6)))
    widths = rng.integers(1, 8, rng.integers(1, 5))
    populations = tuple(lif(rng, f"p{i}", int(width)) for i, width in enumerate(widths))
    sizes = {source.name: source.size} | {p.name: p.size for p in populations}
    projections = [_projection(rng, sizes, p.name, ("in", p.name)) for p in populations[:1]]
    for _ in range(rng.integers(1, 6)):
        target = str(rng.choice([p.name for p in populations]))
        sources = rng.choice(list(sizes), rng.integers(1, 4))
        projections.append(_projection(rng, sizes, target, tuple(map(str, sources))))
    readout = str(rng.choice([p.name for p in populations]))
    phase = int(rng.integers(0, steps))
    plain = Network(source, populations, tuple(projections), readout, steps, phase)
    return partly_listed(rng, extended(rng, plain))


def extended(rng: np.random.Generator, plain: Network) -> Network:
    """The network with a graded input, with resets, with both, or as it is."""
    lines = replace(plain.input, message_bits=int(rng.choice(MESSAGE_BITS)))
    resets = [reset(rng) if rng.random() < 0.3 else None for _ in plain.populations]
    forgetful = zip(plain.populations, resets, strict=True)
    return replace(plain, input=lines, populations=tuple(replace(p, reset=r) for p, r in forgetful))


def reset(rng: np.random.Generator) -> Reset:
    """Resets on either edge of their interval, which is short, or longer than any test."""
    interval = int(rng.choice(INTERVALS))
    return Reset(interval, int(rng.choice([0, interval - 1])))


def _projection(
    rng: np.random.Generator, sizes: dict[str, int], target: str, sources: tuple[str, ...]
) -> Projection:
    columns = sum(sizes[name] for name in sources)
    delay = edged(rng, DELAYS, 63, columns)
    exponent = int(rng.choice([0, 0, -2, -1, 1, 2, 3]))
    return Projection(target, sources, weights(rng, sizes[target], columns), delay, exponent)


def token_clock(
    rng: np.random.Generator, layers: int = 2, width: int = 6, lines: int = 5, readout: int = 4
) -> TokenClock:
    """A layered network with dense skips and recurrence, as the language model has them."""
    names, sizes, built = ["in"], [lines], []
    for name in (f"layer{i}" for i in range(1, layers + 1)):
        names, sizes = [*names, name], [*sizes, width]
        dv, vth = edged(rng, (0, 1, 4095, 4096), 1500, width), edged(rng, (0, 1), 600, width)
        built.append(Layer(name, dv, vth, tuple(names), weights(rng, width, sum(sizes))))
    built.append(readout_layer("readout", tuple(names), weights(rng, readout, sum(sizes))))
    steps = layers + 2 + int(rng.integers(0, 4))
    return TokenClock(Input("in", lines), tuple(built), steps)


def sparse_clock(rng: np.random.Generator, layers: int = 3) -> TokenClock:
    """A layered network in which each layer hears any earlier ones, in any order, some twice."""
    lines, names, sizes, built = int(rng.integers(1, 5)), ["in"], {}, []
    sizes["in"] = lines
    for name in (*(f"layer{i}" for i in range(1, layers + 1)), "readout"):
        width = int(rng.integers(1, 7))
        choices = names if name == "readout" else [*names, name]
        sources = tuple(map(str, rng.choice(choices, rng.integers(1, len(choices) + 2))))
        names, sizes = [*names, name], sizes | {name: width}
        weight = weights(rng, width, sum(sizes[s] for s in sources))
        dv, vth = edged(rng, (0, 1, 4095, 4096), 1500, width), edged(rng, THRESHOLDS, 600, width)
        built.append(
            readout_layer(name, sources, weight)
            if name == "readout"
            else Layer(name, dv, vth, sources, weight)
        )
    return TokenClock(Input("in", lines), tuple(built), layers + 2 + int(rng.integers(0, 4)))


def input_spikes(rng: np.random.Generator, network: Network, tokens: int) -> Spikes:
    """[tokens, M] input spikes or payloads, from silence to every line at once."""
    density = rng.choice([0.0, 0.1, 0.5, 1.0], (tokens, 1))
    return messages(rng, network.input, rng.random((tokens, network.input.size)) < density)


def host(rng: np.random.Generator, network: Network, vocab: int = 40, end_of_text: int = 0) -> Host:
    """A host with random codes and decoder for a network."""
    return Host(
        code=rng.integers(0, 2, (vocab, network.input.size), dtype=np.uint8),
        decode=rng.integers(-127, 128, (vocab, network.sizes[network.readout]), dtype=np.int8),
        bias=rng.integers(-1000, 1000, vocab),
        nats_per_logit=2.0**-18,
        end_of_text=end_of_text,
    )


def states() -> st.SearchStrategy[int]:
    """Registers u and v, edges first."""
    return st.sampled_from(STATE_EDGES) | st.integers(-(2**23) + 1, 2**23 - 1)


def decays() -> st.SearchStrategy[int]:
    """Effective decays 0..4096, edges first."""
    return st.sampled_from(DECAY_EDGES) | st.integers(0, 4096)


def networks() -> st.SearchStrategy[Network]:
    """Hypothesis strategy of `network`."""
    return st.integers(0, 2**32 - 1).map(lambda seed: network(np.random.default_rng(seed)))


def cases() -> st.SearchStrategy[Case]:
    """Hypothesis strategy of the campaign's cases: networks with their input, edges first."""
    return st.builds(draw, st.integers(0, 2**32 - 1), st.integers(0, 19))


def token_clocks() -> st.SearchStrategy[Network]:
    """Hypothesis strategy of `token_clock`, laid out in chip steps."""
    seeds = st.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: to_network(token_clock(np.random.default_rng(seed))))
