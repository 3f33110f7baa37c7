"""The files of one side of a prepared text: written as a stream, read memory-mapped.

NAME.tokens  all tokens end to end, each document behind one end-of-text, little-endian
NAME.starts  where the documents' end-of-texts stand: uint64, little-endian
NAME.labels  of labelled text: a byte for every token, 0 for end-of-text
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from realsam.arrays import I64, U8
from realsam.errors import DataError
from realsam.files import sha256_of

Tokens = npt.NDArray[np.unsignedinteger[Any]]
_STARTS = np.dtype("<u8")


class PartWriter:
    """Appends documents to the files of a part."""

    def __init__(self, folder: Path, name: str, dtype: np.dtype[Any], end: int, labelled: bool):
        kinds = ("tokens", "starts", *(("labels",) if labelled else ()))
        self._files = {kind: (folder / f"{name}.{kind}").open("wb") for kind in kinds}
        self._hashes = {kind: sha256() for kind in kinds}
        self._end = np.array([end], dtype).tobytes()
        self._width = dtype.itemsize
        self.n_documents = self.n_tokens = self.n_bytes = 0

    def add(self, tokens: bytes, n_bytes: int, labels: U8 | None = None) -> None:
        """Append a document.

        Args:
            tokens: its tokens as the file holds them, end-of-text apart.
            n_bytes: of its text.
            labels: [K] one for each token.
        """
        self._write("starts", np.array(self.n_tokens, _STARTS).tobytes())
        self._write("tokens", self._end + tokens)
        if labels is not None:
            self._write("labels", b"\0" + labels.tobytes())
        self.n_documents += 1
        self.n_tokens += 1 + len(tokens) // self._width
        self.n_bytes += n_bytes

    def _write(self, kind: str, data: bytes) -> None:
        self._files[kind].write(data)
        self._hashes[kind].update(data)

    def about(self) -> dict[str, Any]:
        """What the manifest says of the part."""
        return {
            "documents": self.n_documents,
            "tokens": self.n_tokens,
            "bytes": self.n_bytes,
            "sha256": {kind: found.hexdigest() for kind, found in self._hashes.items()},
        }

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()


class Part(Sequence[Tokens]):
    """One side of a prepared text: a sequence of documents that is not in memory."""

    def __init__(self, line: Tokens, starts: npt.NDArray[np.uint64], labels: U8 | None) -> None:
        self.line = line  # [K] all tokens, each document behind one end-of-text
        self.starts = starts  # [documents] where those stand
        self.labels = labels  # [K] of labelled text

    @property
    def lengths(self) -> I64:
        """[documents] tokens, the end-of-text before them included."""
        ends = np.append(self.starts[1:].astype(np.int64), len(self.line))[: len(self)]
        return ends - self.starts.astype(np.int64)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, i: int) -> Tokens: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Tokens]: ...
    def __getitem__(self, i: int | slice) -> Tokens | Sequence[Tokens]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        begin = int(self.starts[i])  # refuses what is beyond, as a sequence must
        behind = i % len(self) + 1
        return self.line[begin + 1 : int(self.starts[behind]) if behind < len(self) else None]


def load_part(folder: Path, name: str, dtype: str, about: dict[str, Any]) -> Part:
    """Map the files of a part.

    Args:
        folder: where.
        name: of the part.
        dtype: of its tokens.
        about: what `PartWriter.about` said.

    Raises:
        DataError: if a file is missing, or is not what was written.
    """
    found = {}
    for kind, wanted in about["sha256"].items():
        path = folder / f"{name}.{kind}"
        if _digest(path) != wanted:
            raise DataError(
                f"{path}: damaged, its SHA-256 is not the manifest's", "prepare the text again"
            )
        width = {"tokens": np.dtype(dtype), "starts": _STARTS, "labels": np.dtype(np.uint8)}[kind]
        found[kind] = np.memmap(path, width, "r") if path.stat().st_size else np.zeros(0, width)
    return Part(found["tokens"], found["starts"], found.get("labels"))


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise DataError(
            f"{path}: not readable ({error.strerror})", "prepare the text again"
        ) from error
