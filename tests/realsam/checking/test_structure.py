"""The graph of a network: loops and arrivals; and reports on networks of every kind."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from realsam.checking import CHIP_LIMITS, Finding, check
from realsam.ir import Input, Network, Projection, split, to_network
from tests import strategies, tiny

Edge = tuple[str, str, int]  # source, target, delay


def graph(steps: int, *edges: Edge, phase: int | None = None) -> Network:
    """Populations of one neuron, named by the edges; `out` is read, last of all by default."""
    names = sorted({name for source, target, _ in edges for name in (source, target)} - {"in"})
    projections = [
        Projection(target, (source,), np.array([[2]]), np.array([delay]))
        for source, target, delay in edges
    ]
    populations = tuple(tiny.lif(name, 1) for name in names)
    last = steps - 1 if phase is None else phase
    return Network(Input("in", 1), populations, tuple(projections), "out", steps, last)


def of_rule(network: Network, rule: str) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in check(network).findings if finding.rule == rule]


CHAIN = (("in", "a", 0), ("a", "b", 0), ("b", "out", 0))


@pytest.mark.parametrize(
    ("back", "named"),
    [
        ([("b", "a", 3)], []),  # 1 + 4 steps
        ([("b", "a", 8)], []),  # two tokens
        ([("b", "a", 2)], ["b->a"]),
        ([("b", "b", 4), ("a", "a", 9)], []),
        ([("b", "b", 3), ("a", "a", 9)], ["b->b"]),
        ([("b", "b", 3), ("a", "a", 0)], ["a->a", "b->b"]),
        ([("b", "a", 3), ("a", "b", 5)], []),  # a second way, one token later
        ([("b", "a", 3), ("a", "b", 1)], ["a->b"]),
    ],
)
def test_loops_take_whole_tokens(back: list[Edge], named: list[str]) -> None:
    """Of five steps: a loop's latencies are summed over its hops."""
    found = of_rule(graph(5, *CHAIN, *back), "loops")

    assert sorted(finding.object for finding in found) == named


def test_ways_that_return_nowhere_may_take_any_time() -> None:
    """A skip of another length is no loop."""
    assert of_rule(graph(5, *CHAIN, ("a", "out", 3), ("in", "out", 0)), "loops") == []


def test_long_loops_need_no_recursion() -> None:
    """More populations in one loop than Python stacks calls."""
    n = 1500
    names = [f"p{i:04}" for i in range(n)]
    ring = [(a, b, 0) for a, b in zip(names, [*names[1:], names[0]], strict=True)]
    network = graph(7, ("in", names[0], 0), (names[0], "out", 0), *ring)

    (finding,) = of_rule(network, "loops")

    assert f"a loop of {n % 7} more than whole tokens" in finding.value


@pytest.mark.parametrize(("phase", "n_found"), [(2, 1), (3, 0), (4, 0)])
def test_readout_hears_the_token_after_the_shortest_way(phase: int, n_found: int) -> None:
    """Three hops, or one of four steps."""
    network = graph(6, *CHAIN, ("in", "out", 3), phase=phase)

    assert len(of_rule(network, "readout_phase")) == n_found


@given(network=strategies.token_clocks())
def test_token_clocks_follow_the_token_clock(network: Network) -> None:
    """As `to_network` lays them out, with and without a split."""
    for each in (network, split(network)):
        rules = {finding.rule for finding in check(each).findings}
        assert rules.isdisjoint({"loops", "readout_phase", "delay", "steps_per_token"})


@given(network=strategies.networks())
def test_every_network_has_a_report(network: Network) -> None:
    """What can be built can be checked; JSON holds the numbers."""
    for chip in CHIP_LIMITS:
        report = check(network, chip)

        assert json.loads(json.dumps(report.to_json()))["ok"] == (report.n_errors == 0)
        if chip == "loihi2":
            assert report.n_errors == 0  # the constructors refuse what it cannot hold


def test_population_without_input_is_checked() -> None:
    """Its bias alone moves it."""
    network = to_network(tiny.clock())
    lonely = replace(network, populations=(*network.populations, tiny.lif("lonely", 1, bias=5)))

    assert check(lonely, given={"fan_in": 0}).to_json()["ranges"]["lonely"] == {
        "a_in_worst": (0, 0),
        "u_worst": (0, 0),
        "v_worst": (0, 20),
        "a_in_observed": None,
        "u_observed": None,
        "v_observed": None,
    }
