"""Networks: what fits together, what is refused, and a digest of every number."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from realsam.errors import NetworkError
from realsam.ir import Input, Network, Projection, Reset
from tests import tiny

Change = Callable[[Network], Network]


def register(name: str) -> Change:
    """Add one to a register of the second neuron of population a."""

    def change(network: Network) -> Network:
        lif = network.populations[0]
        values = getattr(lif, name) - np.array([0, 1])
        if name == "bias":
            values = values + 2
        return replace(network, populations=(replace(lif, **{name: values}), tiny.lif("b")))

    return change


def synapse(**values: object) -> Change:
    """Change the second projection."""

    def change(network: Network) -> Network:
        first, second = network.projections
        return replace(network, projections=(first, replace(second, **values)))

    return change


def forgetful(network: Network, at: int, reset: Reset) -> Network:
    """Give one population resets."""
    populations = list(network.populations)
    populations[at] = replace(populations[at], reset=reset)
    return replace(network, populations=tuple(populations))


CHANGES: dict[str, Change] = {
    "du": register("du"),
    "dv": register("dv"),
    "bias": register("bias"),
    "vth": register("vth"),
    "name": lambda n: replace(
        n,
        populations=(tiny.lif("c"), tiny.lif("b")),
        projections=(
            replace(n.projections[0], target="c", sources=("in", "c")),
            replace(n.projections[1], sources=("c",)),
        ),
    ),
    "weight": synapse(weight=np.array([[2, 2], [0, 2]])),
    "delay": synapse(delay=np.array([0, 1])),
    "exponent": synapse(weight_exp=2),
    "target": synapse(target="a"),
    "sources": synapse(sources=("b",)),
    "order of projections": lambda n: replace(n, projections=n.projections[::-1]),
    "one projection less": lambda n: replace(n, projections=n.projections[:1]),
    "readout": lambda n: replace(n, readout="a"),
    "steps per token": lambda n: replace(n, steps_per_token=5),
    "readout phase": lambda n: replace(n, readout_phase=1),
    "message bits": lambda n: replace(n, input=Input("in", 2, 8)),
    "other message bits": lambda n: replace(n, input=Input("in", 2, 9)),
    "a reset": lambda n: forgetful(n, 0, Reset(4)),
    "a later reset": lambda n: forgetful(n, 0, Reset(4, 1)),
    "a rarer reset": lambda n: forgetful(n, 0, Reset(5)),
    "a reset of another population": lambda n: forgetful(n, 1, Reset(4)),
    "input": lambda n: replace(n, input=Input("lines", 2), projections=n.projections[1:]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_digest_changes_with_every_number(change: Change) -> None:
    """One other register, weight or name is another network."""
    network = tiny.network()

    other = change(network)

    assert network.digest != other.digest
    assert network != other


def test_all_changes_are_different_networks() -> None:
    """From each other, too."""
    digests = [change(tiny.network()).digest for change in CHANGES.values()]

    assert len(digests) == len(set(digests))


def test_digest_without_extensions_is_pinned() -> None:
    """Bundles name it: what came later leaves older networks alone."""
    assert tiny.network().digest[:16] == "51b013f507d258db"


def test_equal_networks_are_equal() -> None:
    """Equality and hash look at the values, not at the object."""
    assert tiny.network() == tiny.network()
    assert hash(tiny.network()) == hash(tiny.network())


def test_network_is_nothing_else() -> None:
    """Comparison with something foreign is false."""
    assert tiny.network() != "network"


@pytest.mark.parametrize("name", ["", "in", "b", "a/b"])
def test_unusable_names_are_refused(name: str) -> None:
    """Names are unique, not empty, and no paths."""
    with pytest.raises(NetworkError, match="is not unique or not usable"):
        Network(Input("in", 2), (tiny.lif(name), tiny.lif("b")), (), "b")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps_per_token": 0}, "steps_per_token = 0 is outside 1..62"),
        ({"steps_per_token": 63}, "steps_per_token = 63 is outside 1..62"),
        ({"readout_phase": -1}, "readout_phase = -1 is outside 0..3"),
        ({"readout_phase": 4}, "readout_phase = 4 is outside 0..3"),
        ({"readout": "c"}, "readout 'c' is no population"),
        ({"readout": "in"}, "readout 'in' is no population"),
    ],
)
def test_impossible_tokens_and_readouts_are_named(values: dict[str, object], message: str) -> None:
    """The message says what is wrong with which value."""
    with pytest.raises(NetworkError) as raised:
        replace(tiny.network(), **values)

    assert message == raised.value.message


@pytest.mark.parametrize(
    ("target", "sources", "unknown"),
    [("c", ("a",), "c"), ("a", ("c",), "c"), ("in", ("a",), "in")],
)
def test_projection_needs_known_ends(target: str, sources: tuple[str, ...], unknown: str) -> None:
    """A projection from or to nobody, or to the input, is refused."""
    stray = Projection(target, sources, np.zeros((2, 2), np.int16), np.zeros(2, np.int64))

    with pytest.raises(NetworkError, match=f"'{unknown}' is no population it can use"):
        replace(tiny.network(), projections=(stray,))


@pytest.mark.parametrize("shape", [(1, 2), (2, 3), (3, 2)])
def test_projection_needs_the_shape_of_its_ends(shape: tuple[int, int]) -> None:
    """Rows are target neurons, columns are source neurons."""
    stray = Projection("b", ("a",), np.zeros(shape, np.int16), np.zeros(shape[1], np.int64))

    with pytest.raises(NetworkError) as raised:
        replace(tiny.network(), projections=(stray,))

    assert str(raised.value) == f"a->b: weight is {shape}; its populations need (2, 2)"


@pytest.mark.parametrize(("bits", "lines"), [(24, 1 << 18), (24, (1 << 18) - 1), (23, 1 << 18)])
def test_sums_beyond_64_bits_are_refused(bits: int, lines: int) -> None:
    """At an exponent of 7, two projections: strict mode could not see a sum that comes round."""
    weight = np.broadcast_to(np.array([[2]], np.int16), (1, lines // 2))
    into = Projection("a", ("in",), weight, np.zeros(lines // 2, np.int64), 7)
    parts = Input("in", lines // 2, bits), (tiny.lif("a", 1),), (into, into), "a"
    if bits == 24 and lines == 1 << 18:
        with pytest.raises(NetworkError, match=f"a: its input may sum up to {1 << 56}, not below"):
            Network(*parts)
    else:
        assert Network(*parts).input.message_bits == bits


def test_input_comes_first_in_the_spike_vector() -> None:
    """Then the populations in their order."""
    network = tiny.network()

    assert list(network.sizes.items()) == [("in", 2), ("a", 2), ("b", 2)]
    assert network.spans == {"in": slice(0, 2), "a": slice(2, 4), "b": slice(4, 6)}


def test_columns_follow_the_sources() -> None:
    """Each column of a projection points at its neuron of the spike vector."""
    network = tiny.network()

    assert network.columns(network.projections[0]).tolist() == [0, 1, 2, 3]
    assert network.columns(network.projections[1]).tolist() == [2, 3]


def test_fan_out_counts_synapses_that_are_not_zero() -> None:
    """Zeros are stored and are no synapses."""
    fan_out = {name: n.tolist() for name, n in tiny.network().fan_out().items()}

    assert fan_out == {"in": [1, 1], "a": [2, 2], "b": [0, 0]}


def test_fan_out_adds_up_when_a_source_is_named_twice() -> None:
    """Two columns of one neuron are two synapses."""
    twice = Projection("b", ("a", "a"), np.full((2, 4), 2, np.int16), np.array([0, 0, 1, 1]))

    assert replace(tiny.network(), projections=(twice,)).fan_out()["a"].tolist() == [4, 4]


def test_population_is_found_by_name() -> None:
    """The right one of several."""
    assert tiny.network().population("b").name == "b"
