"""Which nodes stand for what: delays, currents with memory, biases, readouts, names."""

from pathlib import Path

import nir
import numpy as np
import pytest

from export.nir import from_nir, to_graph, to_nir
from export.nir.neuron import DT
from export.nir.timing import depths, timed
from export.nir.write import node_names
from export.quantize.always_on import always_on
from realsam.errors import ExportError
from realsam.ir import Input, Lif, Network, Projection


def lif(name: str, du: int = 4095, dv: int = 1024, bias: int = 0, vth: int = 1) -> Lif:
    """One neuron."""
    return Lif(name, *(np.array([x]) for x in (du, dv, bias, vth)))


def edge(source: str, target: str, delay: int = 0, weight: int = 2, exp: int = 0) -> Projection:
    """One synapse."""
    return Projection(target, (source,), np.array([[weight]]), np.array([delay]), exp)


def net(*parts: Lif | Projection, steps: int = 1, phase: int = 0) -> Network:
    """These populations and synapses; the last population is read."""
    populations = tuple(p for p in parts if isinstance(p, Lif))
    into = tuple(p for p in parts if isinstance(p, Projection))
    return Network(Input("in", 1), populations, into, populations[-1].name, steps, phase)


def lags(network: Network) -> dict[str, tuple[int, bool]]:
    """Of every synapse, its lag and whether it closes a loop."""
    found = timed(network, depths(network))
    return {f"{c.source}->{c.target}": (int(c.lag[0]), c.closes_loop) for c in found}


A, B = lif("a"), lif("b")


def test_the_fastest_way_is_the_depth() -> None:
    """A skip makes the slower way late, not the skip early."""
    network = net(A, B, edge("in", "a"), edge("a", "b"), edge("in", "b"))

    assert depths(network) == {"in": 0, "a": 1, "b": 1}
    assert lags(network) == {"in->a": (0, False), "a->b": (1, False), "in->b": (0, False)}


def test_a_balanced_skip_takes_no_time() -> None:
    """The delay of a skip brings it together with the other way."""
    network = net(A, B, edge("in", "a"), edge("a", "b"), edge("in", "b", delay=1))

    assert depths(network) == {"in": 0, "a": 1, "b": 2}
    assert set(lags(network).values()) == {(0, False)}


def test_loops_close_where_no_other_edge_is_late() -> None:
    """Its own spikes take a step; a loop that a delay makes late is not closed once more."""
    own = net(A, edge("in", "a"), edge("a", "a"))
    token = net(A, B, edge("in", "a"), edge("a", "b"), edge("b", "a", delay=2), steps=4, phase=2)
    mutual = net(A, B, edge("in", "a"), edge("in", "b"), edge("a", "b"), edge("b", "a"))

    assert lags(own)["a->a"] == (1, True)
    assert lags(token)["b->a"] == (1, True)
    assert (lags(mutual)["a->b"], lags(mutual)["b->a"]) == ((1, False), (1, False))


def test_what_the_input_does_not_reach_is_as_late_as_what_it_feeds() -> None:
    """So that its spikes take no time; alone it plays in step 0."""
    network = net(A, B, lif("c"), edge("in", "c", delay=4), edge("a", "b"), edge("b", "c", delay=1))

    assert depths(network) == {"in": 0, "a": 2, "b": 3, "c": 5}
    assert depths(net(A, B, edge("in", "b"))) == {"in": 0, "a": 0, "b": 1}


def test_a_depth_beyond_a_token_is_a_later_token() -> None:
    """Three steps per token, four hops."""
    network = net(A, edge("in", "a", delay=3), steps=3, phase=1)

    assert depths(network)["a"] == 4
    assert lags(network) == {"in->a": (0, False)}


def test_spikes_between_two_steps_are_refused() -> None:
    """At two steps per token a delay of one step more meets nothing."""
    network = net(A, B, edge("in", "a"), edge("in", "b"), edge("a", "b"), steps=2, phase=1)

    with pytest.raises(ExportError, match=r"a->b\[0\]: NIR cannot hold delay = 0, which meets b"):
        lags(network)


def test_delays_are_nodes_in_front_of_the_weights() -> None:
    """In seconds, one number per source neuron."""
    two = Projection("a", ("in",), np.array([[2, 4]]), np.array([0, 3]))
    network = Network(Input("in", 2), (A,), (two,), "a")

    graph = to_graph(network, "spec")

    assert ("in", "in_to_a_delay") in graph.edges
    assert ("in_to_a_delay", "in_to_a") in graph.edges
    np.testing.assert_allclose(graph.nodes["in_to_a_delay"].delay, [0, 3 * DT])


def test_a_current_with_memory_is_a_cubalif() -> None:
    """Its input counts in full, its bias acts on the voltage."""
    memory = lif("a", du=1023, dv=2048, bias=96)

    node = to_graph(net(memory, edge("in", "a")), "spec").nodes["a"]

    assert isinstance(node, nir.CubaLIF)
    assert node.tau_syn / DT == node.w_in == 4
    assert node.tau_mem / DT == node.r == 2
    assert node.v_leak * DT / node.tau_mem == 96 / 64


@pytest.mark.parametrize(
    ("readout", "kind"),
    [
        (lif("a", dv=4096, vth=131072), nir.Output),
        (lif("a", vth=131072), nir.LI),
        (lif("a", du=7, vth=131072), nir.CubaLI),
        (lif("a", vth=131071), nir.LIF),
    ],
)
def test_readouts(readout: Lif, kind: type) -> None:
    """A sum is the Output itself; what remembers or spikes feeds it."""
    graph = to_graph(net(readout, edge("in", "a")), "spec")

    assert isinstance(graph.nodes["a"], kind)
    assert (("a", "output") in graph.edges) == (kind is not nir.Output)


def test_a_readout_that_others_hear_is_a_neuron() -> None:
    """Its Output would pass on a voltage."""
    network = net(B, lif("a", dv=4096, vth=131072), edge("in", "a"), edge("a", "b"))

    assert isinstance(to_graph(network, "spec").nodes["a"], nir.LIF)


@pytest.mark.parametrize("steps", [1, 5])
def test_always_on_becomes_biases(steps: int, tmp_path: Path) -> None:
    """As in the file that such a network was imported from; the integers are kept beside them."""
    clock, loops = always_on("on", steps)
    terms = edge("on", "a", weight=6), edge("in", "a"), edge("on", "a", weight=-2, exp=3)
    network = net(clock, A, *loops, *terms, steps=steps, phase=int(steps > 1))

    graph = to_graph(network)
    to_nir(network, tmp_path / "n.nir")

    assert sorted(graph.nodes) == ["a", "in", "in_to_a", "output"]
    assert graph.nodes["in_to_a"].bias.tolist() == [6 - 16]
    assert from_nir(tmp_path / "n.nir") == network


@pytest.mark.parametrize(
    "parts",
    [
        (edge("on", "a", delay=2),),
        (edge("on", "a"), edge("a", "on")),
        (Projection("a", ("on", "in"), np.array([[2, 2]]), np.zeros(2)),),
    ],
    ids=["late", "hears", "mixed"],
)
def test_another_always_on_stays_a_neuron(parts: tuple[Projection], tmp_path: Path) -> None:
    """Late, heard together with others, or a neuron that hears something."""
    network = net(always_on("on", 1)[0], A, edge("in", "a"), *parts)

    to_nir(network, tmp_path / "n.nir", "spec")

    assert "on" in to_graph(network, "spec").nodes
    assert from_nir(tmp_path / "n.nir") == network


def test_what_feeds_nothing_feeds_zeros_to_itself(tmp_path: Path) -> None:
    """NIR would take it for another Output; in portable files the loop has its identity."""
    network = net(A, B, edge("in", "a"), edge("in", "b"))

    edges = to_graph(network).edges

    assert edges[-3:] == [("a", "a_to_a"), ("a_to_a", "a_loop"), ("a_loop", "a")]
    assert not to_graph(network).nodes["a_to_a"].weight.any()


def test_names_become_names_of_attributes() -> None:
    """No two alike; a name that is one already keeps it."""
    names = ["a.b", "a_b", "a b", "1", "_1", "Ω", ".", "->"]

    found = node_names(names)

    assert list(found.values()) == ["a_b_", "a_b", "a_b__", "_1_", "_1", "_", "__", "___"]


def test_every_name_comes_back(tmp_path: Path) -> None:
    """Of the input and of readouts, too; the identity and the Output bear them as hints."""
    for name in ("lif1.lif", "\n", "0", "Ω.λ"):
        for vth in (1, 131072):
            populations = lif("output"), lif(name, dv=4096, vth=vth)
            heard = edge("a b", "output"), edge("output", name)
            network = Network(Input("a b", 1), populations, heard, name)

            for profile in ("portable", "spec"):
                to_nir(network, tmp_path / "n.nir", profile)

                assert from_nir(tmp_path / "n.nir") == network


def test_projections_keep_their_order_and_their_sources(tmp_path: Path) -> None:
    """Split and mixed as they were, with the same source twice."""
    twice = Projection("b", ("a", "in", "a"), np.array([[2, 4, 6]]), np.array([0, 1, 0]), 2)
    network = net(A, B, twice, edge("in", "a"), edge("a", "b", exp=-1), edge("in", "a", exp=1))

    to_nir(network, tmp_path / "n.nir")

    assert from_nir(tmp_path / "n.nir") == network
