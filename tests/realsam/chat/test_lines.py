"""Lines of a pipe: right, or refused by number."""

import io

import pytest

from realsam.chat.lines import MAX_LINE, Piped
from realsam.errors import PromptError


def read(content: bytes) -> list[str]:
    """All lines."""
    lines, found = Piped(io.BytesIO(content)), []
    while (line := lines.read()) is not None:
        found.append(line)
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"Hi", ["Hi"]),
        (b"Hi\nyou\n", ["Hi", "you"]),
        (b"Hi\r\n you \r\n", ["Hi", " you "]),
        ("Grüße\n".encode(), ["Grüße"]),
    ],
)
def test_lines_come_without_their_ends(content: bytes, expected: list[str]) -> None:
    """Of any system; the last may have none."""
    assert expected == read(content)


def test_line_that_is_not_utf8_is_named() -> None:
    """With its number and the place in it."""
    with pytest.raises(PromptError, match="line 2: byte 3 is not UTF-8; convert it"):
        read(b"Hi\nyou\xff\n")


def test_longest_line_is_read_and_no_longer_one() -> None:
    """What a program pipes may have no end; memory has."""
    assert len(read(b"a" * (MAX_LINE - 1) + b"\n")[0]) == MAX_LINE - 1
    with pytest.raises(PromptError, match="line 1 is longer than 1,048,576 bytes; break it up"):
        read(b"a" * (MAX_LINE + 1))
