"""Why stock lava-dl cannot run a population: every reason by name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from export.netx import reasons, require_plain
from realsam.arrays import I16
from realsam.errors import ExportError
from realsam.ir import Input, Network, Projection, Reset
from tests.export.networks import chain, chains

W = np.array([[2, -4], [8, 0], [6, 2]], np.int16)
PLAIN = chain(W, np.full((1, 4), 2, np.int16))  # the second one hears itself


def first(network: Network, **changes: object) -> Network:
    """The network with another first population."""
    lif, *others = network.populations
    return replace(network, populations=(replace(lif, **changes), *others))


def into(network: Network, **changes: object) -> Network:
    """The network with other synapses into the first population."""
    q, *others = network.projections
    return replace(network, projections=(replace(q, **changes), *others))


def weights(given: object) -> I16:
    """The same weight everywhere."""
    return np.full_like(W, given)


def test_a_chain_is_plain() -> None:
    """With recurrence, biases of whole weights and any registers."""
    biased = first(PLAIN, bias=np.array([64, -128, 0]), du=np.array([0, 7, 4095]))

    assert reasons(biased) == {"layer1": (), "layer2": ()}
    require_plain(biased)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (first(PLAIN, reset=Reset(4)), "has resets, which stock netx takes as arguments"),
        (
            replace(PLAIN, input=Input("input", 2, 8)),
            "hears graded input, whose bits stock netx takes as an argument",
        ),
        (
            into(PLAIN, sources=("layer2", "layer2")),
            "hears layer2, layer2 in place of input, or of input and itself",
        ),
        (into(PLAIN, delay=np.array([0, 3])), "has delays of up to 3 steps"),
        (into(PLAIN, weight_exp=2), "has weight_exp = 2"),
        (
            first(PLAIN, bias=np.array([0, 1, 0])),
            "has biases that are no multiples of 64, or too large",
        ),
        (
            first(PLAIN, bias=np.array([4095 << 7, 0, 0])),
            "has biases that are no multiples of 64, or too large",
        ),
        (into(PLAIN, weight=weights(0)), "has no weights but 0, on which stock netx fails"),
        (
            into(PLAIN, weight=weights(-64)),
            "has no positive weight and -64 as the largest, which Lava would clip",
        ),
    ],
)
def test_each_reason_is_named(network: Network, expected: str) -> None:
    """Alone, and of the one population that it concerns."""
    assert reasons(network) == {"layer1": (expected,), "layer2": ()}


def test_every_reason_of_every_population_is_told() -> None:
    """In one line."""
    late = into(first(PLAIN, reset=Reset(4)), delay=np.array([1, 1]))
    a, b = late.projections
    both = replace(late, projections=(a, replace(b, weight_exp=-1)))

    with pytest.raises(ExportError) as raised:
        require_plain(both)

    assert str(raised.value) == (
        "not plain netx: layer1 has resets, which stock netx takes as arguments, has delays of up "
        "to 1 steps; layer2 has weight_exp = -1; leave --plain out"
    )


def test_a_population_that_hears_nothing() -> None:
    """Stock netx would feed it with its predecessor."""
    alone = replace(PLAIN, projections=PLAIN.projections[:1])

    assert reasons(alone)["layer2"] == (
        "hears nothing in place of layer1, or of layer1 and itself",
        "has no weights but 0, on which stock netx fails",
    )


@settings(max_examples=50, deadline=None)
@given(network=chains())
def test_a_chain_that_is_not_plain_says_why(network: Network) -> None:
    """Joined synapses that stock netx chains need no other order."""
    joined = tuple(
        Projection(q.target, (source,), q.weight[:, columns], q.delay[columns])
        for q in network.projections
        for source, columns in _columns(network, q)
    )

    assert reasons(replace(network, projections=joined)) == reasons(network)


def _columns(network: Network, q: Projection) -> list[tuple[str, slice]]:
    ends = np.cumsum([network.sizes[source] for source in q.sources]).tolist()
    return [(s, slice(e - network.sizes[s], e)) for s, e in zip(q.sources, ends, strict=True)]
