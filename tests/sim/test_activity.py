"""Replays that count whose voltage moved, against the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.arrays import I64, Spikes
from realsam.ir import Network, Replay, to_network
from sim import reference
from sim.activity import observe
from tests import strategies, tiny


def moved(network: Network, spikes: Spikes) -> dict[str, list[int]]:
    """What the reference says: voltages after each step against those before it."""
    engine = reference.Reference(network)
    found: dict[str, list[int]] = {p.name: [] for p in network.populations}
    for row in spikes.astype(network.input.dtype):
        counts = dict.fromkeys(found, 0)
        for phase in range(network.steps_per_token):
            before: dict[str, I64] = {name: state.v for name, state in engine.state.items()}
            engine.step(row if phase == 0 else np.zeros_like(row))
            for name, v in before.items():
                counts[name] += int(np.count_nonzero(engine.state[name].v != v))
        for name, n in counts.items():
            found[name].append(n)
    return found


def check(network: Network, seed: int) -> None:
    """The simulator's run and counts are the reference's."""
    spikes = strategies.input_spikes(np.random.default_rng(seed), network, 6)

    seen = observe(network, spikes)

    assert moved(network, spikes) == {n: values.tolist() for n, values in seen.n_moved.items()}
    assert seen.run.digests() == reference.run(network, Replay(spikes)).digests()


@given(strategies.networks(), st.integers(0, 99))
def test_any_network(network: Network, seed: int) -> None:
    """With current memory, delays, resets and graded input."""
    check(network, seed)


@given(strategies.token_clocks(), st.integers(0, 99))
def test_token_clock(network: Network, seed: int) -> None:
    """A language model's."""
    check(network, seed)


@pytest.mark.parametrize("network", [tiny.network(), to_network(tiny.clock())])
def test_silence_moves_nothing(network: Network) -> None:
    """At rest, without input."""
    seen = observe(network, np.zeros((3, 2), np.uint8))

    assert {n for values in seen.n_moved.values() for n in values.tolist()} == {0}


def test_no_tokens() -> None:
    """An empty run, empty counts."""
    seen = observe(tiny.network(), np.zeros((0, 2), np.uint8))

    assert seen.run.n_tokens == 0
    assert [values.size for values in seen.n_moved.values()] == [0, 0]
