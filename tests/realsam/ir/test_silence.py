"""The same network without the spikes of some populations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realsam.ir import Network, Replay, silenced
from sim import reference
from tests import strategies, tiny


def test_only_the_thresholds_change() -> None:
    """Of the populations that are named."""
    network = tiny.network()

    quiet = silenced(network, {"a"})

    assert [p.vth.tolist() for p in quiet.populations] == [[131072] * 2, [1, 1]]
    assert quiet.projections == network.projections
    assert quiet.digest != network.digest


def test_nobody_silenced_is_the_network() -> None:
    """And all of them never spike."""
    network = tiny.network()

    assert silenced(network, ()) == network


@given(strategies.networks(), st.integers(0, 99))
def test_silenced_neurons_never_spike(network: Network, seed: int) -> None:
    """Whatever drives them; the others hear nothing of them."""
    name = network.populations[0].name
    rng = np.random.default_rng(seed)
    spikes = strategies.input_spikes(rng, network, 6)

    run = reference.run(silenced(network, {name}), Replay(spikes))

    assert run.spikes[name].max() == 0
