"""Evaluation: what a Network and its Host know of a text.

Protocol: every document starts cold after a reset with the end-of-text token, keeps its state to
its end, and every token is scored, the closing end-of-text included. Bytes are those of the
documents' text; tokens count one end-of-text per document.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from realsam.ir import Host, Network, perplexity, spiking
from realsam.nn.backend import TorchNetwork
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import Played
from realsam.nn.precision import matmul_precision
from realsam.vocab import Vocabulary

_BATCH = 128  # documents at a time
_CHUNK = 64  # tokens at a time


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
            "perplexity": self.perplexity,
            "bits_per_byte": self.bits_per_byte,
            "bytes_per_token": self.bytes_per_token,
            "firing_rate": self.firing_rate,
            "populations": [
                {"name": name, "neurons": self.n_neurons[name], "firing_rate": rate}
                for name, rate in self.firing_rates.items()
            ],
        }


def evaluate(
    network: Network,
    host: Host,
    vocabulary: Vocabulary,
    documents: Sequence[str],
    device: str = "cpu",
    on_batch: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score documents; `on_batch` hears how many of how many are done."""
    scorer = _Scorer(network, host, device)
    tokens = sorted(vocabulary.encode_all(list(documents)), key=len)
    with matmul_precision("highest"):  # logits have more bits than TF32
        for first in range(0, len(tokens), _BATCH):
            scorer.score(tokens[first : first + _BATCH])
            if on_batch:
                on_batch(min(first + _BATCH, len(tokens)), len(tokens))
    names = spiking(network)
    return Evaluation(
        len(tokens),
        sum(map(len, tokens)) + len(tokens),
        sum(len(d.encode()) for d in documents),
        host.vocab_size,
        scorer.nats,
        {n: scorer.n_spikes[n] for n in names},
        {n: network.sizes[n] for n in names},
    )


class _Scorer:
    """Sums of nats and spikes over batches of documents."""

    def __init__(self, network: Network, host: Host, device: str) -> None:
        self._engine = TorchNetwork(network, device)
        self._end = host.end_of_text
        put = self._engine.device
        self._code = torch.tensor(host.code, dtype=torch.float32, device=put)
        self._decode = torch.tensor(host.decode, dtype=torch.float32, device=put)
        self._bias = torch.tensor(host.bias, dtype=torch.float32, device=put)
        self._unit = host.nats_per_logit
        self.nats = 0.0
        self.n_spikes = dict.fromkeys((p.name for p in network.populations), 0)

    @torch.no_grad()
    def score(self, documents: list[list[int]]) -> None:
        """Add up to _BATCH documents."""
        longest = -(-(1 + max(map(len, documents))) // _CHUNK) * _CHUNK
        # Constant shapes: short batches and documents are filled up and masked.
        tokens = np.full((longest + 1, _BATCH), self._end, np.int64)
        valid = np.zeros((longest, _BATCH), bool)
        for b, document in enumerate(documents):
            tokens[1 : len(document) + 1, b] = document
            valid[: len(document) + 1, b] = True
        ids = torch.tensor(tokens, device=self._engine.device)
        mask = torch.tensor(valid, device=self._engine.device)
        state = self._engine.start(_BATCH)
        for t in range(0, longest, _CHUNK):
            piece = slice(t, t + _CHUNK)
            played = self._engine.play(self._code[ids[piece]], state)
            state = played.state
            self._add(played, ids[t + 1 : t + 1 + _CHUNK], mask[piece])

    def _add(self, played: Played, targets: Tensor, mask: Tensor) -> None:
        logits = (played.voltage[mask] / STATE_ONE) @ self._decode.T + self._bias
        nats = torch.nn.functional.cross_entropy(
            logits * self._unit, targets[mask], reduction="none"
        )
        self.nats += float(nats.double().sum())
        for name, spikes in zip(self.n_spikes, played.fired, strict=False):  # the readout has none
            self.n_spikes[name] += int(spikes[mask].sum())
