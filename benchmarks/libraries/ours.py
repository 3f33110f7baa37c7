"""Networks of ours, and their input: what the libraries read."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.campaign.exact import PROMPTS, Document, write
from export.bundle import load_bundle
from realsam.arrays import I16, I64, Spikes
from realsam.ir import (
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    Sampler,
    TokenClock,
    readout_layer,
    to_network,
)
from realsam.limits import DU_MAX

Hears = tuple[tuple[str, ...], ...]  # per layer, its sources
Decays = tuple[I64, ...]  # per layer, dv
LINES, HIDDEN, READ = 12, 24, 8  # neurons of the small networks
THRESHOLD = 70
TRUNCATED = "each decay of a chip step is cut to an integer"
# What each of three layers hears.
CHAIN = (("input",), ("a",), ("b",))
SKIP = (("input",), ("a",), ("a", "b"))
LOOP = (("input", "a"), ("a", "b"), ("b", "c"))
BOTH = (("input", "a"), ("input", "a", "b"), ("a", "b", "c"))
LEAKY = (np.full(HIDDEN, 205),) * 3
APART = (np.full(HIDDEN, 41), np.full(HIDDEN, 1000), np.full(HIDDEN, 2100))
EXTREME = (np.zeros(HIDDEN, np.int64), np.full(HIDDEN, 4096), np.zeros(HIDDEN, np.int64))
HALVING = (np.full(HIDDEN, 2048),) * 3
BURST, PAUSE = 7, 24  # steps: 64 times an even weight is halved 7 times without a rest
PER_NEURON, SHIPPED = "recurrent, a decay per neuron", "shipped model, a story"
EXTREME_SKIPS = "recurrent and skips, dv = 0 or 4096"
TIE = "chain, dv = 2048, a voltage at the threshold of the file"
BURST_SKIPS = "chain and skip, dv = 2048, input in bursts"
SKIPS = (
    "chain and skip",
    "recurrent and skips",
    "recurrent and skips, a decay per layer",
    EXTREME_SKIPS,
    BURST_SKIPS,
    SHIPPED,
)


@dataclass(frozen=True)
class Ours:
    """A network and what it hears."""

    case: str
    network: Network
    rows: Spikes  # [T, M]
    cut: str = TRUNCATED  # what its integers do that no file can say; "": nothing


def small(steps: int, seed: int) -> list[Ours]:
    """Networks of three layers on random input."""
    rng, heard = np.random.default_rng(seed).spawn(2)  # the same networks for any steps
    rows = (heard.random((steps, LINES)) < 0.3).astype(np.uint8)
    bursts = rows * (np.arange(steps) % (BURST + PAUSE) < BURST)[:, None].astype(np.uint8)
    each = tuple(rng.integers(0, 4097, HIDDEN) for _ in range(3))
    early = "biases act on the chip before the first input has come"

    def token(hears: Hears, dv: Decays) -> Network:
        return to_network(clock(rng, hears, dv, 5))

    def step(hears: Hears, dv: Decays, bias: int = 0) -> Network:
        return at_once(clock(rng, hears, dv, 1), bias)

    return [
        Ours("recurrent, dv = 0 or 4096", token(LOOP, EXTREME), rows, cut=""),
        Ours(EXTREME_SKIPS, token(BOTH, EXTREME), rows, cut=""),
        Ours("chain, dv = 2048, input in bursts", step(CHAIN, HALVING), bursts, cut=""),
        Ours(BURST_SKIPS, step(SKIP, HALVING), bursts, cut=""),
        at_threshold(step(CHAIN, HALVING), steps),
        Ours("chain", token(CHAIN, LEAKY), rows),
        Ours("chain and skip", token(SKIP, LEAKY), rows),
        Ours("recurrent", token(LOOP, LEAKY), rows),
        Ours("recurrent and skips", token(BOTH, LEAKY), rows),
        Ours("recurrent, a decay per layer", token(LOOP, APART), rows),
        Ours("recurrent and skips, a decay per layer", token(BOTH, APART), rows),
        Ours(PER_NEURON, token(LOOP, each), rows),
        Ours("recurrent, one step per token", step(LOOP, LEAKY), rows),
        Ours("recurrent, one step per token, biases", step(LOOP, LEAKY, 64), rows, early),
    ]


def shipped(tokens: int, seed: int) -> Ours:
    """The shipped model writes; what it read is the input."""
    written = write(Document(PROMPTS[0], Sampler(0.8, 40, seed), tokens), "sim", None)
    network = load_bundle().network
    return Ours(SHIPPED, network, written.run.spikes[network.input.name])


def at_threshold(network: Network, steps: int) -> Ours:
    """Input that is equal to what the portable profile writes for a threshold of THRESHOLD.

    A weight of 2 is 1/128 after eight halvings, the profile's margin; registers have cut it to 0.
    """
    weight = np.zeros((HIDDEN, LINES), np.int16)
    weight[:, 0], weight[:, 1] = 2, THRESHOLD
    first, *others = network.projections
    rows = np.zeros((steps, LINES), np.uint8)
    rows[0::64, 0] = rows[8::64, 1] = 1
    given = replace(network, projections=(replace(first, weight=weight), *others))
    return Ours(TIE, given, rows, cut="")


def clock(rng: np.random.Generator, hears: Hears, dv: Decays, steps_per_token: int) -> TokenClock:
    """Three layers with random weights, one threshold each, and a readout of the last."""
    layers = []
    for name, sources, decay in zip("abc", hears, dv, strict=True):
        columns = sum(LINES if source == "input" else HIDDEN for source in sources)
        weight: I16 = (2 * rng.integers(-15, 19, (HIDDEN, columns))).astype(np.int16)
        layers.append(Layer(name, decay, np.full(HIDDEN, THRESHOLD), sources, weight))
    weight = (2 * rng.integers(-9, 9, (READ, HIDDEN))).astype(np.int16)
    layers.append(readout_layer("readout", ("c",), weight))
    return TokenClock(Input("input", LINES), tuple(layers), steps_per_token)


def at_once(clock: TokenClock, bias: int) -> Network:
    """A clock of one step per token, which may have biases."""
    sizes = {clock.input.name: clock.input.size} | {p.name: p.dv.size for p in clock.layers}
    populations, projections = [], []
    for layer in clock.layers:
        delays = [np.full(sizes[s], clock.latency(s, layer.name) - 1) for s in layer.sources]
        ones = np.ones_like(layer.dv)
        mine = bias * ones if layer.sources != ("c",) else 0 * ones
        populations.append(Lif(layer.name, DU_MAX * ones, layer.dv, mine, layer.vth))
        delay = np.concatenate(delays)
        projections.append(Projection(layer.name, layer.sources, layer.weight, delay))
    return Network(
        clock.input,
        tuple(populations),
        tuple(projections),
        clock.layers[-1].name,
    )
