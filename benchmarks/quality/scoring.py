"""Scores a baseline by the protocol of `realsam.evaluation`, many documents at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.quality.baseline import Baseline
from realsam.documents import read_documents
from realsam.evaluation import Evaluation
from realsam.nn.precision import matmul_precision
from realsam.vocab import Vocabulary

_BATCH = 128  # documents at a time
_CHUNK = 64  # tokens at a time


@dataclass(frozen=True)
class Text:
    """A text to score."""

    name: str
    documents: list[list[int]]  # token ids, without end-of-text
    n_bytes: int

    @property
    def n_tokens(self) -> int:
        """Tokens that are scored, one end-of-text per document included."""
        return sum(map(len, self.documents)) + len(self.documents)

    @staticmethod
    def read(path: Path, vocabulary: Vocabulary) -> "Text":
        """Read a text file; it is named by the file."""
        documents = read_documents(path)
        n_bytes = sum(len(document.encode()) for document in documents)
        return Text(path.name.partition(".")[0], vocabulary.encode_all(documents), n_bytes)


def evaluate(model: Baseline, text: Text, vocabulary: Vocabulary) -> Evaluation:
    """Score a text, every document from a cold start; nothing is dropped out."""
    nats, n_fired = score(model, text.documents, vocabulary.end_of_text)
    names = [f"layer{i}" for i in range(1, 1 + len(model.neurons))]
    return Evaluation(
        len(text.documents),
        text.n_tokens,
        text.n_bytes,
        vocabulary.size,
        nats,
        dict(zip(names, n_fired, strict=True)),
        dict(zip(names, model.neurons, strict=True)),
    )


def score(
    model: Baseline, documents: Sequence[Sequence[int]], end_of_text: int
) -> tuple[float, list[int]]:
    """Nats of all tokens of the documents, and the spikes of each layer."""
    nats, n_fired = 0.0, torch.zeros(len(model.neurons), dtype=torch.int64)
    ordered = sorted(documents, key=len)
    was_training = model.training
    model.eval()
    with matmul_precision("highest"):
        for first in range(0, len(ordered), _BATCH):
            part_nats, part_fired = _batch(model, ordered[first : first + _BATCH], end_of_text)
            nats, n_fired = nats + float(part_nats), n_fired + part_fired.cpu()
    model.train(was_training)
    return nats, n_fired.tolist()


@torch.no_grad()
def _batch(
    model: Baseline, documents: Sequence[Sequence[int]], end_of_text: int
) -> tuple[Tensor, Tensor]:
    """Sums of one batch, on its device."""
    device = model.output_bias.device
    longest = 1 + max(map(len, documents))
    # Filled up to the longest; what stands behind a document is played and not counted.
    ids = torch.full((longest + 1, len(documents)), end_of_text)
    valid = torch.zeros((longest, len(documents)), dtype=torch.bool)
    for b, document in enumerate(documents):
        ids[1 : len(document) + 1, b] = torch.tensor(document, dtype=torch.int64)
        valid[: len(document) + 1, b] = True
    ids, valid = ids.to(device), valid.to(device)
    alive, state = (ids != end_of_text).float(), model.start(len(documents), device)
    nats = torch.zeros((), dtype=torch.float64, device=device)
    n_fired = torch.zeros(len(model.neurons), dtype=torch.int64, device=device)
    for t in range(0, longest, _CHUNK):
        piece = slice(t, min(t + _CHUNK, longest))
        z, state, fired = model(ids[piece], alive[piece], state)
        counted, targets = valid[piece], ids[1:][piece]
        nats += model.nats(z[counted], targets[counted]).double().sum()
        n_fired += fired[counted].long().sum(0)
    return nats, n_fired
