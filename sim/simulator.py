"""The fast simulator: the bits of `sim.reference`, tens to hundreds of times faster."""

from dataclasses import replace
from functools import cache

import numpy as np

from realsam.errors import NetworkError
from realsam.ir import (
    Driver,
    Host,
    Input,
    Network,
    Recorder,
    Run,
    Sampler,
    TokenClock,
    play,
    readout_layer,
    to_network,
)
from sim.decoding import choose, int8_product
from sim.step_engine import StepEngine
from sim.token_engine import TokenEngine


def engine(network: Network, strict: bool = False) -> TokenEngine | StepEngine:
    """The fastest engine that can run a network; all state is zero at first."""
    try:
        return TokenEngine(network, strict)
    except NetworkError:
        return StepEngine(network, strict)


def fast_host(host: Host) -> Host:
    """The same host with a faster product, equal to the last bit."""
    return replace(host, product=int8_product)


def fast_sampler(sampler: Sampler) -> Sampler:
    """The same sampler with a faster choice, equal in every token."""
    return replace(sampler, choose=choose)


@cache
def load_kernels() -> None:
    """Compile the kernels, or load them from the disk, by a run of the smallest network."""
    network, host = smallest()
    for kind in (TokenEngine, StepEngine):
        kind(network).token(np.ones(1, np.uint8))
    fast_host(host).logits(np.zeros(1, np.int64))
    fast_sampler(Sampler(1.0, 1)).pick(np.zeros(5, np.int64), 1.0, 0)


def smallest() -> tuple[Network, Host]:
    """A network of one neuron, and its host."""
    one = np.ones((1, 1), np.int16) * 2
    clock = TokenClock(Input("input", 1), (readout_layer("readout", ("input",), one),), 2)
    code, decode = np.ones((1, 1), np.uint8), np.ones((1, 1), np.int8)
    return to_network(clock), Host(code, decode, np.zeros(1, np.int64), 1.0, 0)


def run(network: Network, driver: Driver, strict: bool = False) -> Run:
    """Run one document from reset.

    Raises:
        CurrentOverflowError: in strict mode, if a current leaves 24 bits.
    """
    load_kernels()
    moving, recorder = engine(network, strict), Recorder(network, "sim")
    play(moving, driver, recorder.add)
    return recorder.run()
