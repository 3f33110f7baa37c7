"""The baseline: an embedding, one bidirectional LSTM layer and a linear readout, all float.

Source: Huang, Xu and Yu 2015, arXiv 1508.01991 (BiLSTM taggers).
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from realsam.arrays import I64
from realsam.ner.corpus import Span
from realsam.ner.tagger import fed
from realsam.ner.tags import best_tags, spans, word_scores
from realsam.nn.config import ModelConfig
from realsam.train.config import TrainConfig
from realsam.train.optimize import schedule
from realsam.train.tagging import TaggerData

_UNIT = 1 << 16  # logits become integers of 1 / _UNIT nats, as the host of a tagger has them
_IGNORED = -100  # target of what fills a batch up


class BiLstm(nn.Module):
    """Token ids [T, B] to logits of tags [T, B, tags]."""

    def __init__(self, config: ModelConfig, tags: int, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocab_size, config.code_bits)
        self.lstm = nn.LSTM(config.code_bits, units, bidirectional=True)
        self.readout = nn.Linear(2 * units, tags)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """See the class."""
        heard, _ = self.lstm(self.dropout(self.embedding(tokens)))
        logits: Tensor = self.readout(self.dropout(heard))
        return logits


def parameters(model: nn.Module) -> int:
    """Trained numbers of a model."""
    return sum(p.numel() for p in model.parameters())


def built(config: ModelConfig, tags: int, wanted: int) -> BiLstm:
    """The BiLSTM whose number of parameters comes closest to the wanted one."""
    with torch.device("meta"):
        sizes = {u: parameters(BiLstm(config, tags, u)) for u in range(8, 1025, 8)}
    return BiLstm(config, tags, min(sizes, key=lambda units: abs(sizes[units] - wanted)))


def train(model: BiLstm, data: TaggerData, config: TrainConfig, device: torch.device) -> None:
    """Train with Adam on random sentences, batch * window tokens a step.

    Args:
        model: trained in place.
        data: with a delay of 0.
        config: steps, batch, window, lr, clip and seed.
        device: where.
    """
    model.to(device).train()
    optimizer = torch.optim.Adam(model.parameters(), config.lr)
    rng, sizes = np.random.default_rng(config.seed), [len(d) for d in data.documents]
    n = max(1, round(config.batch * config.window / (1 + np.mean(sizes))))
    for step in range(config.steps):
        chosen = rng.integers(0, len(sizes), n)
        longest = max(sizes[i] for i in chosen)
        tokens = torch.full((1 + longest, n), data.vocabulary.end_of_text)
        targets = torch.full((1 + longest, n), _IGNORED)
        for b, i in enumerate(chosen):
            tokens[1 : 1 + sizes[i], b] = torch.tensor(data.documents[i])
            targets[1 : 1 + sizes[i], b] = torch.tensor(data.targets[i])
        logits = model(tokens.to(device)).flatten(0, 1)
        loss = nn.functional.cross_entropy(
            logits, targets.flatten().to(device), ignore_index=_IGNORED
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        for group in optimizer.param_groups:
            group["lr"] = config.lr * schedule(step, config)
        optimizer.step()
    model.eval()


def tagger(model: BiLstm, data: TaggerData) -> Callable[[str], list[Span]]:
    """What finds the spans of a text, as `Tagger.spans` does."""

    @torch.no_grad()
    def find(text: str) -> list[Span]:
        words = data.vocabulary.words(text)
        tokens = torch.tensor(fed(data.vocabulary, words, 0), device=model.readout.weight.device)
        nats = model(tokens[:, None])[1:, 0].log_softmax(-1)
        logits: I64 = (nats.cpu().double() * _UNIT).round().numpy().astype(np.int64)
        return spans(text, words, best_tags(word_scores(logits, words), data.tags))

    return find
