"""The watched reference counts what happens, and changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.campaign.case import Case
from benchmarks.campaign.watch import Watched
from realsam.errors import CurrentOverflowError
from realsam.ir import Input, Network, Projection, Replay, Reset
from sim import reference
from sim.reference import Reference
from tests import tiny


def counted(weight: list[int], spikes: list[list[int]], exponent: int = 0, delay: int = 0) -> dict:
    """Counts of one neuron that hears some lines, one step per token."""
    into = Projection("a", ("in",), np.array([weight]), np.full(len(weight), delay), exponent)
    lif = tiny.lif("a", 1, dv=4096, vth=131072)
    watched = Watched(Network(Input("in", len(weight)), (lif,), (into,), "a"))
    for row in spikes:
        watched.token(np.array(row, np.uint8))
    return watched.counts()


def test_watching_changes_nothing(case: Case) -> None:
    """The same spikes, voltages and registers as the reference."""
    watched, plain = Watched(case.network), Reference(case.network)
    for row in case.spikes:
        for expected, found in zip(plain.token(row), watched.token(row), strict=True):
            assert expected.tolist() == found.tolist()
        for name, state in plain.state.items():
            u, v = watched.registers(name, case.network.steps_per_token - 1)
            assert (state.u.tolist(), state.v.tolist()) == (u[-1].tolist(), v[-1].tolist())


def test_edges_of_the_current_are_told_apart() -> None:
    """1024 << 7 << 6 is 2**23 exactly; a weight more wraps, three times as much is beyond."""
    lines = [254, 254, 254, 254, 8, 2] + [254] * 9
    spikes = [[1] * 5 + [0] * 10, [1] * 6 + [0] * 9, [1] * 15, [0] * 15]

    found = counted(lines, spikes, exponent=7)

    assert found["currents of 2**23 exactly"] == 1
    assert found["wraps down"] == 2
    assert found["currents beyond one wrap"] == 1
    assert found["wraps up"] == 0


def test_negative_edge_wraps() -> None:
    """-(2**23) becomes 2**23, and the voltage is clipped there."""
    found = counted([-256] * 4, [[1] * 4, [0] * 4], exponent=7)

    assert found["currents of -(2**23) exactly"] == found["wraps up"] == 1
    assert found["clips at the top"] == 1


def test_tokens_and_spikes_are_counted() -> None:
    """Silence, every line, and what is between."""
    found = counted([2, 2], [[0, 0], [1, 1], [0, 1]])

    assert found["tokens without input"] == found["tokens with every line on"] == 1
    assert found["spikes of inputs"] == 3
    assert found["steps"] == 3


def test_payloads_and_resets_are_counted() -> None:
    """Messages of any payload, and what a reset takes away or leaves on its way."""
    into = Projection("a", ("in",), np.array([[2]]), np.array([0]))
    lif = replace(tiny.lif("a", 1, dv=0, vth=131072), reset=Reset(2))
    watched = Watched(Network(Input("in", 1, 3), (lif,), (into,), "a"))
    for payload in (-4, 3, -1, 0, 0):
        watched.token(np.array([payload], np.int32))

    found = watched.counts()

    assert found["networks with graded input"] == found["networks with resets"] == 1
    assert found["spikes of inputs"] == 3
    assert found["negative payloads"] == found["payloads at the ends of their range"] == 2
    assert found["resets of neurons that held something"] == 2  # steps 2 and 4
    assert found["resets while spikes arrive"] == 1  # 3 in step 2; nothing was sent in step 3


def test_delayed_spikes_must_arrive() -> None:
    """Of two spikes with a delay of 62 only the first arrives in 64 steps."""
    found = counted([2], [[1], [1], *[[0]] * 62], delay=62)

    assert found["spikes delayed by 62"] == 1


def test_rounding_of_negative_sums_is_counted() -> None:
    """-2 >> 2 is -1, -4 >> 2 is exact."""
    found = counted([-2, -2], [[1, 0], [1, 1], [0, 0]], exponent=-2)

    assert found["negative sums rounded down"] == 1


def test_overflows_of_a_step_are_told_as_strict_mode_does() -> None:
    """The reference's own message, and no other population's."""
    into = Projection("a", ("in",), np.array([[254] * 9]), np.zeros(9, np.int64), 7)
    network = Network(Input("in", 9), (tiny.lif("a", 1), tiny.lif("b", 1)), (into,), "a")
    watched, ones = Watched(network), np.ones((2, 9), np.uint8)
    for row in ones:
        watched.token(row)

    told = watched.overflows(1)

    with pytest.raises(CurrentOverflowError) as raised:
        reference.run(network, Replay(ones), strict=True)
    assert told == [str(raised.value)]
    assert watched.overflows(0) == []
    assert watched.first_beyond(2**23) == 1
    assert watched.first_beyond(2**40) is None
