"""Text files to documents: separators, compression, and every damage in one line."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from realsam.documents import read_documents
from realsam.errors import DataError

TEXT = "One day.\n<|endoftext|>\n\n  Жил-был кот. \n<|endoftext|>\n<|endoftext|>\nThe end."
DOCUMENTS = ["One day.", "Жил-был кот.", "The end."]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.txt", Path.write_bytes),
        ("a.txt.xz", lambda path, data: path.write_bytes(lzma.compress(data))),
        ("a.txt.gz", lambda path, data: path.write_bytes(gzip.compress(data))),
    ],
)
def test_documents_stand_between_end_of_text_lines(
    tmp_path: Path, name: str, write: Callable[[Path, bytes], object]
) -> None:
    """Plain or compressed; empty ones are left out, white space around them too."""
    write(tmp_path / name, TEXT.encode())

    assert read_documents(tmp_path / name) == DOCUMENTS


def test_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """As `realsam data prepare` reads it: both give the same tokens."""
    (tmp_path / "a.txt").write_text("One day.", encoding="utf-8-sig")

    assert read_documents(tmp_path / "a.txt") == ["One day."]


def truncated(compressed: bytes) -> bytes:
    """Half of a compressed file."""
    return compressed[: len(compressed) // 2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.txt", None, "not readable (No such file or directory)"),
        ("empty.txt", b"", "no text in it"),
        ("blank.txt", b" \n<|endoftext|>\n", "no text in it"),
        ("latin.txt", "Café".encode("latin-1"), "byte 3 is not UTF-8"),
        ("utf16.txt", "Café".encode("utf-16"), "byte 0 is not UTF-8"),
        ("plain.txt.gz", TEXT.encode(), "not readable"),
        ("plain.txt.xz", TEXT.encode(), "not readable"),
        ("half.txt.gz", truncated(gzip.compress(TEXT.encode() * 50, mtime=0)), "not readable"),
        ("half.txt.xz", truncated(lzma.compress(TEXT.encode() * 50)), "not readable"),
    ],
)
def test_unusable_file_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """The file is named, with the reason and a cure."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError) as raised:
        read_documents(path)

    assert raised.value.message.startswith(f"{path}: {message}")
    assert raised.value.cure
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress], ids=["gz", "xz"])
def test_damage_anywhere_is_one_line(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Each damage has an error of its own in the libraries."""
    path = tmp_path / ("a.txt.gz" if compress is gzip.compress else "a.txt.xz")
    whole = compress(("\n".join(f"Story {i * i} of Ann." for i in range(900))).encode())
    for place in range(12, len(whole) - 40, 97):
        path.write_bytes(whole[:place] + b"\xff" * 30 + whole[place + 30 :])

        with pytest.raises(DataError, match=r"a\.txt\..z: "):
            read_documents(path)


def test_directory_is_one_line(tmp_path: Path) -> None:
    """A folder is no text file."""
    with pytest.raises(DataError, match="not readable"):
        read_documents(tmp_path)
