"""Bytes to texts: every character once, in texts of bearable size, and what is refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.errors import DataError
from realsam.ner.corpus import Span
from realsam.ner.stream import LONGEST, redacted, texts


class Drops(io.BytesIO):
    """Bytes that come a few at a time, as from a slow pipe."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read1(self, size: int | None = -1, /) -> bytes:
        """At most the size of a drop."""
        return super().read1(min(self._size, size or self._size))


def parts(data: bytes, drop: int = 1 << 20) -> list[tuple[int, str]]:
    """All texts."""
    return list(texts(Drops(data, drop), "a.txt"))


def test_texts_end_with_an_empty_line() -> None:
    """The line feeds belong to the text before; the places are those of characters."""
    data = "Zoë 😀\n\nÄ b\nc\r\n \r\nd".encode()

    assert parts(data) == [(0, "Zoë 😀\n\n"), (7, "Ä b\nc\r\n \r\n"), (17, "d")]


@given(text=st.text("a \n\r\tä😀", min_size=1).map(lambda text: f"{text}x"), drop=st.integers(1, 9))
def test_texts_end_to_end_are_the_input(text: str, drop: int) -> None:
    """However the bytes arrive, also in the middle of a character."""
    found = parts(text.encode(), drop)

    assert text == "".join(part for _, part in found)
    assert [sum(len(p) for _, p in found[:i]) for i in range(len(found))] == [b for b, _ in found]


def test_an_enormous_line_is_cut_before_white_space() -> None:
    """Into texts that are not longer than LONGEST."""
    line = "wörd " * 50_000

    found = [part for _, part in parts(line.encode())]

    assert line == "".join(found)
    assert all(len(part) <= LONGEST for part in found)
    assert all(part.startswith(" wörd") and part.endswith("wörd") for part in found[1:-1])


def test_an_enormous_word_is_cut_where_it_stands() -> None:
    """There is no better place."""
    found = [part for _, part in parts(b"x" * (2 * LONGEST + 5))]

    assert [len(part) for part in found] == [LONGEST, LONGEST, 5]


def test_a_text_is_out_before_the_next_has_come() -> None:
    """A stream is answered as it flows."""
    pipe = Drops(b"one\n\ntwo", 5)

    first = next(texts(pipe, "-"))

    assert first == (0, "one\n\n")
    assert pipe.tell() == 5


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"\xff", 0), (b"ok \xc3(", 3), ("ä😀".encode()[:4], 2), (b"a\n\n\xed\xa0\x80", 3)],
)
@pytest.mark.parametrize("drop", [1, 2, 100])
def test_bytes_that_are_no_utf8_are_named(data: bytes, place: int, drop: int) -> None:
    """Their place, however they arrive."""
    with pytest.raises(DataError) as caught:
        parts(data, drop)

    assert f"a.txt: byte {place} is not UTF-8" == caught.value.message


@pytest.mark.parametrize("data", [b"", b" \n\n\t\n", b"\n" * 100_000])
def test_a_stream_without_text_is_refused(data: bytes) -> None:
    """Nothing, or white space."""
    with pytest.raises(DataError, match=r"a\.txt: no text in it"):
        parts(data)


def test_redacted_names_kinds() -> None:
    """Everything else stays."""
    marked = [Span(0, 3, "PERSON"), Span(7, 8, "GPE")]

    assert redacted("Žiž in 京!", marked) == "[PERSON] in [GPE]!"
    assert redacted("Hi", []) == "Hi"
