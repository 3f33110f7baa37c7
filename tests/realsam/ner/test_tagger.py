"""The host of a tagger: what it feeds, when it listens, and what a literal end of text does."""

import numpy as np
import pytest

from realsam.ir import Driver, Host, Run
from realsam.ner.corpus import Span
from realsam.ner.tagger import Tagger, fed
from realsam.vocab import END_OF_TEXT
from tests import tiny

TAGS = ("O", "B-A", "I-A")


def scripted(answers: list[int], delay: int) -> tuple[Tagger, list[np.ndarray]]:
    """A tagger whose network says these tags, and what it was fed."""
    vocabulary, heard = tiny.vocabulary(), list[np.ndarray]()
    code = np.arange(vocabulary.size)[:, None] >> np.arange(9) & 1
    host = Host(code, np.eye(3), np.zeros(3), 1.0, vocabulary.end_of_text, TAGS, delay)

    def play(driver: Driver) -> Run:
        while (spikes := driver.spikes()) is not None:
            heard.append(spikes)
        said = np.pad(answers, (1 + delay, 0))
        assert len(said) == len(heard)
        voltage = np.eye(3, dtype=np.int64)[said] << 6
        return Run("script", "", 1, {}, voltage, np.ones(len(said)))

    return Tagger(host, vocabulary, play), heard


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_tags_are_read_so_many_tokens_later(delay: int) -> None:
    """The text follows the end of text, line feeds follow the text."""
    text = "Ann Žižek."
    words = tiny.vocabulary().words(text)
    said = [tag for word, tag in zip(words, (1, 2, 0, 0), strict=False) for _ in word.tokens]
    tagger, heard = scripted(said + [0] * (sum(len(w.tokens) for w in words) - len(said)), delay)

    found = tagger.spans(text)

    assert text[: words[1].end] == text[found[0].start : found[0].end]
    tokens = fed(tiny.vocabulary(), words, delay)
    assert tokens[0] == tiny.vocabulary().end_of_text
    assert tokens[1 : len(tokens) - delay] == tiny.vocabulary().encode(text)
    assert "\n" * delay == tiny.vocabulary().decode(tokens[len(tokens) - delay :])
    assert np.array_equal(tagger.host.code[tokens], heard)


def test_an_empty_text_has_no_spans_and_is_not_played() -> None:
    """There is nothing to feed."""
    tagger, heard = scripted([], 3)

    assert tagger.spans("") == []
    assert heard == []


def test_a_literal_end_of_text_is_a_word() -> None:
    """It shifts no place behind it."""
    text = f"a {END_OF_TEXT} b"
    n_tokens = len(tiny.vocabulary().encode(text))
    tagger, _ = scripted([0] * (n_tokens - 1) + [1], 2)

    assert [Span(len(text) - 1, len(text), "A")] == tagger.spans(text)
