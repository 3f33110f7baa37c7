"""The vocabulary: every text can be written in it and read back."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realsam.errors import BundleError, DataError, PromptError
from realsam.vocab import (
    END_OF_TEXT,
    MAX_PROMPT_TOKENS,
    Stops,
    TextStream,
    Vocabulary,
    given_tokens,
    load_vocabulary,
    prompt_tokens,
)
from tests import tiny

EDGES = (
    "",
    " ",
    "\0",
    "\r\n",
    "  two",
    "É",
    "ß",
    "Жил-был",
    "猫",
    "👩‍👩‍👧",
    "\ufeff",
    "\U0010ffff",
)


def streamed(tokens: list[int]) -> str:
    """The text of tokens as a stream writes it."""
    stream = TextStream(tiny.vocabulary())
    return "".join([*map(stream.add, tokens), stream.end()])


@given(text=st.sampled_from(EDGES) | st.text())
def test_round_trip_of_any_text(text: str) -> None:
    """Nothing is normalized, trimmed or lost."""
    vocabulary = tiny.vocabulary()

    assert text == vocabulary.decode(vocabulary.encode(text))


@given(text=st.sampled_from(EDGES) | st.text())
def test_stream_writes_the_same_text(text: str) -> None:
    """Token by token."""
    assert text == streamed(tiny.vocabulary().encode(text))


@given(text=st.sampled_from([*EDGES, f"a{END_OF_TEXT}b"]) | st.text())
def test_words_have_the_tokens_of_the_text_and_their_places(text: str) -> None:
    """In order, without a gap; each has the bytes of its characters."""
    vocabulary = tiny.vocabulary()

    words = vocabulary.words(text)

    assert vocabulary.encode(text) == [token for word in words for token in word.tokens]
    assert "".join(text[word.start : word.end] for word in words) == text
    for word in words:
        part = text[word.start : word.end]
        assert vocabulary.decode(word.tokens) == part or part == END_OF_TEXT


@given(tokens=st.lists(st.integers(0, 299)))
@example(tokens=[0])
def test_any_tokens_have_a_text(tokens: list[int]) -> None:
    """Bytes that are no UTF-8 become U+FFFD, alike in one piece and streamed."""
    assert tiny.vocabulary().decode(tokens) == streamed(tokens)


def test_stream_holds_back_half_characters() -> None:
    """A character appears when its last byte does."""
    vocabulary = tiny.vocabulary()
    stream = TextStream(vocabulary)

    shown = [stream.add(token) for token in vocabulary.encode("猫!")]

    assert shown == ["", "", "猫", "!"]


def test_stream_ends_a_broken_character() -> None:
    """What is left over at the end is U+FFFD, once."""
    vocabulary = tiny.vocabulary()
    stream = TextStream(vocabulary)
    for token in vocabulary.encode("猫")[:-1]:
        stream.add(token)

    assert stream.end() == "\ufffd"


def test_end_of_text_has_no_text() -> None:
    """It is a token and no bytes."""
    vocabulary = tiny.vocabulary()

    assert vocabulary.piece(vocabulary.end_of_text) == b""
    assert vocabulary.decode([vocabulary.end_of_text]) == ""


def test_end_of_text_written_out_is_its_token() -> None:
    """A file may carry it as text."""
    vocabulary = tiny.vocabulary()

    assert vocabulary.encode(END_OF_TEXT) == [vocabulary.end_of_text]


def test_encode_all_is_encode_of_each() -> None:
    """Many texts at once, in order."""
    vocabulary = tiny.vocabulary()

    assert vocabulary.encode_all(list(EDGES)) == [vocabulary.encode(text) for text in EDGES]


def test_pieces_of_all_bytes_are_there() -> None:
    """256 tokens are single bytes."""
    vocabulary = tiny.vocabulary()

    singles = {vocabulary.piece(t) for t in range(vocabulary.size)} & {
        bytes([b]) for b in range(256)
    }

    assert len(singles) == 256


def test_smallest_size_is_bytes_and_end_of_text() -> None:
    """257 tokens write any text too."""
    vocabulary = Vocabulary.train(["some text"], 257)

    assert vocabulary.size == 257
    assert vocabulary.decode(vocabulary.encode("猫 cat")) == "猫 cat"


def test_size_below_the_bytes_is_refused() -> None:
    """256 leave no room for the end of text."""
    with pytest.raises(DataError) as raised:
        Vocabulary.train(["some text"], 256)

    assert raised.value.message == "vocabulary size 256 is below 257"


def test_training_is_deterministic() -> None:
    """The same texts give the same tokenizer."""
    first, second = (Vocabulary.train(tiny.stories(), 300) for _ in range(2))

    assert first.to_json() == second.to_json()


def test_json_round_trip() -> None:
    """A tokenizer file gives the same tokens."""
    vocabulary = tiny.vocabulary()

    back = Vocabulary.from_json(vocabulary.to_json(), "here")

    assert vocabulary.to_json() == back.to_json()
    assert vocabulary.encode("One day") == back.encode("One day")


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"version": "1.0"}', "null"])
def test_damaged_json_is_one_line(text: str) -> None:
    """The place is named."""
    with pytest.raises(BundleError, match=r"^here: not a readable tokenizer") as raised:
        Vocabulary.from_json(text, "here")

    assert "\n" not in str(raised.value)


def test_tokenizer_without_end_of_text_is_refused() -> None:
    """Another project's tokenizer."""
    foreign = tiny.vocabulary().to_json().replace(END_OF_TEXT, "<eos>")

    with pytest.raises(BundleError, match=re.escape(f"the tokenizer has no token {END_OF_TEXT}")):
        Vocabulary.from_json(foreign, "here")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, or not UTF-8."""
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BundleError, match=r"tokenizer\.json: not readable"):
        load_vocabulary(path)


def stopped(text: str, *stops: str) -> list[str]:
    """What a stream shows of a text, byte by byte, up to the first stop; its rest comes last."""
    vocabulary = tiny.vocabulary()
    ends = Stops(vocabulary, stops)
    stream, fed = TextStream(vocabulary, ends), list[int]()
    shown = []
    for token in [token for char in text for token in vocabulary.encode(char)]:
        fed.append(token)
        shown.append(stream.add(token))
        if ends(fed):
            break
    return [*shown, stream.end()]


@pytest.mark.parametrize(
    ("text", "stops", "shown"),
    [
        ("abc", (), "abc"),
        ("abc", ("c",), "ab"),
        ("abc", ("a",), ""),
        ("abcabc", ("bc",), "a"),
        ("aab", ("ab",), "a"),
        ("ab", ("abc",), "ab"),
        ("abd", ("abc", "d"), "ab"),
        ("xyz", ("yz", "xy"), ""),
        ("Grüße", ("ß",), "Grü"),
        ("a\nUser: b", ("\nUser:",), "a"),
        ("a\nUse: b", ("\nUser:",), "a\nUse: b"),
    ],
)
def test_text_ends_before_its_first_stop(text: str, stops: tuple[str, ...], shown: str) -> None:
    """Whatever came before is shown, also what looked like the beginning of one."""
    assert shown == "".join(stopped(text, *stops))
    assert shown == Stops(tiny.vocabulary(), stops).text(tiny.vocabulary().encode(text))


def test_beginning_of_a_stop_is_held_back() -> None:
    """Until it is clear that it is none."""
    assert stopped("abxab", "abc") == ["", "", "abx", "", "", "ab"]


@given(
    st.text(st.sampled_from("ab\nü"), max_size=12), st.text(st.sampled_from("ab\nü"), min_size=1)
)
def test_stream_and_text_agree(text: str, stop: str) -> None:
    """Any text and any stop, in tokens of all lengths."""
    vocabulary = tiny.vocabulary()
    expected = text.split(stop, maxsplit=1)[0]

    assert expected == "".join(stopped(text, stop))
    assert expected == Stops(vocabulary, [stop]).text(vocabulary.encode(text))


def test_stop_inside_a_token_is_met() -> None:
    """A token may go on after it."""
    vocabulary = tiny.vocabulary()
    token = next(t for t in range(vocabulary.size) if len(vocabulary.piece(t)) > 2)
    inside = vocabulary.piece(token)[1:2].decode()

    assert Stops(vocabulary, [inside])([token])
    assert not Stops(vocabulary, [inside])([])


def test_bad_stops_are_refused() -> None:
    """Nothing ends every text at once; half a character is none."""
    with pytest.raises(PromptError, match="a stop text is empty; give it characters"):
        Stops(tiny.vocabulary(), ["a", ""])
    with pytest.raises(PromptError, match="the stop text is not UTF-8 at character 1"):
        Stops(tiny.vocabulary(), ["a\udcff"])


def test_given_text_may_not_end_itself() -> None:
    """The one token that is no text."""
    with pytest.raises(PromptError, match=re.escape(f"the message contains {END_OF_TEXT}")):
        given_tokens(tiny.vocabulary(), f"Hi {END_OF_TEXT}", "the message")


def test_prompt_starts_with_the_end_of_text() -> None:
    """A prompt is the start of a document."""
    vocabulary = tiny.vocabulary()

    assert prompt_tokens(vocabulary, " One") == [vocabulary.end_of_text, *vocabulary.encode(" One")]


@pytest.mark.parametrize("prompt", ["", " ", "\n\t"])
def test_empty_prompt_is_refused(prompt: str) -> None:
    """White space is no prompt."""
    with pytest.raises(PromptError, match=r"^the prompt is empty; give some text"):
        prompt_tokens(tiny.vocabulary(), prompt)


def test_prompt_that_is_not_utf8_is_refused() -> None:
    """Bytes that the terminal could not decode come as lone surrogates."""
    with pytest.raises(PromptError, match=r"^the prompt is not UTF-8 at character 4"):
        prompt_tokens(tiny.vocabulary(), "Once\udcff")


def test_longest_prompt_is_accepted() -> None:
    """4096 tokens, the end of text included; one more is too long."""
    vocabulary = tiny.vocabulary()
    longest = "!" * (MAX_PROMPT_TOKENS - 1)
    assert len(vocabulary.encode(longest)) == MAX_PROMPT_TOKENS - 1

    assert len(prompt_tokens(vocabulary, longest)) == MAX_PROMPT_TOKENS
    with pytest.raises(PromptError, match="the prompt has 4097 tokens, more than 4096; shorten it"):
        prompt_tokens(vocabulary, longest + "!")
