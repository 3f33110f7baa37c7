"""The host's kernels on one case: decoder, choice of a token, scoring.

Around the network of a case a host is drawn, edges first too, and everything that the kernels do
of it is done once more without them: products by numpy, choices by the plain sampler, spikes and
nats of scored documents by the engine token by token, which the rest of the campaign compares
with the reference. Nats are floats: equal up to the order of a sum.
"""

import math
from collections.abc import Iterator
from zlib import crc32

import numpy as np

from benchmarks.campaign.case import Case
from realsam.arrays import I8, I64
from realsam.ir import Host, Network, Replay, Sampler
from realsam.ir.host import MAX_READOUT, exact_product
from sim.decoding import int8_product
from sim.scoring import score
from sim.simulator import engine, fast_sampler, run
from sim.token_engine import TokenEngine

VOCABULARIES = (1, 2, 3, 40, 65, 300)
READOUTS = (1, 2, 15, 16, 17, 127, 128, 129, 255, 256)
READINGS = (0, 1, -1, 2**15 - 1, -(2**15), 2**15, 2**17 - 1, -(2**17))  # voltages >> 6
TEMPERATURES = (0.0, 1e-300, 0.01, 0.5, 1.0, 100.0)
TOP_P = (1.0, 1.0, 1e-12, 0.5, 0.999)
PENALTIES = (1.0, 1.3, 100.0)
SEEDS = (0, 1, 2**63, 2**64 - 1)
LENGTHS = (0, 1, 5, 30)  # of documents
LONG = 1010  # the kernel plays 1000 tokens at a time
_CHOICES = 12  # per case
_RARELY = 0.1
_CLOSE = 1e-9


def host_differs(case: Case) -> str | None:
    """The first difference of the host's kernels, in words."""
    rng = np.random.default_rng(crc32(case.name.encode()))
    return next((text for text in _differences(rng, case.network) if text), None)


def _differences(rng: np.random.Generator, network: Network) -> Iterator[str | None]:
    yield _product_differs(rng)
    for _ in range(_CHOICES):
        yield _choice_differs(rng)
    if network.sizes[network.readout] <= MAX_READOUT:
        yield _scores_differ(rng, network)


def _product_differs(rng: np.random.Generator) -> str | None:
    columns = int(rng.choice(READOUTS))
    matrix = _decoder(rng, int(rng.choice(VOCABULARIES)), columns)
    y = rng.choice(rng.choice(READINGS, rng.integers(1, 3)), columns)
    y = np.where(rng.random(columns) < rng.choice([0.0, 0.5]), rng.integers(-9, 9, columns), y)
    expected, found = exact_product(matrix, y), int8_product(matrix, y)
    for i in np.flatnonzero(expected != found)[:1]:
        return f"product[{i}]: {expected[i]} (numpy) and {found[i]} (sim)"
    return None


def _decoder(rng: np.random.Generator, rows: int, columns: int) -> I8:
    """[rows, columns] weights, each row extreme or anywhere."""
    drawn = np.where(
        rng.random((rows, 1)) < 0.5,
        rng.choice([-128, 127], (rows, 1)),
        rng.integers(-128, 128, (rows, columns)),
    )
    return drawn.astype(np.int8)


def _choice_differs(rng: np.random.Generator) -> str | None:
    size = int(rng.choice(VOCABULARIES))
    # Few values make ties; with a far range most weights are out of sight.
    logits = rng.choice(rng.integers(-(2 ** rng.integers(1, 33)), 2**20, 9), size)
    logits += rng.integers(0, 3, size) * int(rng.integers(0, 2))
    top_k = int(rng.choice([0, 1, 2, 5, size // 4, size // 4 + 1]))
    edge, seed = SEEDS[rng.integers(len(SEEDS))], int(rng.integers(0, 2**63))
    seed = edge if rng.random() < 0.3 else seed
    top_p, penalty = float(rng.choice(TOP_P)), float(rng.choice(PENALTIES))
    plain = Sampler(float(rng.choice(TEMPERATURES)), top_k, seed, top_p, penalty)
    unit, position = 2.0 ** -int(rng.integers(0, 20)), int(rng.integers(0, 10**6))
    past = rng.integers(0, size, 3).tolist()
    expected = plain.pick(logits, unit, position, past)
    found = fast_sampler(plain).pick(logits, unit, position, past)
    if expected == found:
        return None
    return f"{plain}, position {position}: token {expected} (plain) and {found} (sim)"


def _scores_differ(rng: np.random.Generator, network: Network) -> str | None:
    host = _host(rng, network)
    lengths = list(rng.choice(LENGTHS, 3))
    if not isinstance(engine(network), TokenEngine):  # played token by token, all steps
        lengths = [n // network.steps_per_token for n in lengths]
    elif rng.random() < _RARELY:
        lengths.append(LONG)
    documents = [rng.integers(0, host.vocab_size, n).tolist() for n in lengths]
    table = int(rng.choice([0, 1 << 12, 1 << 26]))
    found = score(network, host, documents, table_bytes=table)
    nats, spikes = 0.0, dict.fromkeys([p.name for p in network.populations], 0)
    for document in documents:
        fed, following = [host.end_of_text, *document], [*document, host.end_of_text]
        played = run(network, Replay(host.code[fed]))
        nats += float(host.nats(played.voltage, np.array(following)).sum())
        for name in spikes:
            spikes[name] += int(played.spikes[name].sum())
    for name, n_spikes in spikes.items():
        if n_spikes != found.n_spikes[name]:
            return f"scoring, {name}: {n_spikes} spikes (token by token) and {found.n_spikes[name]}"
    if not math.isclose(nats, found.nats, rel_tol=_CLOSE, abs_tol=_CLOSE):
        return f"scoring: {nats} nats (numpy) and {found.nats} (sim)"
    return None


def _host(rng: np.random.Generator, network: Network) -> Host:
    """A host around a network: codes of no line, all lines, some lines."""
    words, lines = int(rng.choice(VOCABULARIES)), network.input.size
    on = rng.random((words, lines)) < rng.choice([0.0, 0.1, 0.5, 1.0], (words, 1))
    return Host(
        on.astype(np.uint8),
        _decoder(rng, words, network.sizes[network.readout]),
        _bias(rng, words),
        2.0 ** -int(rng.integers(10, 20)),
        int(rng.integers(0, words)),
    )


def _bias(rng: np.random.Generator, words: int) -> I64:
    return rng.integers(-(2**18), 2**18, words)
