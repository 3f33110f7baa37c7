"""Encoding: the tokens of the library to the last one, and the text comes back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data import encoding
from realsam.data.encoding import Encoder, byte_level_vocabulary
from realsam.errors import DataError
from realsam.vocab import Vocabulary
from tests import tiny

# Where one word ends and the next begins, for the library and for Python; edges first.
TRICKY = [
    *(" ", "  ", "\n", "\n\n", " \n", "\t", "\r", "\x00", "\x1c", "\x1f", "\x7f", "\x85", "\xa0"),
    *(
        "\u2028",
        "\u3000",
        "\u200b",
        "\ufeff",
        "'",
        "''",
        "'s",
        "'re",
        "'ll",
        "'S",
        "a",
        "Ab",
        "don't",
    ),
    *(
        "é",
        "e\u0301",
        "ß",
        "я",
        "漢",
        "😀",
        "1",
        "23",
        "²",
        "½",
        "Ⅷ",
        "٣",
        ".",
        ",",
        "--",
        "—",
        "_",
    ),
    *("€", "<|", "|>", "Once upon", " a time"),
]
texts = st.lists(st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"])).map("".join)


def encoded(encoder: Encoder, *given: str) -> list[list[int]]:
    """Tokens of texts."""
    return [np.frombuffer(e, encoder.dtype).tolist() for e in map(encoder.encode, given)]


@given(given_texts=st.lists(texts, max_size=5))
def test_tokens_are_those_of_the_vocabulary(given_texts: list[str]) -> None:
    """Whatever characters meet."""
    vocabulary = tiny.vocabulary()

    expected = [vocabulary.encode(text) for text in given_texts]

    assert encoded(Encoder(vocabulary), *given_texts) == expected


@given(text=texts)
def test_text_comes_back(text: str) -> None:
    """Every character has its bytes in the vocabulary."""
    (tokens,) = encoded(Encoder(tiny.vocabulary()), text)

    assert tiny.vocabulary().decode(tokens) == text


def test_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the time that it takes."""
    encoder, stories = Encoder(tiny.vocabulary()), [*tiny.stories(20), "x" * 500]
    first = encoded(encoder, *stories)
    monkeypatch.setattr(encoding, "MAX_WORDS", 3)

    again = [encoded(encoder, story)[0] for story in stories]

    assert first == again
    assert not encoder._known


def test_long_words_are_not_remembered() -> None:
    """Text without spaces would fill the memory."""
    encoder = Encoder(tiny.vocabulary())

    encoder.encode("x" * 500 + " short")

    assert set(encoder._known) == {" short"}


@pytest.mark.parametrize(("size", "name"), [(1 << 16, "uint16"), ((1 << 16) + 1, "uint32")])
def test_tokens_take_two_bytes_if_they_can(
    monkeypatch: pytest.MonkeyPatch, size: int, name: str
) -> None:
    """Four above 65,536 of them."""
    monkeypatch.setattr(Vocabulary, "size", size)

    assert Encoder(tiny.vocabulary()).dtype.name == name


def test_vocabulary_is_found_in_a_folder_or_a_file(tmp_path: Path) -> None:
    """As runs, bundles and prepared texts keep it."""
    path = tmp_path / "tokenizer.json"
    path.write_text(tiny.vocabulary().to_json())

    for place in (path, tmp_path):
        assert byte_level_vocabulary(place).to_json() == tiny.vocabulary().to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {
            "pre_tokenizer": {
                "type": "ByteLevel",
                "add_prefix_space": True,
                "trim_offsets": True,
                "use_regex": True,
            }
        },
        {"normalizer": {"type": "Lowercase"}},
        {
            "truncation": {
                "max_length": 4,
                "strategy": "LongestFirst",
                "stride": 0,
                "direction": "Right",
            }
        },
    ],
    ids=str,
)
def test_other_tokenizers_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Their text would not come back."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(json.loads(tiny.vocabulary().to_json()) | change))

    with pytest.raises(DataError, match="no byte-level tokenizer with"):
        byte_level_vocabulary(path)


def test_missing_tokenizer_is_one_line(tmp_path: Path) -> None:
    """With what to give."""
    with pytest.raises(DataError, match=r"tokenizer\.json: not readable .*; give a run, a bundle"):
        byte_level_vocabulary(tmp_path)
