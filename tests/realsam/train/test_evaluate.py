"""The evaluator against a slow one made of the reference and the host, and its definitions."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from realsam.ir import Host, Network, Replay
from realsam.limits import NEVER_SPIKES
from realsam.lower import lower
from realsam.train.evaluate import Evaluation, evaluate
from sim import reference
from tests import tiny

DOCUMENTS = ["One day.", "Жил-был кот.", "The cat named Ann went to the park. " * 3, "!"]


@pytest.fixture(scope="module")
def model() -> tuple[Network, Host]:
    """A small language model with random weights."""
    return lower(tiny.model(width=20), tiny.vocabulary().end_of_text)


def slowly(network: Network, host: Host) -> tuple[float, int, dict[str, int]]:
    """Nats, tokens and spikes: one document after the other, from reset, every token scored."""
    nats, n_tokens, spikes = 0.0, 0, dict.fromkeys(("layer1", "layer2"), 0)
    for document in DOCUMENTS:
        tokens = tiny.vocabulary().encode(document)
        fed, following = [host.end_of_text, *tokens], [*tokens, host.end_of_text]
        run = reference.run(network, Replay(host.code[fed]))
        nats += host.nats(run.voltage, np.array(following)).sum()
        n_tokens += len(following)
        for name in spikes:
            spikes[name] += int(run.spikes[name].sum())
    return nats, n_tokens, spikes


def test_equals_the_slow_evaluator(model: tuple[Network, Host]) -> None:
    """Tokens and spikes to the last one, nats up to float32."""
    nats, n_tokens, spikes = slowly(*model)

    result = evaluate(*model, tiny.vocabulary(), DOCUMENTS)

    assert (n_tokens, spikes) == (result.n_tokens, result.n_spikes)
    assert nats == pytest.approx(result.nats, rel=1e-6)


def test_order_of_the_documents_does_not_matter(model: tuple[Network, Host]) -> None:
    """Each starts cold."""
    there = evaluate(*model, tiny.vocabulary(), DOCUMENTS)
    back = evaluate(*model, tiny.vocabulary(), DOCUMENTS[::-1])

    assert there.n_spikes == back.n_spikes
    assert there.nats == pytest.approx(back.nats, rel=1e-9)


def test_long_documents_cross_chunks(model: tuple[Network, Host]) -> None:
    """A document of several chunks scores like the same one of the slow evaluator."""
    network, host = model
    text = "The end of the tale. " * 40
    tokens = tiny.vocabulary().encode(text)
    run = reference.run(network, Replay(host.code[[host.end_of_text, *tokens]]))
    nats = host.nats(run.voltage, np.array([*tokens, host.end_of_text])).sum()

    result = evaluate(*model, tiny.vocabulary(), [text])

    assert result.n_tokens > 128
    assert nats == pytest.approx(result.nats, rel=1e-6)


def test_more_documents_than_a_batch(model: tuple[Network, Host]) -> None:
    """Batches of 128: all documents are counted and reported."""
    heard: list[tuple[int, int]] = []

    result = evaluate(
        *model, tiny.vocabulary(), ["Hi."] * 130, on_batch=lambda *done: heard.append(done)
    )

    one = evaluate(*model, tiny.vocabulary(), ["Hi."])
    assert result.n_documents == 130
    assert heard == [(128, 130), (130, 130)]
    assert result.nats == pytest.approx(130 * one.nats, rel=1e-6)
    assert result.n_spikes == {name: 130 * n for name, n in one.n_spikes.items()}


@pytest.mark.parametrize("silent", [("layer1",), ("layer1", "layer2")])
def test_layers_that_never_spike_have_no_rate(
    model: tuple[Network, Host], silent: tuple[str, ...]
) -> None:
    """Like the readout; the others keep theirs."""
    network, host = model
    populations = tuple(
        replace(p, vth=np.full(p.size, NEVER_SPIKES)) if p.name in silent else p
        for p in network.populations
    )

    result = evaluate(replace(network, populations=populations), host, tiny.vocabulary(), ["Hi."])

    assert {"layer1", "layer2"} - set(silent) == set(result.firing_rates)
    assert result.firing_rate >= 0


def test_bytes_are_those_of_the_text(model: tuple[Network, Host]) -> None:
    """UTF-8, separators and ends of text not counted."""
    result = evaluate(*model, tiny.vocabulary(), DOCUMENTS)

    assert result.n_bytes == sum(len(d.encode()) for d in DOCUMENTS)


EXAMPLE = Evaluation(
    n_documents=2,
    n_tokens=8,
    n_bytes=32,
    vocab_size=300,
    nats=16.0,
    n_spikes={"layer1": 24, "layer2": 8},
    n_neurons={"layer1": 6, "layer2": 2},
)


def test_ratios_follow_their_definitions() -> None:
    """16 nats over 8 tokens and 32 bytes, 32 spikes of 8 neurons in 8 tokens."""
    assert EXAMPLE.nats_per_token == 2.0
    assert EXAMPLE.perplexity == pytest.approx(exp(2))
    assert EXAMPLE.bits_per_byte == pytest.approx(16 / log(2) / 32)
    assert EXAMPLE.bytes_per_token == 4.0
    assert EXAMPLE.firing_rate == 0.5
    assert EXAMPLE.firing_rates == {"layer1": 0.5, "layer2": 0.5}


def test_json_keys_are_stable() -> None:
    """Programs read them."""
    assert list(EXAMPLE.to_json()) == [
        "documents",
        "tokens",
        "bytes",
        "vocab_size",
        "nats_per_token",
        "perplexity",
        "bits_per_byte",
        "bytes_per_token",
        "firing_rate",
        "populations",
    ]
