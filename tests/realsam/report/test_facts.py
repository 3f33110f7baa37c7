"""What counting needs to know of a network, against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from realsam.ir import Projection, as_list
from realsam.report import facts_of, groups_of
from tests import tiny
from tests.realsam.report import profiles


def test_populations_stand_in_their_order() -> None:
    """With kinds, sizes and updates per token: neurons times four steps, none of input lines."""
    facts = facts_of(tiny.network())

    assert [(p.name, p.kind, p.n_neurons, p.n_updates) for p in facts.populations] == [
        ("in", "input", 2, 0),
        ("a", "lif", 2, 8),
        ("b", "lif", 2, 8),
    ]


def test_readout_is_a_kind_of_its_own() -> None:
    """All of its thresholds are out of reach."""
    silent = replace(tiny.network(), populations=(tiny.lif("a"), tiny.lif("b", vth=131072)))

    assert [p.kind for p in facts_of(silent).populations] == ["input", "lif", "readout"]


def test_a_link_per_projection_and_source() -> None:
    """Each line has one synapse to a, each of a one to a and one to b; zeros are stored."""
    assert [
        (q.source, q.target, q.projection, q.fan_out.tolist(), q.n_stored)
        for q in facts_of(tiny.network()).links
    ] == [
        ("in", "a", "in+a->a", [1, 1], 4),
        ("a", "a", "in+a->a", [1, 1], 4),
        ("a", "b", "a->b", [1, 1], 4),
    ]


def test_a_list_stores_no_zeros() -> None:
    """Weights as a list: two of four places."""
    network = tiny.network()
    lists = tuple(replace(q, weight=as_list(q.matrix)) for q in network.projections)

    assert [q.n_stored for q in facts_of(replace(network, projections=lists)).links] == [2, 2, 2]


def test_a_source_named_twice_is_one_link() -> None:
    """Its synapses add up."""
    twice = Projection("b", ("a", "a"), np.array([[2, 0, 2, 2], [0, 0, 2, 0]]), np.zeros(4, int))
    network = replace(tiny.network(), projections=(twice,))

    (link,) = facts_of(network).links

    assert (link.fan_out.tolist(), link.n_stored) == ([3, 1], 8)


def test_host_costs_its_decoder() -> None:
    """Four tokens by two readout neurons; a code is looked up; without a host nothing."""
    assert facts_of(tiny.network(), tiny.host()).host_macs == {"encode": 0, "decode": 8}
    assert facts_of(tiny.network()).host_macs == {"encode": 0, "decode": 0}
    assert facts_of(tiny.network()).vocab_size == 0


def test_footprint_is_what_the_fields_need() -> None:
    """12 weights of a byte; 4 neurons of 105 bits and 6 delays of 6; 4 x 2 code bits."""
    assert facts_of(tiny.network(), tiny.host()).footprint_bytes == {
        "weights": 12,
        "registers": (4 * 105 + 6 * 6 + 7) // 8,
        "host": 1 + 4 * 2 + 4 * 8,
    }


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("memory.core", "memory.gate"), {"memory": ["memory.core", "memory.gate"]}),
        (("memory.core", "b"), {"memory": ["memory.core"], "b": ["b"]}),
        (("a.x.y", ".b"), {"a": ["a.x.y"], ".b": [".b"]}),
    ],
)
def test_group_is_the_name_before_the_dot(
    names: tuple[str, str], groups: dict[str, list[str]]
) -> None:
    """A population without one is its own group; input lines are in none."""
    found = groups_of(facts_of(profiles.named(*names)))

    assert groups == {name: [p.name for p in members] for name, members in found.items()}
