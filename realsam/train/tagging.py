"""Training of a tagger: marked sentences in, a model that says the tags of every token.

Sentences are laid end to end as those of a language model are; the target of a token is the tag
of the word that was fed `delay` tokens before it.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from realsam.arrays import I64
from realsam.errors import DataError
from realsam.ner.augment import Augmenter
from realsam.ner.corpus import Sentence
from realsam.ner.tagger import fed
from realsam.ner.tags import labels, tags_of
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.nn.precision import matmul_precision
from realsam.train.backprop import Backprop
from realsam.train.config import Preset, TrainConfig
from realsam.train.data import Position, Window, Windows, laid_out
from realsam.train.loop import Progress
from realsam.train.objective import Objective
from realsam.train.optimize import Update
from realsam.train.origin import Origin
from realsam.train.parallel import ALONE
from realsam.train.watch import check_losses, check_parameters, shortage_named
from realsam.vocab import Vocabulary

TAGGER = Preset(
    ModelConfig.of(
        layers=2,
        width=256,
        vocab_size=1024,
        code_bits=128,
        groups=4,
        half_life=(0.7, 20.0),
        dropout=0.25,
    ),
    TrainConfig(
        preset="tagger",
        steps=1000,
        batch=32,
        lr=2e-3,
        matrix_lr=8e-3,
        warmup=20,
        target_firing=0.15,
    ),
    "2 layers of 256, vocabulary 1024: some minutes on a CPU",
)
DELAY = 1  # tokens that the tagger looks ahead
STRENGTH = 1.0  # of the changes to the copies
COPIES = 40  # of each sentence, all but the first one changed; fewer
_COPIED = 200_000  # of more sentences than make so many
_READ = 60_000  # copies that a vocabulary is learned from, at most
_LOG_EVERY = 10  # steps
_TELL_EVERY = 1000  # copies
_CURE = "train again with lower --lr and --matrix-lr"


@dataclass(frozen=True)
class TaggerData:
    """Sentences as tokens and tags; what a baseline learns from, too."""

    vocabulary: Vocabulary
    tags: tuple[str, ...]
    delay: int
    documents: list[list[int]]  # tokens of each sentence, without the end of text
    targets: list[list[int]]  # number of the tag after each of them

    @staticmethod
    def of(
        sentences: Sequence[Sentence],
        vocab_size: int,
        seed: int,
        delay: int = DELAY,
        strength: float = STRENGTH,
        vocabulary: Vocabulary | None = None,
        also: Sequence[Sequence[Sentence]] = (),
        on_copies: Callable[[int, int], None] | None = None,
    ) -> "TaggerData":
        """Lay COPIES of the sentences out; see `Augmenter` for strength and other corpora.

        Args:
            sentences: marked.
            vocab_size: of the vocabulary, which is learned from the copies.
            seed: of the copies.
            delay: tokens that the tagger looks ahead.
            strength: of the changes to the copies, 0..1.
            vocabulary: that of a body; none is learned then.
            also: marked, of other corpora.
            on_copies: hears how much of how much is done.

        Raises:
            DataError: if there is no sentence, or the vocabulary is too small.
        """
        if not sentences:
            raise DataError(
                "no sentence to learn from: the fold holds out all", "give more, or another --fold"
            )
        corpora = (sentences, *also)
        tags = tags_of(span.kind for corpus in corpora for s in corpus for span in s.spans)
        augmenter, copies = Augmenter(sentences, strength, seed, also), list[Sentence]()
        n_copies = min(COPIES, max(1, _COPIED // len(sentences)))
        total = 2 * augmenter.count(n_copies)  # each is made, and then laid out

        def tell(done: int) -> None:
            if on_copies and (done % _TELL_EVERY == 0 or done == total):
                on_copies(done, total)

        for sentence in augmenter.copies(n_copies):
            copies.append(sentence)
            tell(len(copies))
        if not vocabulary:
            read = random.Random(seed).sample(copies, min(_READ, len(copies)))
            vocabulary = Vocabulary.train([s.text for s in read], vocab_size)
        documents, targets = [], []
        for done, sentence in enumerate(copies, len(copies) + 1):
            words = vocabulary.words(sentence.text)
            named = zip(words, labels(sentence, words), strict=True)
            found = [tags.index(tag) for word, tag in named for _ in word.tokens]
            documents.append(fed(vocabulary, words, delay)[1:])
            targets.append([0] * delay + found)
            tell(done)
        return TaggerData(vocabulary, tags, delay, documents, targets)

    def line(self) -> I64:
        """The targets end to end, as `Windows` lays the tokens; after an end of text it is O."""
        return laid_out(self.targets, 0)[0].astype(np.int64)


def configured(
    changes: dict[str, Any], body: Origin | None = None
) -> tuple[ModelConfig, TrainConfig]:
    """Model and training of a tagger, with other values of some fields.

    Args:
        changes: values of fields of the two.
        body: the language model that it begins with, whose sizes it has.

    Raises:
        DataError: if a value is out of range, or a size is given besides a body.
    """
    sizes, config = TAGGER.changed(changes)
    if not body:
        return sizes, config
    for name in ("vocab_size", "layers", "width"):
        if name in changes:
            raise DataError(
                f"the model of --from brings its own --{name.replace('_', '-')}", "leave it out"
            )
    return replace(body.model.config, dropout=sizes.dropout), config


def train_tagger(
    data: TaggerData,
    sizes: ModelConfig,
    config: TrainConfig,
    device: torch.device,
    on_progress: Callable[[Progress], None],
    body: SpikingLM | None = None,
) -> SpikingLM:
    """A trained tagger, on the CPU; vocabulary and tags are those of the data.

    Args:
        data: what it learns from.
        sizes: of the tagger; those of the body, if there is one.
        config: how it is trained.
        device: where.
        on_progress: hears of it.
        body: a language model whose weights it begins with; only what says tags is new.

    Raises:
        DataError: if there is less text than one window.
        TrainingError: if the training diverges or runs out of memory.
    """
    torch.manual_seed(config.seed)
    sizes = replace(sizes, vocab_size=data.vocabulary.size, tags=len(data.tags))
    end, line = data.vocabulary.end_of_text, data.line()
    windows = Windows(data.documents, end, config.batch, config.window, config.seed)

    def targeted(window: Window) -> Window:
        return replace(window, targets=line[window.places])

    shortage = shortage_named(str(device), f"batch = {windows.batch}", "use a smaller --batch")
    with matmul_precision("high"), shortage:
        model = SpikingLM(sizes)
        if body:
            model.load_state_dict(model.state_dict() | _without_output(body))
        model.to(device)
        objective = Objective(model, config)
        backprop = Backprop(objective, model, config, windows.batch, end, device)
        update, stream = Update(model, config), windows.start(Position(0, 0))
        measured, since = [], time.perf_counter()
        for step in range(config.steps):
            dropout_seed = ALONE.seed(config.seed, step)
            measured.append(backprop(targeted(next(stream)), dropout_seed).clone())
            update(step)
            if (step + 1) % _LOG_EVERY == 0 or step + 1 == config.steps:
                rows = torch.stack(measured).cpu()
                check_losses(rows[:, 0].tolist(), step + 2 - len(rows), len(data.tags), _CURE)
                nats, *rates = rows.mean(0).tolist()
                n_tokens, now = len(rows) * config.window * windows.batch, time.perf_counter()
                on_progress(Progress(step + 1, nats, tuple(rates), n_tokens / (now - since)))
                measured, since = [], now
    check_parameters(model, config.steps, _CURE)
    return model.cpu()


def _without_output(body: SpikingLM) -> dict[str, torch.Tensor]:
    """The weights of a language model, but for those that say tokens."""
    return {name: w for name, w in body.state_dict().items() if name != "output_bias"}
