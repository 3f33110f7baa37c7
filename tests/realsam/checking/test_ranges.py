"""Worst-case ranges: exact where they can be, and never less than a run reaches."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.checking import Interval, worst_case
from realsam.cli.observation import observe
from realsam.fixedpoint import STATE_MAX
from realsam.ir import Input, Lif, Network, Projection, Reset, as_list, readout
from tests import strategies, tiny


def contains(outer: Interval, inner: Interval) -> bool:
    """Whether no neuron leaves its bounds."""
    return bool(np.all(outer.low <= inner.low) and np.all(inner.high <= outer.high))


@given(network=strategies.networks(), seed=st.integers(0, 2**32 - 1))
def test_no_run_leaves_the_worst_case(network: Network, seed: int) -> None:
    """Any network: current memory, biases, payloads, wraps."""
    spikes = strategies.input_spikes(np.random.default_rng(seed), network, 20)

    observed, worst = observe(network, spikes), worst_case(network)

    for name, reach in observed.items():
        assert contains(worst[name].a_in, reach.a_in), name
        assert contains(worst[name].u, reach.u), name
        assert contains(worst[name].v, reach.v), name


@given(network=strategies.networks())
def test_lists_have_the_ranges_of_matrices(network: Network) -> None:
    """Whatever holds the weights."""

    def ranges(projections: Iterable[Projection]) -> list[tuple[list[int], ...]]:
        worst = worst_case(replace(network, projections=tuple(projections)))
        intervals = [i for reach in worst.values() for i in (reach.a_in, reach.u, reach.v)]
        return [(i.low.tolist(), i.high.tolist()) for i in intervals]

    assert ranges(replace(q, weight=q.matrix) for q in network.projections) == ranges(
        replace(q, weight=as_list(q.matrix)) for q in network.projections
    )


def alone(
    weight: list[list[int]],
    exponent: int = 0,
    delay: tuple[int, ...] = (),
    bits: int = 0,
    **registers: int,
) -> Network:
    """Input lines and one population; P = 1."""
    given = np.array(weight, np.int16)
    lines = given.shape[1]
    projection = Projection("a", ("in",), given, np.array(delay or [0] * lines), exponent)
    return Network(
        Input("in", lines, bits), (tiny.lif("a", len(given), **registers),), (projection,), "a"
    )


def test_a_in_is_the_sum_of_each_sign() -> None:
    """Every positive weight at once, or every negative one."""
    a_in = worst_case(alone([[2, -4, 6], [-2, -2, 0]]))["a"].a_in

    assert a_in.low.tolist() == [-4, -4]
    assert a_in.high.tolist() == [8, 0]
    assert a_in.extremes == (-4, 8)


def test_negative_exponents_round_down_per_delay() -> None:
    """-2 >> 2 is -1 for each of two delays, and -4 >> 2 is -1 for one."""
    apart = worst_case(alone([[-2, -2, 6]], -2, (0, 1, 0)))["a"].a_in
    together = worst_case(alone([[-2, -2, 6]], -2, (0, 0, 0)))["a"].a_in

    assert apart.extremes == (-2, 1)
    assert together.extremes == (-1, 1)


def test_payloads_turn_signs() -> None:
    """Three bits are -4..3: a negative weight is largest with the lowest payload."""
    a_in = worst_case(alone([[2, -6]], bits=3))["a"].a_in

    assert a_in.extremes == (2 * -4 + -6 * 3, 2 * 3 + -6 * -4)


def test_silent_populations_send_nothing() -> None:
    """What never spikes adds nothing to a sum."""
    network = alone([[2]])
    heard = Projection("a", ("r",), np.array([[100]]), np.array([0]))
    network = replace(
        network,
        populations=(*network.populations, readout("r", 1)),
        projections=(*network.projections, heard),
    )

    assert worst_case(network)["a"].a_in.extremes == (0, 2)


@pytest.mark.parametrize(("du", "sums"), [(4095, 1), (2047, 2), (1023, 4)])
def test_current_memory_is_a_geometric_sum(du: int, sums: int) -> None:
    """(du + 1) / 4096 is lost in a step."""
    u = worst_case(alone([[100, -50]], du=du))["a"].u

    assert u.extremes == (-50 * 64 * sums, 100 * 64 * sums)


def test_voltage_is_a_step_from_threshold_at_most() -> None:
    """A neuron that did not spike was at 64 or below; downwards nothing but the decay helps."""
    v = worst_case(alone([[100, -50]], dv=1024, vth=1))["a"].v

    assert v.extremes == (-50 * 64 * 4, 48 + 6400)


def test_without_decay_voltage_falls_to_the_clip() -> None:
    """Nothing is forgotten with dv = 0."""
    v = worst_case(alone([[-2]], dv=0))["a"].v

    assert v.extremes == (-STATE_MAX - 128, 0)


def test_bias_counts_in_every_step() -> None:
    """With dv = 2048 it sums to twice its value."""
    v = worst_case(alone([[0]], dv=2048, bias=-100, vth=1))["a"].v

    assert v.extremes == (-200, 0)


def test_wrapping_current_may_have_either_sign() -> None:
    """Beyond 24 bits the sum of the positive weights may come back as a negative current."""
    network = alone([[254] * 10], exponent=7)

    reach = worst_case(network)["a"]

    assert reach.u.high[0] == 254 * 10 * 128 * 64
    assert reach.v.low[0] < 0


def test_large_networks_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of a piece changes nothing."""
    network = strategies.network(np.random.default_rng(5))
    whole = {n: (r.a_in.extremes, r.v.extremes) for n, r in worst_case(network).items()}

    monkeypatch.setattr("realsam.checking.ranges._CHUNK", 3)

    assert whole == {n: (r.a_in.extremes, r.v.extremes) for n, r in worst_case(network).items()}


def test_observed_is_before_wrap_clip_and_reset() -> None:
    """A spike takes v to 0, but the register held it."""
    network = alone([[100]], dv=4095, vth=1)

    seen = observe(network, np.ones((3, 1), np.uint8))["a"]

    assert seen.v.extremes == (0, 6400)
    assert seen.a_in.extremes == (0, 100)


def test_observed_follows_resets() -> None:
    """With a reset in every step nothing is gathered."""
    network = alone([[2]], dv=0, vth=131071)
    forgetful = Lif(**{**vars(network.populations[0]), "reset": Reset(1)})
    spikes = np.ones((9, 1), np.uint8)

    assert observe(network, spikes)["a"].v.extremes == (0, 8 * 128)
    forgetful_network = replace(network, populations=(forgetful,))
    assert observe(forgetful_network, spikes)["a"].v.extremes == (0, 128)
