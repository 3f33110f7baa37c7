"""Training of taggers: targets stand where the delay puts them, and something is learned."""

import numpy as np
import pytest
import torch

from realsam.errors import TrainingError
from realsam.ner.corpus import Sentence, Span
from realsam.ner.tags import labels
from realsam.nn.model import SpikingLM
from realsam.train import tagging
from realsam.train.data import Position, Windows
from realsam.train.loop import Progress
from realsam.train.tagging import TAGGER, TaggerData, train_tagger
from realsam.vocab import Vocabulary
from tests.realsam.ner import synthetic

SIZES, CONFIG = TAGGER.changed(
    {"width": 64, "vocab_size": 300, "steps": 30, "batch": 8, "window": 16}
)


@pytest.fixture(autouse=True)
def few_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each sentence."""
    monkeypatch.setattr(tagging, "COPIES", 2)


def trained(seed: int = 0, **changes: object) -> tuple[SpikingLM, list[Progress]]:
    """A tagger of the synthetic sentences, and what it said on the way."""
    sizes, config = TAGGER.changed({**vars(SIZES), **vars(CONFIG), "seed": seed, **changes})
    data = TaggerData.of(synthetic.sentences(), 300, seed)
    heard: list[Progress] = []
    return train_tagger(data, sizes, config, torch.device("cpu"), heard.append), heard


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_targets_are_the_tags_so_many_tokens_ago(delay: int) -> None:
    """Before the first tag it is O, as after the end of a text."""
    sentence = Sentence("Call Ann Lee.", (Span(5, 12, "PERSON"),))

    data = TaggerData.of([sentence], 300, 0, delay)

    words = data.vocabulary.words(sentence.text)
    tokens = [t for word in words for t in word.tokens]
    tags = [tag for word, tag in zip(words, labels(sentence, words), strict=True) for _ in word[0]]
    assert tokens == data.documents[0][: len(tokens)]
    assert ["O"] * delay + tags == [data.tags[i] for i in data.targets[0]]
    assert data.targets[0] == data.line()[1 : 1 + len(tokens) + delay].tolist()


def test_windows_give_tokens_and_tags_of_one_place() -> None:
    """Wherever the shuffle puts a sentence, a token's target stays that of its line."""
    data = TaggerData.of(synthetic.sentences(), 300, 0, delay=2)
    line, end = data.line(), data.vocabulary.end_of_text
    windows = Windows(data.documents, end, 4, 16, seed=0)

    window = next(windows.start(Position(0, 0)))

    whole = np.concatenate([[end, *document] for document in data.documents])
    assert windows.n_tokens == len(line)
    assert np.array_equal(whole[window.places], window.tokens)


def test_a_vocabulary_is_learned_from_all_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all copies are read, too: 2 copies of 40, of which 40 are read."""
    monkeypatch.setattr(tagging, "_READ", 40)
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(40)]
    heard: list[str] = []
    train = Vocabulary.train
    monkeypatch.setattr(
        Vocabulary, "train", lambda texts, size: heard.extend(texts) or train(texts, size)
    )

    TaggerData.of([Sentence(word, ()) for word in words], 300, 0, strength=0.0)

    assert len(heard) == 40
    assert 25 < len(set(heard)) < 40  # drawn: neither one copy of each, nor every other one twice


def test_more_sentences_have_fewer_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is told of them ends where all are laid out."""
    monkeypatch.setattr(tagging, "_COPIED", 10)
    heard: list[tuple[int, int]] = []

    data = TaggerData.of(
        [Sentence(f"No {i}", ()) for i in range(6)], 300, 0, on_copies=lambda *n: heard.append(n)
    )

    assert len(data.documents) == 6
    assert heard == [(12, 12)]


def test_training_learns_and_tells_how_far_it_is() -> None:
    """The loss falls below what a model has that knows nothing."""
    _, heard = trained()

    assert [progress.step for progress in heard] == [10, 20, 30]
    assert heard[-1].nats_per_token < 0.8 * heard[0].nats_per_token


def test_a_seed_gives_one_tagger() -> None:
    """And another seed another."""
    (first, _), (second, _), (other, _) = (
        trained(1, steps=3),
        trained(1, steps=3),
        trained(2, steps=3),
    )

    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(first.readout, other.readout)


def test_a_diverging_training_is_one_line() -> None:
    """It names the step and the cure."""
    with pytest.raises(TrainingError, match=r"step \d+: .*; train again with lower --lr"):
        trained(lr=1e30, matrix_lr=1e30)
