"""Networks of ours, and their input: what the libraries read."""

from dataclasses import dataclass

import numpy as np

from benchmarks.campaign.exact import PROMPTS, Document, write
from export.bundle import load_bundle
from export.nir.rules import delay, readout_phase
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

LINES, HIDDEN, READ = 12, 24, 8  # neurons of the small networks
TRUNCATED = "each decay of a chip step is cut to an integer"
# What each of three layers hears.
CHAIN = (("input",), ("a",), ("b",))
SKIP = (("input",), ("a",), ("a", "b"))
LOOP = (("input", "a"), ("a", "b"), ("b", "c"))
BOTH = (("input", "a"), ("input", "a", "b"), ("a", "b", "c"))
LEAKY = (np.full(HIDDEN, 205),) * 3
APART = (np.full(HIDDEN, 41), np.full(HIDDEN, 1024), np.full(HIDDEN, 2048))
EXTREME = (np.zeros(HIDDEN, np.int64), np.full(HIDDEN, 4096), np.zeros(HIDDEN, np.int64))
PER_NEURON, SHIPPED = "recurrent, a decay per neuron", "shipped model, a story"
EXACT = "recurrent and skips, dv = 0 or 4096"
SKIPS = ("chain and skip", "recurrent and skips", "recurrent and skips, a decay per layer")


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
    each = tuple(rng.integers(0, 4097, HIDDEN) for _ in range(3))
    drawn = {
        "chain": clock(rng, CHAIN, LEAKY),
        SKIPS[0]: clock(rng, SKIP, LEAKY),
        "recurrent": clock(rng, LOOP, LEAKY),
        SKIPS[1]: clock(rng, BOTH, LEAKY),
        EXACT: clock(rng, BOTH, EXTREME),
        "recurrent, a decay per layer": clock(rng, LOOP, APART),
        SKIPS[2]: clock(rng, BOTH, APART),
        PER_NEURON: clock(rng, LOOP, each),
    }
    cases = [
        Ours(case, to_network(found), rows, "" if case == EXACT else TRUNCATED)
        for case, found in drawn.items()
    ]
    single = clock(rng, LOOP, APART, steps_per_token=1)
    early = "biases act on the chip before the first input has come"
    cases.append(Ours("recurrent, one step per token", at_once(single, 0), rows))
    cases.append(Ours("recurrent, one step per token, biases", at_once(single, 64), rows, early))
    return cases


def shipped(tokens: int, seed: int) -> Ours:
    """The shipped model writes; what it read is the input."""
    written = write(Document(PROMPTS[0], Sampler(0.8, 40, seed), tokens), "sim", None)
    network = load_bundle().network
    return Ours(SHIPPED, network, written.run.spikes[network.input.name])


def clock(
    rng: np.random.Generator,
    hears: tuple[tuple[str, ...], ...],
    dv: tuple[I64, ...],
    steps_per_token: int = 5,
) -> TokenClock:
    """Three layers with random weights, one threshold each, and a readout of the last."""
    layers = []
    for name, sources, decay in zip("abc", hears, dv, strict=True):
        columns = sum(LINES if source == "input" else HIDDEN for source in sources)
        weight: I16 = (2 * rng.integers(-15, 19, (HIDDEN, columns))).astype(np.int16)
        layers.append(Layer(name, decay, np.full(HIDDEN, 70), sources, weight))
    weight = (2 * rng.integers(-9, 9, (READ, HIDDEN))).astype(np.int16)
    layers.append(readout_layer("readout", ("c",), weight))
    return TokenClock(Input("input", LINES), tuple(layers), steps_per_token)


def at_once(clock: TokenClock, bias: int) -> Network:
    """A clock of one step per token, which may have biases."""
    populations, projections = [], []
    for layer in clock.layers:
        ones = np.ones_like(layer.dv)
        mine = bias * ones if layer.sources != ("c",) else 0 * ones
        populations.append(Lif(layer.name, DU_MAX * ones, layer.dv, mine, layer.vth))
        projections.append(Projection(layer.name, layer.sources, layer.weight, delay(clock, layer)))
    return Network(
        clock.input,
        tuple(populations),
        tuple(projections),
        clock.layers[-1].name,
        1,
        readout_phase(clock),
    )
