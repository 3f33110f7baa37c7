"""Scoring in torch: many documents at a time, for devices that like that."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from realsam.evaluation import Progress, Scores
from realsam.ir import Host, Network
from realsam.nn.backend import TorchNetwork
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import Played
from realsam.nn.precision import matmul_precision

_BATCH = 128  # documents at a time
_CHUNK = 64  # tokens at a time


def score(
    network: Network,
    host: Host,
    documents: Sequence[Sequence[int]],
    on_done: Progress | None = None,
    device: str = "cpu",
) -> Scores:
    """Score documents; see `realsam.evaluation.Score`.

    Raises:
        NetworkError: if torch cannot play the network, see `realsam.nn.backend`.
    """
    scorer = _Scorer(network, host, device)
    ordered = sorted(documents, key=len)
    with matmul_precision("highest"):  # logits have more bits than TF32
        for first in range(0, len(ordered), _BATCH):
            scorer.score(ordered[first : first + _BATCH])
            if on_done:
                on_done(min(first + _BATCH, len(ordered)), len(ordered))
    return Scores(scorer.nats, scorer.n_spikes)


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
    def score(self, documents: Sequence[Sequence[int]]) -> None:
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
