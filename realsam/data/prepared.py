"""Prepared text: the folder that `realsam data prepare` writes and `realsam train` reads.

manifest.json   format number, kind, counts, hashes, vocabulary, sources
tokenizer.json  the vocabulary
train.*, valid.*  the documents on both sides, see `realsam.data.part`
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from realsam.data.labels import label_names
from realsam.data.part import Part, load_part
from realsam.errors import DataError
from realsam.vocab import Vocabulary

FORMAT = 1
KIND = "realsam text"
MANIFEST, TOKENIZER = "manifest.json", "tokenizer.json"
TRAIN, VALID = "train", "valid"
_CURE = "prepare the text again"


@dataclass(frozen=True, eq=False)
class Prepared:
    """A prepared text; its documents stay on disk."""

    path: Path
    manifest: dict[str, Any]
    vocabulary: Vocabulary
    train: Part
    valid: Part

    @property
    def label_names(self) -> list[str]:
        """The BIO tag of each label; "O" alone if the text has no labels."""
        return label_names(self.manifest["entity_types"])


def is_prepared(folder: Path) -> bool:
    """Whether a folder says that it holds prepared text."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("kind") == KIND


def load_prepared(folder: Path) -> Prepared:
    """Read a folder; every byte of it is compared with the manifest.

    Raises:
        DataError: if it is missing, damaged, or of another format.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["kind"] != KIND:
            raise ValueError(f"kind {manifest['kind']!r}")
        if manifest["format"] != FORMAT:
            raise DataError(f"{path}: format {manifest['format']} is not {FORMAT}", _CURE)
        parts = [
            load_part(folder, side, manifest["dtype"], manifest["parts"][side])
            for side in (TRAIN, VALID)
        ]
        vocabulary = _vocabulary(folder / TOKENIZER, manifest["vocabulary"]["sha256"])
        return Prepared(folder, manifest, vocabulary, *parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: missing or damaged ({error})", _CURE) from error


def _vocabulary(path: Path, digest: str) -> Vocabulary:
    text = path.read_text(encoding="utf-8")
    if sha256(text.encode("utf-8")).hexdigest() != digest:
        raise DataError(f"{path}: damaged, its SHA-256 is not the manifest's", _CURE)
    return Vocabulary.from_json(text, str(path))
