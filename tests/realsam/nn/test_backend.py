"""The torch backend: any sources, batches of documents, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realsam.errors import NetworkError
from realsam.ir import Input, Layer, Network, Replay, TokenClock, readout_layer, to_network
from realsam.nn.backend import TorchNetwork, run
from sim import reference
from tests import strategies, tiny


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_sources_of_any_order_equal_reference(seed: int) -> None:
    """Layers that hear some populations, in any order, or twice."""
    rng = np.random.default_rng(seed)
    network = to_network(strategies.sparse_clock(rng))
    spikes = strategies.input_spikes(rng, network, 10)

    expected = reference.run(network, Replay(spikes)).digests()

    assert expected == run(network, Replay(spikes)).digests()


def test_documents_of_a_batch_do_not_touch() -> None:
    """Three documents at once are three documents."""
    rng = np.random.default_rng(0)
    network = to_network(strategies.token_clock(rng, width=12))
    documents = [strategies.input_spikes(rng, network, 9) for _ in range(3)]
    engine = TorchNetwork(network)

    code = torch.tensor(np.stack(documents, axis=1), dtype=torch.float32)
    played = engine.play(code, engine.start(3))

    for b, document in enumerate(documents):
        alone = reference.run(network, Replay(document))
        assert np.array_equal(alone.voltage, played.voltage[:, b].numpy())
        for i, spikes in enumerate(played.fired, 1):
            assert np.array_equal(alone.spikes[f"layer{i}"], spikes[:, b].numpy())


def test_state_joins_two_calls() -> None:
    """Nine tokens are four and five."""
    rng = np.random.default_rng(1)
    network = to_network(strategies.token_clock(rng))
    code = torch.tensor(strategies.input_spikes(rng, network, 9), dtype=torch.float32)[:, None]
    engine = TorchNetwork(network)

    whole = engine.play(code, engine.start(1))
    first = engine.play(code[:4], engine.start(1))
    second = engine.play(code[4:], first.state)

    assert torch.equal(whole.voltage, torch.cat([first.voltage, second.voltage]))


def test_empty_replay_gives_empty_run() -> None:
    """No tokens."""
    network = to_network(tiny.clock())

    assert run(network, Replay(np.zeros((0, 2), np.uint8))).n_tokens == 0


def test_run_names_its_version() -> None:
    """The notes say which torch it was."""
    network = to_network(tiny.clock())

    assert run(network, Replay(np.zeros((1, 2), np.uint8))).notes["torch"] == torch.__version__


def test_wrap_and_clip_of_the_readout() -> None:
    """A readout current beyond 24 bits wraps as the chip's does."""
    lines = 600  # 600 x 254 is beyond 2**17
    into = readout_layer("readout", ("in",), np.array([[254] * lines, [-256] * lines], np.int16))
    still = Layer("a", np.array([4096]), np.array([1]), ("in",), np.zeros((1, lines), np.int16))
    network = to_network(TokenClock(Input("in", lines), (still, into), 3))
    spikes = np.tri(lines, dtype=np.uint8)[[0, 500, 511, 512, 516, 599]]

    expected = reference.run(network, Replay(spikes)).voltage

    assert np.array_equal(expected, run(network, Replay(spikes)).voltage)
    assert expected.min() < 0 < expected.max()


def with_readout(**registers: int) -> Network:
    """The tiny clock with another readout."""
    network = to_network(tiny.clock())
    *layers, last = network.populations
    changed = {name: np.full(last.size, value) for name, value in registers.items()}
    return replace(network, populations=(*layers, replace(last, **changed)))


@pytest.mark.parametrize("registers", [{"vth": 131071}, {"dv": 4095}])
def test_readout_with_memory_or_spikes_is_refused(registers: dict[str, int]) -> None:
    """It would be played as a plain readout, and wrongly."""
    with pytest.raises(NetworkError, match="readout: torch plays no readout with a memory"):
        TorchNetwork(with_readout(**registers))


def test_feedback_from_a_later_layer_is_refused() -> None:
    """The torch play goes through the layers once per token."""
    one = np.full((1, 1), 2, np.int16)
    layers = (
        Layer("a", np.array([0]), np.array([1]), ("b",), one),
        Layer("b", np.array([0]), np.array([1]), ("in",), one),
        readout_layer("readout", ("b",), one),
    )

    with pytest.raises(NetworkError, match="b->a: torch plays no feedback from later layers"):
        TorchNetwork(to_network(TokenClock(Input("in", 1), layers, 5)))


def test_other_networks_are_refused() -> None:
    """What follows no token clock."""
    with pytest.raises(NetworkError, match="does not follow the token clock"):
        run(tiny.network(), Replay(np.zeros((1, 2), np.uint8)))
