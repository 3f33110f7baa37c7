"""Streams of text, what happened in them, and the backends on the CPU that say what must."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Protocol

import numpy as np

from realsam.arrays import I64, U8, Spikes
from realsam.ir import ClosedLoop, Host, Network, Sampler
from sim import reference, simulator
from sim.reference import Reference
from sim.simulator import fast_host
from sim.token_engine import TokenEngine

SIM, REFERENCE = "sim", "reference"


@dataclass(frozen=True, eq=False)
class Played:
    """What T tokens of B streams did."""

    spikes: U8  # [T, B, N] of all populations but the readout
    voltage: I64  # [T, B, D] of the readout
    chosen: I64  # [T, B] the likeliest next token, of equal ones the lowest

    def differences(self, other: "Played") -> int:
        """How many spikes, voltages and tokens are others in the first streams, those both have."""
        both = min(self.chosen.shape[1], other.chosen.shape[1])
        pairs = (
            (self.spikes, other.spikes),
            (self.voltage, other.voltage),
            (self.chosen, other.chosen),
        )
        return sum(int(np.count_nonzero(a[:, :both] != b[:, :both])) for a, b in pairs)


class Streams(Protocol):
    """Streams ready to be played, as often as one likes."""

    shape: tuple[int, ...]  # T tokens of B streams

    def play(self) -> None:
        """Play all tokens from reset; a device may still be at it afterwards."""

    def wait(self) -> None:
        """Wait for the device."""

    def played(self) -> Played:
        """Play once more and tell what happened."""


class OnCpu:
    """Streams one after the other on a backend, on one core."""

    def __init__(self, network: Network, host: Host, tokens: I64, backend: str) -> None:
        """`tokens` is [T, B]."""
        self.shape = tokens.shape
        self._network, self._tokens = network, tokens
        self._host = fast_host(host) if backend == SIM else host
        self._engine = TokenEngine(network) if backend == SIM else None

    def play(self) -> None:
        """See Streams."""
        for stream in self._tokens.T:
            deque(self._stream(stream), maxlen=0)

    def wait(self) -> None:
        """See Streams; nothing is left to wait for."""

    def played(self) -> Played:
        """See Streams."""
        neurons = slice(self._network.input.size, self._network.spans[self._network.readout].start)
        streams = [
            [(spikes[neurons].copy(), *rest) for spikes, *rest in self._stream(stream)]
            for stream in self._tokens.T
        ]
        spikes, voltage, chosen = (
            np.array([[token[i] for token in stream] for stream in streams]).swapaxes(0, 1)
            for i in range(3)
        )
        return Played(spikes, voltage, chosen)

    def _stream(self, tokens: I64) -> Iterator[tuple[Spikes, I64, int]]:
        engine = self._fresh()
        for token in tokens:
            spikes, voltage = engine.token(self._host.code[token])
            yield spikes, voltage, int(np.argmax(self._host.logits(voltage)))

    def _fresh(self) -> TokenEngine | Reference:
        if self._engine is None:
            return Reference(self._network)
        self._engine.reset()  # what it remembers of tokens that come again, it keeps
        return self._engine


def quickest() -> str:
    """The simulator, or the reference where nothing compiles the simulator's kernels."""
    try:
        simulator.load_kernels()
    except ImportError:
        return REFERENCE
    return SIM


def windows(network: Network, host: Host, backend: str, length: int, batch: int, seed: int) -> I64:
    """Tokens [T, B] of a text that the model writes; stream b begins at its token b."""
    n_tokens = length + batch - 1
    sampler = Sampler(seed=seed)
    loop = ClosedLoop(host, [host.end_of_text], sampler, n_tokens, stop_at_end=False)
    (simulator if backend == SIM else reference).run(network, loop)
    text = np.array(loop.tokens[:n_tokens])
    return np.lib.stride_tricks.sliding_window_view(text, batch).copy()


def truth(network: Network, host: Host, tokens: I64, backend: str, jobs: int) -> Played:
    """What a backend makes of streams [T, B], on several processes."""
    play = partial(_play, network, host, backend)
    if jobs == 1:
        return play(tokens)
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        parts = list(pool.map(play, np.array_split(tokens, min(jobs, tokens.shape[1]), axis=1)))
    return Played(
        np.concatenate([part.spikes for part in parts], axis=1),
        np.concatenate([part.voltage for part in parts], axis=1),
        np.concatenate([part.chosen for part in parts], axis=1),
    )


def _play(network: Network, host: Host, backend: str, tokens: I64) -> Played:
    return OnCpu(network, host, tokens, backend).played()
