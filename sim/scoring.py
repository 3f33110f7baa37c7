"""Scoring a text: whole documents in one kernel, documents side by side on all cores."""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from threading import Event, Lock
from typing import Any

import numpy as np

from realsam.arrays import I32, I64
from realsam.evaluation import Progress, Scores
from realsam.fixedpoint import STATE_SHIFT
from realsam.ir import Host, Network, Replay
from sim.decoding import int8_product, nats_of
from sim.kernels import jit, play_token
from sim.simulator import engine, fast_host, kernel_cache, load_kernels, run, smallest
from sim.token_engine import TokenEngine

Play = Callable[[I64, Event], tuple[float, I64]]  # gives up at its next piece if the event is set
_PIECE = 1000  # tokens of a document that are played at a time


def score(
    network: Network,
    host: Host,
    documents: Sequence[Sequence[int]],
    on_done: Progress | None = None,
) -> Scores:
    """Score documents; see `realsam.evaluation.Score`. The result does not depend on the cores."""
    _load()
    whole, finished, counting, stopped = engine(network), count(1), Lock(), Event()
    play = _slowly(network, host)
    if isinstance(whole, TokenEngine):
        play = _fast(whole, host, sorted({host.end_of_text}.union(*documents)))

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
    with kernel_cache():
        _fast(TokenEngine(network), host, [0])(np.zeros(2, np.int64), Event())


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


def _fast(whole: TokenEngine, host: Host, vocabulary: Sequence[int]) -> Play:
    """For token-clock networks."""
    rank = np.zeros(host.vocab_size, np.int64)
    rank[vocabulary] = np.arange(len(vocabulary))
    given = np.array([whole.input_sums(host.code[token]) for token in vocabulary])

    def play(tokens: I64, stopped: Event) -> tuple[float, I64]:
        own, nats = whole.twin(), 0.0
        spikes = np.zeros(len(whole.network.populations), np.int64)
        decoder = host.decode, host.bias, host.nats_per_logit
        for first in range(0, len(tokens) - 1, _PIECE):
            if stopped.is_set():
                break
            piece = tokens[first : first + _PIECE + 1]
            nats += _play(piece, rank, given, own.wiring, own.neurons, own.state, decoder, spikes)
        return nats, spikes

    return play


@jit
def _play(
    tokens: I64,
    rank: I64,
    given: I32,
    wiring: Any,
    neurons: Any,
    state: Any,
    host: Any,
    spikes: I64,
) -> float:
    """Play one document; returns its nats and writes the spikes of every population.

    Args:
        tokens: [K + 1] the document between two end-of-text tokens.
        rank: [V] row of each token in `given`.
        given: [R, sum of N] what its input puts into the layers.
        wiring: see `TokenEngine`.
        neurons: see `TokenEngine`.
        state: see `TokenEngine`; written.
        host: decoder weights [V, D], bias [V], nats per logit.
        spikes: [populations] written.
    """
    decode, bias, unit = host
    v, _, _, n_active, _ = state
    readout = v[v.size - decode.shape[1] :]
    nats = 0.0
    for k in range(tokens.size - 1):
        play_token(given[rank[tokens[k]]], *wiring, *neurons, *state)
        spikes += n_active[1:]
        logits = int8_product(decode, readout.astype(np.int64) >> STATE_SHIFT) + bias
        nats += nats_of(logits, unit, tokens[k + 1])
    return nats
