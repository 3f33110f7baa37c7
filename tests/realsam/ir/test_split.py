"""Splitting by register value: the same spikes, to the last."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import NetworkError
from realsam.ir import Network, Replay, joined, register_groups, split, splits, to_network
from sim import reference
from tests import strategies, tiny


def few_values(network: Network) -> Network:
    """The network with two values of each register: groups of more than one neuron."""
    populations = []
    for lif in network.populations:
        half = np.arange(lif.size) % 2
        registers = {r: getattr(lif, r)[half % lif.size] for r in ("du", "dv", "vth")}
        populations.append(replace(lif, **registers))
    return replace(network, populations=tuple(populations))


@given(network=strategies.networks(), seed=st.integers(0, 2**32 - 1), is_few=st.booleans())
def test_split_network_is_spike_exact(network: Network, seed: int, is_few: bool) -> None:
    """Rejoined runs of any network: delays, exponents, payloads, resets, repeated sources."""
    network = few_values(network) if is_few else network
    spikes = strategies.input_spikes(np.random.default_rng(seed), network, 8)

    apart = reference.run(split(network), Replay(spikes))

    whole = reference.run(network, Replay(spikes))
    again = joined(apart.spikes, splits(network))
    assert set(again) == set(whole.spikes)
    assert all(np.array_equal(whole.spikes[name], again[name]) for name in again)
    assert np.array_equal(whole.voltage, apart.voltage)


@given(network=strategies.networks())
def test_parts_have_one_value_per_register(network: Network) -> None:
    """All but the readout, which stays whole."""
    for lif in split(network).populations:
        assert len(register_groups(lif)) == 1 or lif.name == network.readout


@given(network=strategies.networks())
def test_split_is_idempotent(network: Network) -> None:
    """There is nothing left to divide."""
    once = split(network)

    assert split(once) == once


def test_parts_are_named_in_order() -> None:
    """By the first neuron of each; layer1 has three values of dv, layer2 four."""
    network = to_network(tiny.clock())

    assert [p.name for p in split(network).populations] == [
        *(f"layer1.{i}" for i in range(3)),
        *(f"layer2.{i}" for i in range(4)),
        "readout",
    ]
    assert [p.dv[0] for p in split(network).populations[:3]] == [0, 100, 200]


def test_named_populations_alone_are_split() -> None:
    """The others stay."""
    network = to_network(tiny.clock())

    assert [p.name for p in split(network, ["layer1"]).populations] == [
        "layer1.0",
        "layer1.1",
        "layer1.2",
        "layer2",
        "readout",
    ]


def test_uniform_network_is_itself() -> None:
    """No copy, no new names."""
    network = tiny.network()

    assert split(network) is network


def uneven_readout() -> Network:
    """Its readout b has two thresholds."""
    network = tiny.network()
    b = replace(network.populations[1], vth=np.array([1, 2]))
    return replace(network, populations=(network.populations[0], b))


def test_readout_is_left_whole_or_refused_by_name() -> None:
    """The host reads one population."""
    assert split(uneven_readout()) == uneven_readout()
    with pytest.raises(NetworkError, match="b: the readout cannot be split"):
        split(uneven_readout(), ["b"])


@pytest.mark.parametrize("name", ["c", "in"])
def test_unknown_population_is_refused(name: str) -> None:
    """By name."""
    with pytest.raises(NetworkError, match=f"'{name}' is no population to split"):
        split(tiny.network(), [name])


def test_taken_name_is_refused() -> None:
    """A population that already has the name of a part."""
    network = to_network(tiny.clock())
    taken = replace(network, populations=(*network.populations, tiny.lif("layer1.0")))

    with pytest.raises(NetworkError, match=r"population name 'layer1\.0' is not unique"):
        split(taken)
