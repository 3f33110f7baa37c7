"""Text files to documents."""

import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from realsam.errors import DataError
from realsam.vocab import END_OF_TEXT

UNPACKERS: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}


@contextmanager
def unpacked(path: Path, raw: BinaryIO | None = None) -> Iterator[BinaryIO]:
    """The bytes of a file, or of `raw`, unpacked if the name ends in .gz or .xz.

    Raises:
        DataError: if the file is absent, unreadable or damaged.
    """
    unpack = UNPACKERS.get(path.suffix)
    try:
        with raw or path.open("rb") as file:
            yield unpack(file) if unpack else file
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: not readable ({reason})", "give a text file") from error


def read_text(path: Path) -> str:
    """The text of a file, which may be packed (.xz, .gz), without a byte order mark.

    Raises:
        DataError: if the file is absent, unreadable, or not UTF-8.
    """
    with unpacked(path) as file:
        content = file.read()
    try:
        return one_newline(content.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start} is not UTF-8", "convert the file to UTF-8"
        ) from error


def read_documents(path: Path) -> list[str]:
    """Documents of a text file (.txt, .txt.xz, .txt.gz), separated by end-of-text lines.

    Raises:
        DataError: if the file is not readable, or holds no text.
    """
    documents = [part.strip() for part in read_text(path).split(END_OF_TEXT)]
    documents = [part for part in documents if part]
    if not documents:
        raise DataError(f"{path}: no text in it", "give a text file with at least one story")
    return documents


def one_newline(text: str) -> str:
    r"""The text with \n for every \r\n and \r."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
