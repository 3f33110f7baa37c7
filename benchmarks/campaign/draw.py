"""Networks and inputs drawn at random, edges first: half token clocks, half any network.

Plain functions of a numpy Generator, so that two numbers name a case. Plain random numbers hardly
ever meet an edge, and edges are where implementations differ. So registers, delays, sizes and
token lengths sit on the ends of their ranges as often as not, some weights are chosen to add up
to exactly the 2**17 at which a current leaves 24 bits, some thresholds to be met exactly, and some
networks miss the token clock by one register. Of any networks some have a graded input, some
populations with resets, some weights as lists.
"""

from dataclasses import replace

import numpy as np

from benchmarks.campaign.case import Case
from benchmarks.campaign.document import STEPS, document
from realsam.arrays import I16, I64
from realsam.ir import (
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    Reset,
    TokenClock,
    as_list,
    readout_layer,
    to_network,
)
from realsam.limits import DELAY_MAX, STEPS_PER_TOKEN_MAX, VTH_MAX, WEIGHT_MAX, WEIGHT_MIN

CURRENT_DECAYS = (0, 1, 2048, 4094, 4095)
VOLTAGE_DECAYS = (0, 1, 2048, 4095, 4096)
THRESHOLDS = (0, 1, 131071, 131072)
MANTISSAS = (0, 1, -1, 4095, -4095)
DELAYS = (0, 1, 2, 30, 61, 62)
WEIGHTS = (0, 2, -2, 254, -256)
MESSAGE_BITS = (2, 3, 8, 9, 16, 24)
INTERVALS = (1, 2, 3, 7, 62, 63, 64, 1000)
EXPONENTS = (-8, -7, -2, -1, 0, 0, 0, 1, 2, 6, 7)
_LIMIT = 1 << 17  # the smallest weighted input whose current leaves 24 bits
SUMS = tuple(s * x for s in (1, -1) for x in (_LIMIT - 2, _LIMIT, _LIMIT + 2, 2 * _LIMIT - 512))
# Widths around the strides of vector instructions and of packed spikes.
WIDTHS = (15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 257)
WIDE_INPUTS = (513, 516, 517, 600, 1040, 1600)  # from 512 on, inputs alone can overflow a current
NEEDLES = 8  # neurons of a needle


def draw(seed: int, index: int) -> Case:
    """The case of that name; even ones are token clocks, odd ones any network."""
    rng, name = np.random.default_rng([seed, index]), f"{seed}/{index}"
    match index % 20:
        case 1:
            network = needle(rng)
            return Case(name, network, np.eye(20, 1, dtype=np.uint8) * np.ones(19, np.uint8))
        case 3 | 9 | 15:
            network = off_clock(rng)
        case even if even % 2 == 0:
            network = to_network(token_clock(rng))
        case _:
            network = free(rng)
    spikes = document(rng, network)
    return Case(name, partly_listed(rng, network) if index % 2 else network, spikes)


def partly_listed(rng: np.random.Generator, network: Network) -> Network:
    """The network with some of its matrices as lists: no spike of it changes."""
    chosen = [rng.random() < 0.3 for _ in network.projections]
    return replace(
        network,
        projections=tuple(
            replace(q, weight=as_list(q.matrix)) if is_list else q
            for q, is_list in zip(network.projections, chosen, strict=True)
        ),
    )


def edged(rng: np.random.Generator, edges: tuple[int, ...], high: int, size: int) -> I64:
    """[size] values, half of them from edges, the others uniform below high."""
    drawn = np.where(rng.random(size) < 0.5, rng.choice(edges, size), rng.integers(0, high, size))
    return drawn.astype(np.int64)


def width(rng: np.random.Generator) -> int:
    """Neurons of a population: one, a few, or a number around a power of two."""
    few = (1, int(rng.integers(2, 10)), int(rng.choice(WIDTHS)))
    return few[rng.choice(3, p=[0.25, 0.55, 0.2])]


def input_width(rng: np.random.Generator) -> int:
    """Input lines: often enough of them to overflow a current."""
    return width(rng) if rng.random() < 0.6 else int(rng.choice(WIDE_INPUTS))


def summing(rng: np.random.Generator, total: int, size: int) -> I64:
    """[size] weights that add up to the even total, as few as possible; all extreme if too few."""
    extreme = WEIGHT_MAX if total > 0 else WEIGHT_MIN
    full, rest = divmod(abs(total), abs(extreme))
    values = np.zeros(size, np.int64)
    values[:full] = extreme
    if full < size:
        values[full] = rest if total > 0 else -rest
    return rng.permutation(values)


def row(rng: np.random.Generator, columns: int, lines: slice, exponent: int) -> I64:
    """[columns] weights into one neuron; `lines` are the columns of the input."""
    values: I64 = 2 * rng.integers(-128, 128, columns)
    match rng.choice(7, p=[0.35, 0.1, 0.06, 0.06, 0.23, 0.1, 0.1]):
        case 0:
            values = np.where(rng.random(columns) < 0.25, rng.choice(WEIGHTS, columns), values)
        case 1:
            values[:] = 0
        case 2:
            values[:] = WEIGHT_MAX
        case 3:
            values[:] = WEIGHT_MIN
        case 4:
            total = int(rng.choice(SUMS))
            unshifted = total >> exponent if exponent > 0 else total << -exponent
            values[:] = 0
            values[lines] = summing(rng, unshifted & ~1, values[lines].size)
        case 5:
            values[rng.random(columns) < 0.9] = 0
        case _:
            values = rng.choice([-2, 0, 2], columns)
    return values


def weights(
    rng: np.random.Generator, rows: int, columns: int, lines: slice, exponent: int = 0
) -> I16:
    """[rows, columns] weights, each row of its own kind."""
    drawn = [row(rng, columns, lines, exponent) for _ in range(rows)]
    return np.array(drawn).astype(np.int16)


def thresholds(rng: np.random.Generator, weight: I16, exponent: int = 0) -> I64:
    """[N] thresholds: on an edge, low, anywhere, or what some input of the neuron adds up to."""
    rows, columns = weight.shape
    some = rng.random((rows, columns)) < rng.choice([0.1, 1.0], (rows, 1))
    total = np.abs((weight.astype(np.int64) * some).sum(axis=1))
    met = np.minimum(total << exponent if exponent > 0 else total >> -exponent, VTH_MAX)
    low, anywhere = rng.integers(0, 600, rows), rng.integers(0, VTH_MAX, rows)
    kinds = np.stack([rng.choice(THRESHOLDS, rows), low, anywhere, met])
    chosen: I64 = kinds[rng.choice(4, rows, p=[0.3, 0.3, 0.1, 0.3]), np.arange(rows)]
    return chosen


def token_clock(rng: np.random.Generator) -> TokenClock:
    """A layered network with dense skips as the language model's, or with any sources twice."""
    depth, dense = int(rng.integers(1, 6)), rng.random() < 0.4
    names = ["in", *(f"layer{i}" for i in range(1, depth + 1))]
    sizes = {"in": input_width(rng)} | {name: width(rng) for name in names[1:]}
    layers = []
    for i, name in enumerate(names[1:], 1):
        sources = tuple(names[: i + 1]) if dense else _sources(rng, names)
        layers.append(_layer(rng, name, sizes, sources))
    if rng.random() < 0.5:
        layers[-1] = readout_layer(names[-1], layers[-1].sources, layers[-1].weight)
    lengths = (depth + 1, depth + 2, depth + 5, STEPS_PER_TOKEN_MAX, int(rng.integers(7, 62)))
    return TokenClock(Input("in", sizes["in"]), tuple(layers), int(rng.choice(lengths)))


def _sources(rng: np.random.Generator, names: list[str]) -> tuple[str, ...]:
    """Any populations in any order, the input mostly first: earlier ones, itself, later ones."""
    drawn = tuple(map(str, rng.choice(names, rng.integers(1, len(names) + 2))))
    return ("in", *drawn) if rng.random() < 0.7 else drawn


def _layer(
    rng: np.random.Generator, name: str, sizes: dict[str, int], sources: tuple[str, ...]
) -> Layer:
    lines = slice(0, sizes["in"] if sources[0] == "in" else 0)
    weight = weights(rng, sizes[name], sum(sizes[s] for s in sources), lines)
    dv = edged(rng, VOLTAGE_DECAYS, 4097, sizes[name])
    return Layer(name, dv, thresholds(rng, weight), sources, weight)


def free(rng: np.random.Generator) -> Network:
    """Recurrence, feedback, several projections into one population, every register on its own."""
    steps = int(rng.choice([1, 1, 2, 3, 61, STEPS_PER_TOKEN_MAX, int(rng.integers(4, 61))]))
    names = ["in", *(f"p{i}" for i in range(rng.integers(1, 5)))]
    sizes = {"in": input_width(rng)} | {name: width(rng) for name in names[1:]}
    projections = [_projection(rng, sizes, names[1], ("in", names[1]))]
    for _ in range(rng.integers(0, 7)):
        projections.append(
            _projection(rng, sizes, str(rng.choice(names[1:])), _sources(rng, names))
        )
    populations = tuple(_lif(rng, name, sizes[name], projections) for name in names[1:])
    readout, phase = str(rng.choice(names[1:])), int(rng.choice([0, steps - 1, steps // 2]))
    lines = Input("in", sizes["in"], message_bits(rng) if rng.random() < 0.4 else 0)
    return Network(lines, populations, tuple(projections), readout, steps, phase)


def message_bits(rng: np.random.Generator) -> int:
    """Message bits of a graded input."""
    return int(rng.choice([*MESSAGE_BITS, rng.integers(2, 25)]))


def reset(rng: np.random.Generator) -> Reset:
    """Resets at either end of their interval, or anywhere in it."""
    interval = int(rng.choice([*INTERVALS, rng.integers(1, STEPS)]))
    return Reset(interval, int(rng.choice([0, interval - 1, rng.integers(0, interval)])))


def _projection(
    rng: np.random.Generator, sizes: dict[str, int], target: str, sources: tuple[str, ...]
) -> Projection:
    columns = sum(sizes[name] for name in sources)
    exponent = int(rng.choice(EXPONENTS))
    lines = slice(0, sizes["in"] if sources[0] == "in" else 0)
    weight = weights(rng, sizes[target], columns, lines, exponent)
    # A few values at most: what arrives together is summed together, and the reference is slow.
    values = edged(rng, DELAYS, DELAY_MAX + 1, int(rng.choice([1, 1, 2, 4])))
    return Projection(target, sources, weight, rng.choice(values, columns), exponent)


def _lif(rng: np.random.Generator, name: str, size: int, projections: list[Projection]) -> Lif:
    memory, biased = rng.random(2) < 0.5
    du = edged(rng, CURRENT_DECAYS, 4096, size) if memory else np.full(size, 4095)
    bias = edged(rng, MANTISSAS, 200, size) << rng.choice([0, 0, 1, 7], size)
    into = [q for q in projections if q.target == name]
    known = thresholds(rng, into[0].weight, into[0].weight_exp) if into else None
    vth = edged(rng, THRESHOLDS, 600, size) if known is None else known
    dv = edged(rng, VOLTAGE_DECAYS, 4097, size)
    forgets = reset(rng) if rng.random() < 0.3 else None
    return Lif(name, du, dv, bias * bool(biased), vth, forgets)


def off_clock(rng: np.random.Generator) -> Network:
    """A token clock with one thing changed, so that it is none."""
    network = to_network(token_clock(rng))
    first, *others = network.populations
    into, *rest = network.projections
    one = (np.arange(first.size) == rng.integers(0, first.size)).astype(np.int64)
    column = (np.arange(into.delay.size) == rng.integers(0, into.delay.size)).astype(np.int64)
    match rng.integers(0, 8):
        case 0:
            first = replace(first, du=first.du - one)
        case 1:
            first = replace(first, bias=one * int(rng.choice([1, -1, 4095 << 7])))
        case 2:
            into = replace(into, delay=np.minimum(into.delay + column, DELAY_MAX))
        case 3:
            into = replace(into, weight_exp=int(rng.choice([-1, 1])))
        case 4:
            phase = int(rng.integers(0, network.steps_per_token))
            network = replace(network, readout_phase=phase, readout=first.name)
        case 5:
            rest = [*rest, into]  # the same synapses once more
        case 6:
            first = replace(first, reset=reset(rng))
        case _:
            network = replace(network, input=replace(network.input, message_bits=message_bits(rng)))
    return replace(network, populations=(first, *others), projections=(into, *rest))


def needle(rng: np.random.Generator) -> Network:
    """Lines that, when all fire at once, give currents of exactly +-(2**23 + k), k in -2..2.

    Such a current is no multiple of 64, so a part of it must have decayed: with du = 0 a current
    of 4096 m loses m in the step after its arrival, for m below 64.
    """
    k, sign = rng.integers(-2, 3, NEEDLES), rng.choice([1, -1], NEEDLES)
    lost = -k % 64
    rest = (1 << 23) + k - (4096 * lost - lost) >> 6  # input that arrives when it has decayed
    coarse = np.array([summing(rng, int(total), 17) for total in sign * 2 * (rest // 64)])
    zeros, dv = np.zeros(NEEDLES, np.int64), edged(rng, VOLTAGE_DECAYS, 4097, NEEDLES)
    lif = Lif("p0", zeros, dv, zeros, rng.choice(THRESHOLDS, NEEDLES))
    weight = np.column_stack([sign * 2 * lost, coarse, sign * 2 * (rest % 64)]).astype(np.int16)
    parts = ((slice(0, 1), 0, 5), (slice(1, 18), 1, 5), (slice(18, 19), 1, -1))
    into = []
    for lines, delay, exponent in parts:
        part = np.zeros_like(weight)
        part[:, lines] = weight[:, lines]
        into.append(Projection("p0", ("in",), part, np.full(19, delay), exponent))
    return Network(Input("in", 19), (lif,), tuple(into), "p0", 3, 2)
