"""Evaluation: what a Network and its Host know of a text.

Protocol: every document starts cold after a reset with the end-of-text token, keeps its state to
its end, and every token is scored, the closing end-of-text included. Bytes are those of the
documents' text; tokens count one end-of-text per document. The long-stream figure beside it is of
the same tokens laid end to end in a few streams, which are reset only at their start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from realsam.ir import Host, Network, perplexity, spiking
from realsam.vocab import Vocabulary


@dataclass(frozen=True)
class Scores:
    """Sums over the tokens of some documents."""

    nats: float  # negative log-likelihood
    n_spikes: dict[str, int]  # per population


Progress = Callable[[int, int], None]  # hears how many documents of how many are done
# Scores documents, each from reset: [end-of-text, *document], every next token up to the closing
# end-of-text. Every scorer gives the same spikes.
Score = Callable[[Network, Host, Sequence[Sequence[int]], Progress | None], Scores]


@dataclass(frozen=True)
class Evaluation:
    """Sums over a text; ratios are derived."""

    n_documents: int
    n_tokens: int
    n_bytes: int
    vocab_size: int
    nats: float
    n_spikes: dict[str, int]  # per spiking population
    n_neurons: dict[str, int]
    stream_nats: float | None = None  # of the long streams, if they were played

    @property
    def nats_per_token(self) -> float:
        """Mean negative log-likelihood of a token."""
        return self.nats / self.n_tokens

    @property
    def perplexity(self) -> float:
        """Exponential of the nats per token."""
        return perplexity(self.nats_per_token)

    @property
    def bits_per_byte(self) -> float:
        """Total information in bits over the bytes of text."""
        return self.nats / float(np.log(2)) / self.n_bytes

    @property
    def bytes_per_token(self) -> float:
        """Bytes of text over tokens."""
        return self.n_bytes / self.n_tokens

    @property
    def firing_rates(self) -> dict[str, float]:
        """Spikes per neuron and token, per spiking population."""
        return {
            name: n / (self.n_neurons[name] * self.n_tokens) for name, n in self.n_spikes.items()
        }

    @property
    def firing_rate(self) -> float:
        """Spikes per neuron and token over all spiking populations."""
        neurons = max(1, sum(self.n_neurons.values()))
        return sum(self.n_spikes.values()) / (neurons * self.n_tokens)

    def to_json(self) -> dict[str, object]:
        """The values and ratios under their stable names."""
        return {
            "documents": self.n_documents,
            "tokens": self.n_tokens,
            "bytes": self.n_bytes,
            "vocab_size": self.vocab_size,
            "nats_per_token": self.nats_per_token,
            **self._streamed(),
            "perplexity": self.perplexity,
            "bits_per_byte": self.bits_per_byte,
            "bytes_per_token": self.bytes_per_token,
            "firing_rate": self.firing_rate,
            "populations": [
                {"name": name, "neurons": self.n_neurons[name], "firing_rate": rate}
                for name, rate in self.firing_rates.items()
            ],
        }

    def _streamed(self) -> dict[str, float]:
        if self.stream_nats is None:
            return {}
        return {"nats_per_token_streamed": self.stream_nats / self.n_tokens}


def evaluate(
    network: Network,
    host: Host,
    vocabulary: Vocabulary,
    documents: Sequence[str],
    score: Score,
    on_done: Progress | None = None,
    streams: int = 0,
) -> Evaluation:
    """Score documents.

    Args:
        network: what spikes.
        host: its encoder and decoder.
        vocabulary: the tokens.
        documents: texts.
        score: who plays them.
        on_done: hears of the progress.
        streams: how many long streams to lay the same documents into, too, if there are more
            documents than that; 0 for none.
    """
    tokens = vocabulary.encode_all(list(documents))
    cold = score(network, host, tokens, on_done)
    # Of fewer documents each would be a stream of its own, and start cold.
    joined = _joined(tokens, streams, host) if 0 < streams < len(tokens) else []
    carried = score(network, host, joined, on_done) if joined else None
    names = spiking(network)
    return Evaluation(
        len(tokens),
        sum(map(len, tokens)) + len(tokens),
        sum(len(d.encode()) for d in documents),
        host.vocab_size,
        cold.nats,
        {n: cold.n_spikes[n] for n in names},
        {n: network.sizes[n] for n in names},
        carried.nats if carried else None,
    )


def _joined(documents: Sequence[Sequence[int]], streams: int, host: Host) -> list[list[int]]:
    """Documents end to end in up to that many streams, the end-of-text between them."""
    long = []
    for part in np.array_split(np.arange(len(documents)), streams):
        ends = ([host.end_of_text, *documents[i]] for i in part)
        long.append([token for document in ends for token in document][1:])
    return long
