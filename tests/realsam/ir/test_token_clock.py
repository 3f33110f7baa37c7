"""The token clock: layers to chip steps and back, and what is no token clock."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError
from realsam.fixedpoint import decay_steps
from realsam.ir import Network, Reset, from_network, keep_fraction, spiking, to_network
from tests import strategies, tiny


@given(seed=st.integers(0, 2**32 - 1))
def test_round_trip_gives_the_same_clock(seed: int) -> None:
    """from_network(to_network(clock)) has the clock's names, numbers and steps."""
    clock = strategies.token_clock(np.random.default_rng(seed))

    back = from_network(to_network(clock))

    assert (clock.input, clock.steps_per_token) == (back.input, back.steps_per_token)
    for expected, actual in zip(clock.layers, back.layers, strict=True):
        assert (expected.name, expected.sources) == (actual.name, actual.sources)
        for field in ("dv", "vth", "weight"):
            assert np.array_equal(getattr(expected, field), getattr(actual, field)), field


@pytest.mark.parametrize(
    ("source", "target", "steps"),
    [
        ("in", "layer1", 1),
        ("in", "layer2", 2),
        ("in", "readout", 3),
        ("layer1", "layer2", 1),
        ("layer1", "readout", 2),
        ("layer2", "readout", 1),
        ("layer1", "layer1", 7),
        ("layer2", "layer2", 7),
    ],
)
def test_latency_is_the_distance_of_the_layers(source: str, target: str, steps: int) -> None:
    """A hop per layer, and a whole token from a layer to itself."""
    assert steps == tiny.clock(steps=7).latency(source, target)


def test_delays_are_latencies_less_the_hop() -> None:
    """Chip synapses take one step themselves; columns stand in the order of the sources."""
    network = to_network(tiny.clock(steps=7))

    delays = {q.target: q.delay.tolist() for q in network.projections}

    assert delays == {
        "layer1": [0] * 2 + [6] * 3,
        "layer2": [1] * 2 + [0] * 3 + [6] * 4,
        "readout": [2] * 2 + [1] * 3 + [0] * 4,
    }


def test_readout_is_read_when_its_layer_fires() -> None:
    """The last of three layers has its voltage in phase 3."""
    network = to_network(tiny.clock())

    assert (network.readout, network.readout_phase) == ("readout", 3)


def test_shortest_token_has_one_step_more_than_layers() -> None:
    """Three layers fit into four steps and not into three."""
    assert to_network(tiny.clock(steps=4)).steps_per_token == 4
    with pytest.raises(NetworkError, match="steps_per_token = 3 is too short for 3 layers"):
        to_network(tiny.clock(steps=3))


def test_longest_token_fits_the_delays() -> None:
    """62 steps: the recurrent delay of 61 is a delay that the chip has."""
    network = to_network(tiny.clock(steps=62))

    assert network == to_network(from_network(network))


def odd(network: Network, what: str) -> Network:
    """A token clock with one thing changed."""
    first, *others = network.populations
    into, *rest = network.projections
    two = np.ones(first.size, np.int64)
    changes = {
        "du": {"populations": (replace(first, du=two * 4094), *others)},
        "bias": {"populations": (replace(first, bias=two), *others)},
        "exponent": {"projections": (replace(into, weight_exp=1), *rest)},
        "delay": {"projections": (replace(into, delay=into.delay + 1), *rest)},
        "two projections": {"projections": (into, *network.projections)},
        "no input": {"projections": tuple(rest)},
        "phase": {"readout_phase": 2},
        "readout": {"readout": "layer2"},
        "steps": {"steps_per_token": 8},
        "graded": {"input": replace(network.input, message_bits=8)},
        "reset": {"populations": (replace(first, reset=Reset(7)), *others)},
        "too short": {"steps_per_token": 3, "readout_phase": 0},
    }
    return replace(network, **changes[what])


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("du", "layer1 has current memory or bias"),
        ("bias", "layer1 has current memory or bias"),
        ("exponent", r"in\+layer1->layer1 has a weight exponent"),
        ("graded", "in is graded"),
        ("reset", "layer1 has resets"),
        ("delay", "its delays or its readout phase are others"),
        ("two projections", "a population has several projections"),
        ("no input", "layer1 has no input"),
        ("phase", "its delays or its readout phase are others"),
        ("readout", "its delays or its readout phase are others"),
        ("steps", "its delays or its readout phase are others"),
        ("too short", "its delays or its readout phase are others"),
    ],
)
def test_other_networks_are_refused_with_the_reason(what: str, reason: str) -> None:
    """What does not follow the clock is named, with a backend that can run it."""
    network = odd(to_network(tiny.clock()), what)

    with pytest.raises(NetworkError, match=f"does not follow the token clock: {reason}; run it"):
        from_network(network)


def test_spiking_leaves_the_readout_out() -> None:
    """Firing rates are those of the layers."""
    assert spiking(to_network(tiny.clock())) == ("layer1", "layer2")


@given(dv=strategies.decays(), steps=st.integers(1, 12))
def test_keep_fraction_bounds_the_truncated_decay(dv: int, steps: int) -> None:
    """Truncation takes less than one unit more per step."""
    start = np.array([2**23 - 1])

    exact = float(start[0] * keep_fraction(np.array(dv), steps))

    assert exact - steps - 1e-6 <= int(decay_steps(start, dv, steps)[0]) <= exact + 1e-6
