"""Evaluation: its ratios, and the text that a scorer is given."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, log

import pytest

from realsam.evaluation import Evaluation, Progress, Scores, evaluate
from realsam.ir import Host, Network, to_network
from tests import tiny

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


def test_long_streams_have_a_key_of_their_own() -> None:
    """Beside the cold starts, where they were played."""
    values = replace(EXAMPLE, stream_nats=20.0).to_json()

    assert values["nats_per_token"] == 2.0
    assert values["nats_per_token_streamed"] == 2.5


def heard(texts: list[str], streams: int) -> tuple[list[list[list[int]]], Evaluation]:
    """What a scorer is given, call by call; it returns one nat per token."""
    calls = []

    def score(
        network: Network,
        host: Host,
        documents: Sequence[Sequence[int]],
        on_done: Progress | None = None,
    ) -> Scores:
        calls.append([list(d) for d in documents])
        n_tokens = sum(len(d) + 1 for d in documents)
        return Scores(float(n_tokens), {p.name: 1 for p in network.populations})

    network = to_network(tiny.clock())
    result = evaluate(network, tiny.host(), tiny.vocabulary(), texts, score, streams=streams)
    return calls, result


def test_long_streams_hold_the_same_tokens() -> None:
    """Documents end to end, apart by the end of text; as many tokens are scored."""
    texts = ["One day.", "The cat.", "The end."]
    a, b, c = tiny.vocabulary().encode_all(texts)

    (cold, two), result = heard(texts, streams=2)

    end = tiny.host().end_of_text
    assert cold == [a, b, c]
    assert two == [[*a, end, *b], c]
    assert result.nats == result.stream_nats == result.n_tokens


def test_no_streams_for_few_documents() -> None:
    """Each would get one of its own, which is a cold start."""
    calls, result = heard(["One day.", "The end."], streams=2)

    assert len(calls) == 1
    assert result.stream_nats is None


def test_bytes_are_those_of_the_text() -> None:
    """UTF-8, separators and ends of text not counted."""
    texts = ["One day.", "Жил-был кот."]

    (cold,), result = heard(texts, streams=0)

    assert result.n_bytes == sum(len(t.encode()) for t in texts)
    assert result.n_tokens == sum(len(d) + 1 for d in cold)
    assert result.stream_nats is None
