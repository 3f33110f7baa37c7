"""Invariants of every layout."""

from contextlib import suppress
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import assume, given

from realsam.errors import MappingError
from realsam.ir import Input, Layer, TokenClock, readout_layer, to_network
from realsam.mapping import Layout, Memory, Sketch, from_network, from_shape, lay_out, memory_of
from realsam.mapping.layout import cost, once
from realsam.mapping.memory import RESOURCES
from realsam.mapping.place import least_cores, place
from realsam.mapping.sketch import CODE_LINES, READOUT, Link
from tests import tiny
from tests.realsam.mapping import sketches

seeds = sketches.seeds


def laid(seed: int) -> Layout:
    """A layout of a drawn sketch on drawn cores, where one is possible."""
    drawn = sketches.sketch(seed)
    try:
        return lay_out(drawn, sketches.small_memory(seed), sketches.spikes(seed, drawn), seed)
    except MappingError:
        assume(False)
        raise


@given(seed=seeds())
def test_every_neuron_is_on_one_core(seed: int) -> None:
    """No neuron is left out, none is on two cores, no core is empty."""
    layout = laid(seed)

    for name in layout.sketch.sizes:
        assert np.all(sketches.cores_of(layout, name) >= 0)
    assert set(range(layout.n_cores)) == set(layout.core.tolist())


@given(seed=seeds())
def test_every_synapse_is_counted_once_at_its_target(seed: int) -> None:
    """A part has the synapses into its neurons, however they are stored."""
    layout = laid(seed)

    for part in layout.parts:
        links = layout.sketch.into(part.population)
        into = [sketches.synapses(link)[part.start : part.stop] for link in links]
        assert sum(int(x.sum()) for x in into) == part.n_synapses
        assert sum(int(x.any(axis=0).sum()) for x in into) == part.n_in_axons


@given(seed=seeds())
def test_no_core_holds_more_than_it_can(seed: int) -> None:
    """Of any resource; chips too."""
    layout = laid(seed)

    for resource, most in zip(RESOURCES, layout.memory.capacity, strict=True):
        assert most is None or layout.per_core(resource).max() <= most
    assert np.bincount(layout.chip).max() <= layout.memory["cores"]


@given(seed=seeds())
def test_messages_are_spikes_times_target_cores(seed: int) -> None:
    """Each way by itself, and the axons with one spike of each neuron."""
    layout = laid(seed)
    spikes = sketches.spikes(seed, layout.sketch)

    slow = sketches.messages(layout, spikes)
    assert {way: n for way, n in slow.items() if n} == {
        way: n for way, n in asdict(layout.messages).items() if n
    }
    one = sketches.messages(layout, once(layout.sketch))
    assert sum(one.values()) == layout.axons.total


@given(seed=seeds())
def test_search_never_raises_the_cost(seed: int) -> None:
    """It starts with the greedy placement and keeps the total of the axons' ends."""
    layout = laid(seed)

    assert cost(layout.messages) <= cost(layout.start)
    assert layout.messages.total == layout.start.total


@given(seed=seeds())
def test_same_seed_gives_the_same_layout(seed: int) -> None:
    """Cores and chips of all parts."""
    a, b = laid(seed), laid(seed)

    assert a.parts == b.parts
    assert np.array_equal(a.core, b.core)
    assert np.array_equal(a.chip, b.chip)


@given(seed=seeds())
def test_no_placement_beats_the_least_number(seed: int) -> None:
    """The bound is one."""
    layout = laid(seed)

    assert least_cores(layout.sketch, layout.memory) <= layout.n_cores


@given(seed=seeds())
def test_what_fits_one_core_takes_one(seed: int) -> None:
    """If all parts together are within the capacity of a core."""
    drawn = sketches.sketch(seed)
    whole = place(drawn, memory_of("loihi2"))
    n_bytes = int(whole.use(memory_of("loihi2"))[:, 0].sum())

    def cores(core_bytes: int) -> int:
        memory = memory_of("loihi2").replaced({"core_bytes": core_bytes})
        return place(drawn, memory).n_cores

    assert whole.n_cores == 1
    assert cores(n_bytes) == 1
    if drawn.n_neurons > 1:
        with suppress(MappingError):  # one neuron may have nearly all of it
            assert cores(n_bytes - 1) > 1


def communities(n: int) -> tuple[Sketch, Memory]:
    """Populations a0, b0, a1, b1, ... of which only an and bn talk, in the worst order."""
    names = [f"{side}{i}" for side in "ab" for i in range(n)]
    pairs = [(f"a{i}", f"b{i}") for i in range(n)]
    links = tuple(Link(a, b, 10, 10, False) for pair in pairs for a, b in (pair, pair[::-1]))
    memory = memory_of("loihi2").replaced({"neurons": 20, "cores": 4})
    return Sketch("pairs", ("in", 1), dict.fromkeys(names, 10), links), memory


def test_search_brings_together_what_talks() -> None:
    """Pairs that the greedy order puts on different cores end on one."""
    layout = lay_out(*communities(6))

    assert layout.start.within_core == 0
    assert layout.messages.within_core == layout.messages.total == 120
    assert layout.n_cores == 6


def test_search_brings_cores_that_talk_onto_one_chip() -> None:
    """Where a core holds one population only."""
    sketch, memory = communities(8)
    layout = lay_out(sketch, memory.replaced({"neurons": 10, "cores": 4}))

    assert layout.start.between_cores == 0
    assert layout.messages.between_chips == 0
    assert layout.n_chips == 4


def test_neuron_that_no_core_can_hold_is_named() -> None:
    """With the synapses it has, what they take, and the limit to give."""
    with pytest.raises(MappingError, match=r"^layer1\[0\]: the 4,353 synapses .* 4,353 in axons"):
        lay_out(from_shape(1, 4096), memory_of("loihi1"))
    with pytest.raises(MappingError, match=r"more than the 400 .* --limit core_bytes=N"):
        lay_out(from_shape(1, 400), memory_of("loihi2").replaced({"core_bytes": 400}))
    with pytest.raises(MappingError, match=r"out axons, more than the 2 .* fewer targets"):
        lay_out(from_shape(2, 4), memory_of("loihi2").replaced({"out_axons": 2}))


@pytest.mark.parametrize(("layers", "width"), [(0, 4), (59, 4), (1, 0), (1, 1 << 21)])
def test_shape_out_of_range_is_refused(layers: int, width: int) -> None:
    """As no token clock has it."""
    with pytest.raises(MappingError, match="outside 1"):
        from_shape(layers, width)


def test_shape_is_that_of_a_token_clock() -> None:
    """Its layout is that of the network of this shape whose weights are all there."""
    heard, layers = {"input": CODE_LINES}, []
    for name in ("layer1", "layer2"):
        heard[name] = 30
        full = np.full((30, sum(heard.values())), 2, np.int16)
        zeros = np.zeros(30, np.int64)
        layers.append(Layer(name, zeros, zeros, tuple(heard), full))
    full = np.full((READOUT, sum(heard.values())), 2, np.int16)
    layers.append(readout_layer("readout", tuple(heard), full))
    network = to_network(TokenClock(Input("input", CODE_LINES), tuple(layers), 8))
    memory = memory_of("loihi1").replaced({"core_bytes": 20_000, "cores": 3})

    there, shape = (lay_out(of, memory) for of in (from_network(network), from_shape(2, 30)))

    assert there.parts == shape.parts
    assert there.messages == shape.messages
    assert there.axons == shape.axons
    assert there.n_chips > 1


def test_sketch_of_a_network_copies_no_weight() -> None:
    """Its links are views, in the order of the projections."""
    network = tiny.network()
    sketch = from_network(network)

    assert [(q.source, q.target) for q in sketch.links] == [("in", "a"), ("a", "a"), ("a", "b")]
    assert [q.delayed for q in sketch.links] == [False, True, False]
    for link, projection in zip(sketch.links, (0, 0, 1), strict=True):
        assert isinstance(link.weight, np.ndarray)
        assert np.shares_memory(link.weight, network.projections[projection].weight)
