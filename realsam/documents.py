"""Text files to documents."""

import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from realsam.errors import DataError
from realsam.vocab import END_OF_TEXT

_OPENERS: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}


def read_text(path: Path) -> str:
    """The text of a file, which may be packed (.xz, .gz).

    Raises:
        DataError: if the file is absent, unreadable, or not UTF-8.
    """
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            return str(file.read())
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start} is not UTF-8", "convert the file to UTF-8"
        ) from error
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: not readable ({reason})", "give a text file") from error


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
