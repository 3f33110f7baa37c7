"""What the graph is made of, and the registers it ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from typing import Any

import numpy as np
import pytest

from realsam.arrays import U8
from realsam.ir import Network, Replay, to_network
from sim.reference import Reference
from tests import strategies

pytestmark = pytest.mark.lava


@contextmanager
def graph(network: Network, spikes: U8, stock: bool = False) -> Iterator[tuple[Any, Any]]:
    """A supervised graph: its Generator process and the session."""
    from lava_runtime.build import build
    from lava_runtime.supervise import supervised

    messages, sender = Pipe(duplex=False)
    process, config = build(network, Replay(spikes), sender, "graph", strict=False)
    if stock:
        config.exception_proc_model_map.clear()
    with messages, sender, supervised(process, config, messages) as session:
        yield process, session


@pytest.mark.parametrize("seed", [3, 11, 14, 25])
def test_final_registers_equal_reference(seed: int) -> None:
    """After the pause u and v of every population are those of the reference."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng, steps_per_token=1)
    spikes = strategies.input_spikes(rng, network, 20)
    expected = Reference(network)
    for row in spikes:
        expected.token(row)

    with graph(network, spikes) as (process, session):
        session.start(len(spikes) + 1)
        for _ in spikes:
            session.receive()
        session.finish()
        for i, population in enumerate(network.populations):
            lif = getattr(process.procs, f"population_{i}")
            assert np.array_equal(expected.state[population.name].u, lif.u.get())
            assert np.array_equal(expected.state[population.name].v, lif.v.get())


def test_stock_models_equal_reference() -> None:
    """With Lava's own model of DelayDense the spikes and voltages are the same."""
    rng = np.random.default_rng(12)
    network = strategies.network(rng, steps_per_token=3)
    spikes = strategies.input_spikes(rng, network, 20)
    expected = Reference(network)

    with graph(network, spikes, stock=True) as (process, session):
        assert process.procs.projection_0.model_class.__name__ == "PyDelayDenseModelBitAcc"
        session.start(3 * len(spikes) + 1)
        for row in spikes:
            fired, voltage = expected.token(row)
            received = session.receive()
            assert np.array_equal(fired, received[0])
            assert np.array_equal(voltage, received[1])


def test_fast_model_is_the_default() -> None:
    """Without further ado DelayDense runs on the fast model."""
    network = strategies.network(np.random.default_rng(12))
    silence = np.zeros((1, network.input.size), np.uint8)

    with graph(network, silence) as (process, _):
        assert process.procs.projection_0.model_class.__name__ == "PyDelayedDense"


def test_six_layers_are_fifteen_processes() -> None:
    """One LIF per population, one DelayDense per target, one host."""
    rng = np.random.default_rng(0)
    network = to_network(strategies.token_clock(rng, layers=6))

    with graph(network, strategies.input_spikes(rng, network, 1)) as (process, session):
        kinds = [type(p).__name__ for p in process.procs]

        assert sorted(kinds) == ["DelayDense"] * 7 + ["LIF"] * 7 + ["TokenHost"]
        assert len(session.pids) == 15 + 1  # and Lava's runtime service
