"""Scoring a text: whole documents in one kernel, documents side by side on all cores."""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from threading import Event, Lock

import numpy as np

from realsam.arrays import I8, I16, I32, I64, U8
from realsam.evaluation import Progress, Scores
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Host, Network, Replay
from sim.decoding import multiply, nats_of
from sim.jit import jit
from sim.kernels import play_token, sum_input
from sim.simulator import engine, fast_host, load_kernels, run, smallest
from sim.token_engine import Neurons, State, TokenEngine, Wiring

Play = Callable[[I64, Event], tuple[float, I64]]  # gives up at its next piece if the event is set
Decoder = tuple[U8, I8, I64, float]
Scratch = tuple[I64, I32, I64, I16, I64]
_PIECE = 1000  # tokens of a document that are played at a time
_TABLE_BYTES = 64 << 20  # the 4096 tokens of the shipped model take 55 MB


def score(
    network: Network,
    host: Host,
    documents: Sequence[Sequence[int]],
    on_done: Progress | None = None,
    table_bytes: int = _TABLE_BYTES,
) -> Scores:
    """Score documents; see `realsam.evaluation.Score`. The result does not depend on the cores.

    What the input of a token puts into the layers is kept for the most frequent tokens, in up to
    `table_bytes`; that of the others is summed up anew.
    """
    _load()
    whole, finished, counting, stopped = engine(network), count(1), Lock(), Event()
    play = _slowly(network, host)
    if isinstance(whole, TokenEngine):
        play = _fast(whole, host, documents, table_bytes)

    def job(document: Sequence[int]) -> tuple[float, I64]:
        tokens = np.array([host.end_of_text, *document, host.end_of_text])
        result = play(tokens, stopped)
        with counting:
            if on_done:
                on_done(next(finished), len(documents))
        return result

    # Long documents first, so that the cores finish together.
    ordered = sorted(documents, key=len, reverse=True)
    with ThreadPoolExecutor(_cores()) as pool:
        try:
            results = list(pool.map(job, ordered))
        except BaseException:  # an interruption must not wait for the documents under way
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    spikes = sum((n for _, n in results), np.zeros(len(network.populations), np.int64))
    names = list(network.sizes)[1:]
    total = math.fsum(nats for nats, _ in results)
    return Scores(total, {name: int(n) for name, n in zip(names, spikes, strict=True)})


@cache
def _load() -> None:
    load_kernels()
    network, host = smallest()
    _fast(TokenEngine(network), host, [[0]], 0)(np.zeros(2, np.int64), Event())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _slowly(network: Network, host: Host) -> Play:
    """For networks that follow no token clock."""
    quick = fast_host(host)

    def play(tokens: I64, _: Event) -> tuple[float, I64]:
        played = run(network, Replay(host.code[tokens[:-1]]))
        spikes = [int(s.sum()) for name, s in played.spikes.items() if name != network.input.name]
        return float(quick.nats(played.voltage, tokens[1:]).sum()), np.array(spikes)

    return play


def _fast(
    whole: TokenEngine, host: Host, documents: Sequence[Sequence[int]], table_bytes: int
) -> Play:
    """For token-clock networks."""
    given, rank = _table(whole, host, documents, table_bytes)
    n_words, n_readout = host.decode.shape
    decoder = host.code, host.decode, host.bias, host.nats_per_logit

    def play(tokens: I64, stopped: Event) -> tuple[float, I64]:
        own, nats = whole.twin(), 0.0
        spikes = np.zeros(len(whole.network.populations), np.int64)
        scratch = (
            np.empty(own.network.input.size, np.int64),
            np.empty(given.shape[1], np.int32),
            np.empty(n_readout, np.int64),
            np.empty(n_readout, np.int16),
            np.empty(n_words, np.int64),
        )
        for first in range(0, len(tokens) - 1, _PIECE):
            if stopped.is_set():
                break
            piece = tokens[first : first + _PIECE + 1]
            moving = own.wiring, own.neurons, own.state
            nats += _play(piece, rank, given, *moving, decoder, scratch, spikes)
        return nats, spikes

    return play


def _table(
    whole: TokenEngine, host: Host, documents: Sequence[Sequence[int]], n_bytes: int
) -> tuple[I32, I64]:
    """What the input of the most frequent tokens puts into the layers, and their rows, or -1."""
    uses = np.zeros(host.vocab_size, np.int64)
    uses[host.end_of_text] = len(documents)
    for document in documents:
        uses += np.bincount(np.asarray(document, np.int64), minlength=host.vocab_size)
    row_bytes = whole.input_sums(host.code[host.end_of_text]).nbytes
    kept = np.argsort(-uses, kind="stable")[: min(np.count_nonzero(uses), n_bytes // row_bytes)]
    given = np.empty((len(kept), row_bytes // 4), np.int32)
    for row, token in enumerate(kept):
        given[row] = whole.input_sums(host.code[token])
    rank = np.full(host.vocab_size, -1)
    rank[kept] = np.arange(len(kept))
    return given, rank


@jit
def _play(
    tokens: I64,
    rank: I64,
    given: I32,
    wiring: Wiring,
    neurons: Neurons,
    state: State,
    host: Decoder,
    scratch: Scratch,
    spikes: I64,
) -> float:
    """Play one document; returns its nats and writes the spikes of every population.

    Args:
        tokens: [K + 1] the document between two end-of-text tokens.
        rank: [V] row of each token in `given`, or -1: its input is summed up anew.
        given: [R, sum of N] what its input puts into the layers.
        wiring: see `TokenEngine`.
        neurons: see `TokenEngine`.
        state: see `TokenEngine`; written.
        host: code [V, M], decoder weights [V, D], bias [V], nats per logit.
        scratch: active lines [M], their sums [sum of N], readout [D] twice, logits [V]; written.
        spikes: [populations] written.
    """
    code, decode, bias, unit = host
    lines, sums, y, small, logits = scratch
    v, _, _, n_active, _ = state
    first_readout = v.size - y.size
    nats = 0.0
    for k in range(tokens.size - 1):
        inputs = sums
        if rank[tokens[k]] >= 0:
            inputs = given[rank[tokens[k]]]
        else:
            sum_input(lines[: find_active(code[tokens[k]], lines)], *wiring, sums)
        play_token(inputs, *wiring, *neurons, *state)
        for population in range(spikes.size):
            spikes[population] += n_active[population + 1]
        for i in range(y.size):
            y[i] = int(v[first_readout + i]) >> STATE_SHIFT
        multiply(decode, y, small, logits)
        for token in range(logits.size):
            logits[token] += bias[token]
        nats += nats_of(logits, unit, tokens[k + 1])
    return nats


@jit
def find_active(fired: U8, active: I64) -> int:
    """Find who fired; writes their numbers to active and returns how many they are."""
    count = 0
    for i in range(fired.size):
        if fired[i]:
            active[count] = i
            count += 1
    return count
