"""Closed loops: the same text on the reference, the fused process and the graph."""

from dataclasses import replace

import numpy as np
import pytest

from lava_runtime import backend
from realsam.ir import ClosedLoop, Host, Network, Sampler, to_network
from sim import reference
from tests import strategies

pytestmark = pytest.mark.lava
PROMPT = [3, 1, 4]
N_NEW = 20


def model(seed: int = 1) -> tuple[Network, Host]:
    """A small language model with random weights."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.token_clock(rng, layers=2, width=16, lines=8, readout=6))
    return network, strategies.host(rng, network)


def loop(host: Host, streamed: list[int]) -> ClosedLoop:
    """A driver that also streams its tokens."""
    return ClosedLoop(host, PROMPT, Sampler(temperature=1.0, seed=7), N_NEW, streamed.append)


@pytest.mark.parametrize("mode", backend.MODES)
def test_same_tokens_as_reference(mode: str) -> None:
    """All tokens are equal, and each is streamed exactly once, here and not in the child."""
    network, host = model()
    streamed: list[int] = []
    expected, driver = loop(host, []), loop(host, streamed)

    reference_run = reference.run(network, expected)
    run = backend.run(network, driver, mode)

    assert expected.tokens == driver.tokens
    assert driver.generated == streamed
    assert reference_run.digests() == run.digests()


@pytest.mark.parametrize("mode", backend.MODES)
def test_stops_at_end_of_text(mode: str) -> None:
    """The end-of-text token ends the run early, inside Lava too."""
    network, host = model()
    free = loop(host, [])
    reference.run(network, free)
    host = replace(host, end_of_text=free.generated[5])
    expected, driver = loop(host, []), loop(host, [])

    reference.run(network, expected)
    run = backend.run(network, driver, mode)

    assert expected.tokens == driver.tokens
    assert driver.generated[-1] == host.end_of_text
    assert run.n_tokens == len(driver.tokens) - 1 < driver.length
