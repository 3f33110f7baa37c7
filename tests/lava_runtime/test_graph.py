"""What the graph is made of, and the registers it ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import Pipe
from typing import Any

import numpy as np
import pytest

from lava_runtime import backend
from realsam.arrays import Spikes
from realsam.errors import CurrentOverflowError, RunError
from realsam.ir import Input, Network, Projection, Replay, Reset, as_list, to_network
from sim.reference import Reference, run
from tests import strategies, tiny

pytestmark = pytest.mark.lava


@contextmanager
def graph(network: Network, spikes: Spikes, stock: bool = False) -> Iterator[tuple[Any, Any]]:
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


def extended(bits: int, seed: int) -> tuple[Network, Spikes]:
    """A network with payloads of so many bits and resets, and input for it."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng, steps_per_token=int(rng.integers(1, 4)))
    forgetful = tuple(
        replace(p, reset=Reset(5, (3 * i) % 5)) for i, p in enumerate(network.populations)
    )
    lines = replace(network.input, message_bits=bits)
    network = replace(network, input=lines, populations=forgetful)
    return network, strategies.input_spikes(rng, network, 20)


@pytest.mark.parametrize(("bits", "seed"), [(2, 0), (8, 1), (9, 2), (0, 3)])
def test_stock_models_equal_reference_in_payloads_and_resets(bits: int, seed: int) -> None:
    """PyDelayDenseModelBitAcc with message bits, PyLifResetModelBitAcc: nothing of ours."""
    network, spikes = extended(bits, seed)
    expected = Reference(network)

    with graph(network, spikes, stock=True) as (process, session):
        models = {p.model_class.__name__ for p in process.procs}
        assert {"PyDelayDenseModelBitAcc", "PyLifResetModelBitAcc"} < models
        session.start(network.steps_per_token * len(spikes) + 1)
        for row in spikes:
            fired, voltage = expected.token(row)
            received = session.receive()
            assert np.array_equal(fired, received[0])
            assert np.array_equal(voltage, received[1])
        session.finish()
        for i, population in enumerate(network.populations):
            lif = getattr(process.procs, f"population_{i}")
            assert np.array_equal(expected.state[population.name].u, lif.u.get())
            assert np.array_equal(expected.state[population.name].v, lif.v.get())


@pytest.mark.parametrize("mode", backend.MODES)
def test_payload_out_of_range_ends_the_run(mode: str) -> None:
    """As the error of the reference, whose text it is."""
    network, _ = extended(2, 0)
    payloads = np.full((1, network.input.size), 2, np.int32)

    with pytest.raises(
        RunError, match=r"in: input line 0 = 2 is outside -2\.\.1; scale the values"
    ):
        backend.run(network, Replay(payloads), mode)


@pytest.mark.parametrize("mode", backend.MODES)
@pytest.mark.parametrize("interval", [1, 2])
def test_strict_mode_judges_after_the_reset(mode: str, interval: int) -> None:
    """Two spikes without a reset between them overflow, as in the reference."""
    into = Projection("a", ("in",), np.array([[254]]), np.array([0]), 7)
    lif = replace(tiny.lif("a", 1, du=0, vth=131072), reset=Reset(interval))
    network = Network(Input("in", 1, 3), (lif,), (into,), "a")
    driver = Replay(np.full((9, 1), 3, np.int32))

    if interval == 1:
        assert backend.run(network, driver, mode, strict=True).n_tokens == 9
        return
    with pytest.raises(CurrentOverflowError) as expected:
        run(network, driver.twin(), strict=True)
    with pytest.raises(CurrentOverflowError) as raised:
        backend.run(network, driver, mode, strict=True)
    assert str(expected.value) == str(raised.value)


def test_fast_model_is_the_default() -> None:
    """Without further ado DelayDense and DelaySparse run on the fast models."""
    network = to_network(tiny.clock())
    first, *others = network.projections
    listed = replace(first, weight=as_list(first.matrix))
    network = replace(network, projections=(listed, *others))
    silence = np.zeros((1, network.input.size), np.uint8)

    with graph(network, silence) as (process, _):
        assert process.procs.projection_0.model_class.__name__ == "PyDelayedSparse"
        assert process.procs.projection_1.model_class.__name__ == "PyDelayedDense"


def test_six_layers_are_fifteen_processes() -> None:
    """One LIF per population, one DelayDense per target, one host."""
    rng = np.random.default_rng(0)
    network = to_network(strategies.token_clock(rng, layers=6))

    with graph(network, strategies.input_spikes(rng, network, 1)) as (process, session):
        kinds = [type(p).__name__ for p in process.procs]

        assert sorted(kinds) == ["DelayDense"] * 7 + ["LIF"] * 7 + ["TokenHost"]
        assert len(session.pids) == 15 + 1  # and Lava's runtime service
