"""The graph and the fused process give the bits of the reference."""

import numpy as np
import pytest

from lava_runtime import backend
from realsam.ir import Network, Replay, Run, to_network
from sim import reference
from tests import strategies

pytestmark = pytest.mark.lava


def drawn(seed: int, steps_per_token: int | None = None) -> tuple[Network, Replay, Run]:
    """A network, a replay and what the reference makes of them."""
    rng = np.random.default_rng(seed)
    network = strategies.network(rng, steps_per_token)
    spikes = strategies.input_spikes(rng, network, 15)
    return network, Replay(spikes), reference.run(network, Replay(spikes))


def assert_equal(expected: Run, run: Run) -> None:
    """Compare every spike count and every readout voltage."""
    for name, spikes in expected.spikes.items():
        assert np.array_equal(spikes, run.spikes[name]), name
    assert np.array_equal(expected.voltage, run.voltage)


@pytest.mark.parametrize("seed", [5, 6, 7, 12, 13, 15, 18, 23])
def test_graph_equals_reference(seed: int) -> None:
    """Any network: several sources and projections, recurrence, delays, biases, exponents."""
    network, replay, expected = drawn(seed)

    assert_equal(expected, backend.run(network, replay, "graph"))


@pytest.mark.parametrize("seed", [3, 8, 11])
def test_graph_equals_reference_at_one_step_per_token(seed: int) -> None:
    """One step per token: the host samples after every step."""
    network, replay, expected = drawn(seed, steps_per_token=1)

    assert_equal(expected, backend.run(network, replay, "graph"))


@pytest.mark.parametrize("seed", [5, 7])
def test_fused_equals_reference_without_token_clock(seed: int) -> None:
    """A network that follows no token clock runs on the reference inside the fused process."""
    network, replay, expected = drawn(seed)

    assert_equal(expected, backend.run(network, replay, "fused"))


@pytest.mark.parametrize("mode", backend.MODES)
def test_token_clock_equals_reference(mode: str) -> None:
    """The layered network of a language model, dense skips and recurrence included."""
    rng = np.random.default_rng(4)
    network = to_network(strategies.token_clock(rng, layers=3, width=20))
    spikes = strategies.input_spikes(rng, network, 30)

    run = backend.run(network, Replay(spikes), mode)

    assert_equal(reference.run(network, Replay(spikes)), run)
    assert run.backend == f"lava-{mode}"
    assert float(run.notes["startup_seconds"]) > 0


@pytest.mark.parametrize("mode", backend.MODES)
def test_empty_replay_gives_empty_run(mode: str) -> None:
    """A driver without tokens ends at once."""
    network, _, _ = drawn(5)

    run = backend.run(network, Replay(np.zeros((0, network.input.size), np.uint8)), mode)

    assert run.n_tokens == 0


def test_success_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Lava's handlers and warnings do not reach the terminal, nor stay in the root logger."""
    import logging

    network, replay, _ = drawn(5)
    handlers = list(logging.getLogger().handlers)

    backend.run(network, replay, "graph")

    assert capfd.readouterr() == ("", "")
    assert handlers == logging.getLogger().handlers
