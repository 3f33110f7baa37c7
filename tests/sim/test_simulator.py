"""The simulator gives the bits of the reference, on both of its engines."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realsam.errors import CurrentOverflowError, NetworkError, RealSamError, RunError
from realsam.ir import (
    Input,
    Layer,
    Lif,
    Network,
    Projection,
    Replay,
    Reset,
    TokenClock,
    readout_layer,
    to_network,
)
from sim import reference, simulator
from sim.step_engine import StepEngine
from sim.token_engine import TokenEngine, halved
from tests import strategies, tiny


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_dense_clocks_equal_reference(seed: int) -> None:
    """The networks of the language model."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.token_clock(rng))
    spikes = strategies.input_spikes(rng, network, 12)

    expected = reference.run(network, Replay(spikes)).digests()

    assert expected == simulator.run(network, Replay(spikes)).digests()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_sparse_clocks_equal_reference(seed: int) -> None:
    """Any sources in any order, some twice."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.sparse_clock(rng))
    spikes = strategies.input_spikes(rng, network, 12)

    expected = reference.run(network, Replay(spikes)).digests()

    assert expected == simulator.run(network, Replay(spikes)).digests()


def feedback() -> Network:
    """Layer a hears layer b of the token before; b, which is read, spikes too."""
    layers = (
        Layer("a", np.array([300]), np.array([5]), ("in", "b"), np.array([[6, 20]], np.int16)),
        Layer("b", np.array([40]), np.array([3]), ("a",), np.array([[8]], np.int16)),
    )
    return to_network(TokenClock(Input("in", 1), layers, 5))


def test_feedback_and_spiking_readout_equal_reference() -> None:
    """Both are layers of a token clock."""
    spikes = np.random.default_rng(0).integers(0, 2, (30, 1), dtype=np.uint8)

    run = simulator.run(feedback(), Replay(spikes))

    assert reference.run(feedback(), Replay(spikes)).digests() == run.digests()
    assert run.spikes["b"].any()


def overflowing() -> Network:
    """1024 lines of the largest weight into one of three neurons of layer 2."""
    lines = 1024
    weight = np.zeros((3, lines), np.int16)
    weight[1] = 254
    layers = (
        Layer("a", np.array([0]), np.array([1]), ("in",), np.zeros((1, lines), np.int16)),
        Layer("b", np.zeros(3), np.ones(3), ("in",), weight),
        readout_layer("readout", ("b",), np.zeros((1, 3), np.int16)),
    )
    return to_network(TokenClock(Input("in", lines), layers, 5))


@pytest.mark.parametrize("token", [0, 3])
def test_strict_error_is_that_of_the_reference(token: int) -> None:
    """The same neuron, value and chip step, to the letter."""
    spikes = np.zeros((token + 1, 1024), np.uint8)
    spikes[token] = 1
    errors: list[RealSamError] = []

    for engine in (reference, simulator):
        with pytest.raises(CurrentOverflowError, match=r"^b\[1\]") as raised:
            engine.run(overflowing(), Replay(spikes), strict=True)
        errors.append(raised.value)

    assert str(errors[0]) == str(errors[1])


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_network_equals_reference(seed: int) -> None:
    """Current memory, biases, exponents, delays: the step engine."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng)
    spikes = strategies.input_spikes(rng, network, 12)

    expected = reference.run(network, Replay(spikes)).digests()

    assert expected == simulator.run(network, Replay(spikes)).digests()


@pytest.mark.parametrize("bits", [2, 8, 16, 24])
@pytest.mark.parametrize("exponent", [-8, -1, 0, 7])
def test_extreme_payloads_equal_reference(bits: int, exponent: int) -> None:
    """The ends of their range on the ends of the weights, beside spikes, with two delays."""
    lines = Input("in", 4, bits)
    weight = np.array([[254, -256, 2, -2, 254], [-256, 254, 0, 254, -256]], np.int16)
    lif = tiny.lif("a", 2, dv=300)
    into = Projection("a", ("in", "b"), weight, np.array([0, 0, 5, 5, 0]), exponent)
    back = Projection("b", ("a", "in"), weight[:1, :1].repeat(6, axis=1), np.zeros(6, np.int64))
    network = Network(lines, (lif, tiny.lif("b", 1)), (into, back), "a", 2, 1)
    ends = np.array([*lines.payloads, 0, -1, 1], np.int32)
    rows = np.random.default_rng(bits).choice(ends, (30, 4))

    expected = reference.run(network, Replay(rows))

    assert expected.digests() == simulator.run(network, Replay(rows)).digests()
    assert expected.voltage.any()


@pytest.mark.parametrize("bits", [0, 8])
def test_step_engine_allocates_nothing(bits: int) -> None:
    """No array as large as a population, while everything fires."""
    size = 1000
    populations = tiny.lif("a", size, bias=65), tiny.lif("b", 1)
    into = Projection("a", ("in",), np.full((size, 2), 2), np.zeros(2, np.int64))
    onward = Projection("b", ("a",), np.full((1, size), 2), np.arange(size) % 63)
    network = Network(Input("in", 2, bits), populations, (into, onward), "b", 3)
    engine, spikes = StepEngine(network), np.ones(2, network.input.dtype)
    engine.token(spikes)

    tracemalloc.start()
    fired, _ = engine.token(spikes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert fired.all()
    assert peak < 8 * size


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("value", [-3, 2])
def test_payload_out_of_range_is_refused(value: int, strict: bool) -> None:
    """Before anything moves."""
    network = replace(tiny.network(), input=Input("in", 2, 2))
    engine = simulator.engine(network, strict)

    with pytest.raises(RunError, match=rf"in: input line 1 = {value} is outside -2\.\.1; scale"):
        engine.token(np.array([0, value], np.int32))
    assert not engine.token(np.zeros(2, np.int32))[0].any()


def test_values_that_are_no_spikes_are_refused() -> None:
    """By both engines: they would be played as spikes."""
    for network in (tiny.network(), to_network(tiny.clock())):
        with pytest.raises(RunError, match=r"in: input line 0 = 2 is outside 0\.\.1; give spikes"):
            simulator.engine(network).token(np.array([2, 0], np.uint8))


@pytest.mark.parametrize("steps", [1, 3])
def test_step_engine_names_the_overflow(steps: int) -> None:
    """With current memory the sum of two steps overflows: neuron and step are the reference's."""
    weight = np.full((1, 300), 254, np.int16)
    lif = Lif("a", np.array([9]), np.array([0]), np.array([0]), np.array([131072]))
    delay = np.zeros(300, np.int64)
    network = Network(
        Input("in", 300), (lif,), (Projection("a", ("in",), weight, delay),), "a", steps
    )
    errors = []

    for engine in (reference, simulator):
        with pytest.raises(CurrentOverflowError) as raised:
            engine.run(network, Replay(np.ones((9, 300), np.uint8)), strict=True)
        errors.append(str(raised.value))

    assert errors[0] == errors[1]


def test_engines_by_network() -> None:
    """The token clock has an engine of its own; the other takes everything."""
    assert isinstance(simulator.engine(to_network(tiny.clock())), TokenEngine)
    assert isinstance(simulator.engine(tiny.network()), StepEngine)
    clock = to_network(tiny.clock())
    graded = replace(clock, input=replace(clock.input, message_bits=8))
    first, *others = clock.populations
    forgetful = replace(clock, populations=(replace(first, reset=Reset(7)), *others))
    assert isinstance(simulator.engine(graded), StepEngine)
    assert isinstance(simulator.engine(forgetful), StepEngine)


def test_reset_forgets_everything() -> None:
    """After a reset the token engine repeats itself."""
    network = to_network(tiny.clock())
    engine = TokenEngine(network)
    spikes = np.ones(network.input.size, np.uint8)
    first = [engine.token(spikes)[0].copy() for _ in range(5)]

    engine.reset()

    np.testing.assert_array_equal(first, [engine.token(spikes)[0].copy() for _ in range(5)])


def test_empty_replay_gives_empty_run() -> None:
    """No tokens."""
    network = to_network(tiny.clock())

    assert simulator.run(network, Replay(np.zeros((0, 2), np.uint8))).n_tokens == 0


@pytest.mark.parametrize("steps", [0, 5])
@pytest.mark.parametrize("lines", [0, 1, 3])
def test_input_of_another_shape_is_refused(steps: int, lines: int) -> None:
    """By both engines, and not played as something else."""
    network = tiny.network() if steps else to_network(tiny.clock())

    with pytest.raises(RunError, match=rf"in: input \({lines},\) is not \(2,\)"):
        simulator.engine(network).token(np.zeros(lines, np.uint8))


def test_more_synapses_than_32_bits_hold_are_refused() -> None:
    """A sum of 2**24 half weights of -128 would be -2**31."""
    weight = np.broadcast_to(np.array([[2]], np.int16), (1, 1 << 24))

    with pytest.raises(NetworkError, match="16,777,216 synapses of a neuron are not below"):
        halved(weight)
