"""Small networks for the export tests: edges first, then anything that a Network can be.

Unlike those of `tests.strategies` they may make no sense to run: names of any letters, populations
that hear nothing, projections in any order. hypothesis draws every number, so failures shrink.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from realsam.arrays import I16, I64
from realsam.ir import (
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    Reset,
    TokenClock,
    readout,
    readout_layer,
)
from realsam.limits import (
    BIAS_MANTISSA_MAX,
    DELAY_MAX,
    DU_MAX,
    DV_MAX,
    MESSAGE_BITS_MAX,
    NEVER_SPIKES,
    RESET_INTERVAL_MAX,
    STEPS_PER_TOKEN_MAX,
    WEIGHT_EXPONENT_MAX,
    WEIGHT_EXPONENT_MIN,
)

WEIGHTS = (0, 2, -2, 254, -256, -254, 128, -128)
BIASES = (0, 1, -1, 64, -64, 63, 65, BIAS_MANTISSA_MAX << 6, -BIAS_MANTISSA_MAX << 7)
NAMES = ("input", "layer1", "a", "b c", "Ω.λ", ".", "realsam", "0", "->", "\n")
NODE_NAMES = ("input", "a", "b", "a_to_b", "a_loop", "output", "output_", "_")


def edges(low: int, high: int, *others: int) -> st.SearchStrategy[int]:
    """Integers of low..high, the ends and their neighbours first."""
    first = [x for x in (low, high, *others, low + 1, high - 1) if low <= x <= high]
    return st.sampled_from(first) | st.integers(low, high)


def vectors(size: int, values: st.SearchStrategy[int]) -> st.SearchStrategy[I64]:
    """Arrays of that size: often one value everywhere, else one value each."""
    uniform = values.map(lambda x: [x] * size)
    each = st.lists(values, min_size=size, max_size=size)
    return (uniform | each).map(lambda x: np.array(x, np.int64))


def matrices(rows: int, columns: int, step: int = 2) -> st.SearchStrategy[I16]:
    """Weights of 8 bits that are multiples of step."""
    fitting = [w for w in WEIGHTS if w % step == 0]
    multiples = st.integers(-256 // step, 254 // step).map(lambda x: x * step)
    flat = vectors(rows * columns, st.sampled_from(fitting) | multiples)
    return flat.map(lambda w: w.reshape(rows, columns).astype(np.int16))


def biases() -> st.SearchStrategy[int]:
    """Biases that a mantissa of 13 bits and an exponent of 3 can hold."""
    mantissa = st.integers(-BIAS_MANTISSA_MAX, BIAS_MANTISSA_MAX)
    return st.sampled_from(BIASES) | st.builds(lambda m, e: m << e, mantissa, st.integers(0, 7))


@st.composite
def lifs(draw: st.DrawFn, name: str, size: int) -> Lif:
    """A population with any registers."""
    return Lif(
        name,
        draw(vectors(size, edges(0, DU_MAX))),
        draw(vectors(size, edges(0, DV_MAX))),
        draw(vectors(size, biases())),
        draw(vectors(size, edges(0, NEVER_SPIKES))),
    )


@st.composite
def resets(draw: st.DrawFn) -> Reset:
    """Any interval and any offset in it."""
    interval = draw(edges(1, RESET_INTERVAL_MAX))
    return Reset(interval, draw(edges(0, interval - 1)))


@st.composite
def projections(draw: st.DrawFn, sizes: dict[str, int], target: str) -> Projection:
    """A projection from any populations, repeated ones and the target itself included."""
    sources = tuple(draw(st.lists(st.sampled_from(list(sizes)), min_size=1, max_size=4)))
    columns = sum(sizes[s] for s in sources)
    return Projection(
        target,
        sources,
        draw(matrices(sizes[target], columns)),
        draw(vectors(columns, edges(0, DELAY_MAX))),
        draw(edges(WEIGHT_EXPONENT_MIN, WEIGHT_EXPONENT_MAX, 0)),
    )


FORGETS = st.none() | resets()
BITS = st.just(0) | edges(2, MESSAGE_BITS_MAX)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any network: populations without input or with several projections, in any order.

    Some have a graded input, some populations with resets.
    """
    text = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
    names = draw(st.lists(st.sampled_from(NAMES) | text, min_size=2, max_size=5, unique=True))
    sizes = {name: draw(st.integers(1, 4)) for name in names}
    targets = draw(st.lists(st.sampled_from(names[1:]), max_size=5))
    steps = draw(edges(1, STEPS_PER_TOKEN_MAX))
    forgetful = [replace(draw(lifs(n, sizes[n])), reset=draw(FORGETS)) for n in names[1:]]
    return Network(
        Input(names[0], sizes[names[0]], draw(BITS)),
        tuple(forgetful),
        tuple(draw(projections(sizes, target)) for target in targets),
        draw(st.sampled_from(names[1:])),
        steps,
        draw(edges(0, steps - 1)),
    )


@st.composite
def chains(draw: st.DrawFn) -> Network:
    """A chain at one step per token, most of it plain netx, now and then recurrent or extended."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    size = {("layer" + str(k) if k else "input"): n for k, n in enumerate(sizes)}
    into = []
    for previous, name in pairwise(size):
        sources = (previous, name) if draw(st.booleans()) else (previous,)
        columns = sum(size[s] for s in sources)
        weight = draw(matrices(size[name], columns))
        into.append(Projection(name, sources, weight, np.zeros(columns, np.int64)))
    drawn = [draw(lifs(name, size[name])) for name in list(size)[1:]]
    populations = tuple(replace(p, reset=draw(FORGETS)) for p in drawn)
    lines = Input("input", sizes[0], draw(BITS))
    return Network(lines, populations, tuple(into), populations[-1].name)


@st.composite
def nir_networks(draw: st.DrawFn) -> Network:
    """A network that NIR can hold: a token clock, or one step per token and biases."""
    names = draw(st.lists(st.sampled_from(NODE_NAMES), min_size=2, max_size=5, unique=True))
    size = {name: draw(st.integers(1, 4)) for name in names}
    hears = {
        name: draw(st.lists(st.sampled_from(names[: k + 1]), min_size=1, unique=True))
        for k, name in enumerate(names[1:-1], 1)
    }
    unheard = [name for name in names[:-1] if not any(name in h for h in hears.values())]
    hears[names[-1]] = unheard or [names[0]]
    steps = draw(st.just(1) | st.integers(len(names), STEPS_PER_TOKEN_MAX))
    exponent = draw(edges(WEIGHT_EXPONENT_MIN, WEIGHT_EXPONENT_MAX, 0))
    layers = []
    for name, sources in hears.items():
        columns = sum(size[s] for s in sources)
        weight = draw(matrices(size[name], columns, max(2, 1 << -min(exponent, 0))))
        lif = readout(name, size[name]) if name == names[-1] else draw(lifs(name, size[name]))
        layers.append(Layer(name, lif.dv, lif.vth, tuple(sources), weight))
    clock = TokenClock(Input(names[0], size[names[0]]), tuple(layers), steps)
    return laid_out(clock, {p.name: draw(vectors(p.dv.size, biases())) for p in layers}, exponent)


def delay(clock: TokenClock, layer: Layer) -> I64:
    """[M] delays of the projection into a layer."""
    size = {clock.input.name: clock.input.size} | {p.name: p.dv.size for p in clock.layers}
    each = [np.full(size[s], clock.latency(s, layer.name) - 1) for s in layer.sources]
    return np.concatenate(each)


def laid_out(clock: TokenClock, bias: dict[str, I64], exponent: int = 0) -> Network:
    """A clock as a network; with one step per token too, and then with biases."""
    biased = clock.steps_per_token == 1
    return Network(
        clock.input,
        tuple(
            Lif(p.name, np.full_like(p.dv, DU_MAX), p.dv, bias[p.name] * biased, p.vth)
            for p in clock.layers
        ),
        tuple(
            Projection(p.name, p.sources, p.weight, delay(clock, p), exponent) for p in clock.layers
        ),
        clock.layers[-1].name,
        clock.steps_per_token,
        len(clock.layers) if clock.steps_per_token > 1 else 0,
    )


def chain(*weights: I16, vth: int = 1) -> Network:
    """A plain chain at one step per token: memoryless currents, dv 1024, no biases.

    Args:
        weights: of each layer, [N, M] from the layer before; [N, M + N] if it also hears itself.
        vth: threshold of every neuron.
    """
    size, populations, into = {"input": weights[0].shape[1]}, [], []
    for k, weight in enumerate(weights, 1):
        previous, name = list(size)[-1], f"layer{k}"
        recurrent = k > 1 and weight.shape[1] > size[previous]
        n, m = weight.shape
        ones, sources = np.ones(n, np.int64), (previous, name) if recurrent else (previous,)
        populations.append(Lif(name, ones * DU_MAX, ones * 1024, ones * 0, ones * vth))
        into.append(Projection(name, sources, weight, np.zeros(m, np.int64)))
        size[name] = n
    lines = Input("input", size["input"])
    return Network(lines, tuple(populations), tuple(into), populations[-1].name)


def clock(hidden: tuple[Layer, ...], lines: int = 2, steps: int = 5) -> TokenClock:
    """A token clock whose readout hears the last hidden layer."""
    last = hidden[-1]
    weight = np.full((2, last.dv.size), 2, np.int16)
    return TokenClock(
        Input("input", lines), (*hidden, readout_layer("readout", (last.name,), weight)), steps
    )
