"""Raw files to a prepared text: two passes, of flat memory, over the same entries.

The first learns the vocabulary from a sample of what is trained on, unless one is given; the second
writes tokens. The folder appears whole or not at all, and the same files give the same bytes.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import realsam
from realsam.data.duplicates import Seen
from realsam.data.encoding import Encoder, byte_level_vocabulary
from realsam.data.entry import DUPLICATE, Entry
from realsam.data.labels import Labels
from realsam.data.part import PartWriter
from realsam.data.prepared import FORMAT, KIND, MANIFEST, TOKENIZER, TRAIN, VALID, is_prepared
from realsam.data.sample import Sample
from realsam.data.sides import Sides
from realsam.data.source import Reading, Source
from realsam.errors import DataError
from realsam.files import replacing_folder
from realsam.vocab import Vocabulary

SAMPLE = 1 << 24  # bytes of text that a vocabulary is learned from
_MB = 1_000_000

OnDone = Callable[[str, int, int], None]  # hears what is done, how much, and of how much


@dataclass(frozen=True)
class Recipe:
    """What is made of which files."""

    sources: tuple[Source, ...]
    valid: tuple[Source, ...] = ()  # all of it validates
    valid_share: float = 1 / 50  # of the sources' documents, where there is no `valid`
    vocab_size: int = 4096  # learned, as many as the text allows
    tokenizer: Path | None = None  # takes a vocabulary over instead
    language: str = ""  # takes only rows of this `lang`
    seed: int = 0  # of the sample

    @property
    def n_bytes(self) -> int:
        """Of all files."""
        return sum(s.path.stat().st_size for s in (*self.valid, *self.sources) if s.path.exists())


class _Pass:
    """All entries that can be used, with their side; the same ones in every pass."""

    def __init__(self, recipe: Recipe, label: str, on_done: OnDone) -> None:
        self._recipe = recipe
        total, done = recipe.n_bytes, 0

        def on_read(n: int) -> None:
            nonlocal done
            done += n
            on_done(f"{label}, MB", done // _MB, max(1, total // _MB))

        # Validation first: a document that stands in both is not trained on.
        self.valid = [Reading(source, recipe.language, on_read) for source in recipe.valid]
        self.sources = [Reading(source, recipe.language, on_read) for source in recipe.sources]

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        seen = Seen()
        sides = Sides(0 if self.valid else self._recipe.valid_share)
        n_trained = 0
        for reading in (*self.valid, *self.sources):
            for entry in self._kept(reading, seen):
                validates = reading in self.valid or sides.validates(entry.group)
                n_trained += not validates
                yield VALID if validates else TRAIN, entry
        if not n_trained:
            path = self._recipe.sources[0].path
            raise DataError(
                f"{path}: all that it holds validates, nothing is trained on",
                "give --valid FILE or --valid-share 0, or set documents apart by <|endoftext|>",
            )

    @staticmethod
    def _kept(reading: Reading, seen: Seen) -> Iterator[Entry]:
        tally = reading.tally
        for entry in reading:
            # Of labelled sentences the counts of a benchmark would change.
            if entry.spans is None and not seen.add(entry.text):
                tally.reject(DUPLICATE)
            else:
                tally.kept += 1
                yield entry
        reading.refuse_unused()


def prepare(recipe: Recipe, out: Path, on_done: OnDone) -> dict[str, Any]:
    """Write a prepared text; returns its manifest.

    Raises:
        DataError: if a source cannot be read or used, or the folder cannot be written. What was
            there before is left as it was.
    """
    refuse_other(out)
    vocabulary, learned_from = _vocabulary(recipe, on_done)
    try:
        with replacing_folder(out) as partial:
            manifest = _write(recipe, partial, vocabulary, on_done)
            manifest["vocabulary"]["learned_from"] = learned_from
            text = json.dumps(manifest, indent=2, ensure_ascii=False)
            (partial / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written ({error.strerror})",
            "free some room, or give another --out; what was there before is still there",
        ) from error
    return manifest


def refuse_other(out: Path) -> None:
    """Refuse a place where something else is that would be lost."""
    if out.exists() and not (out.is_dir() and (is_prepared(out) or not any(out.iterdir()))):
        raise DataError(f"{out}: exists and is no prepared text", "give another --out")


def _vocabulary(recipe: Recipe, on_done: OnDone) -> tuple[Vocabulary, dict[str, int] | None]:
    """The vocabulary, and what it was learned from."""
    if recipe.tokenizer:
        return byte_level_vocabulary(recipe.tokenizer), None
    sample = Sample(SAMPLE, recipe.seed)
    for side, entry in _Pass(recipe, "reading", on_done):
        if side == TRAIN:
            sample.add(entry.text)
    label = f"learning {recipe.vocab_size:,} tokens"
    on_done(label, 0, 1)
    vocabulary = Vocabulary.train(sample, recipe.vocab_size)
    on_done(label, 1, 1)
    about = {"bytes": sample.n_bytes, "of_bytes": sample.n_seen, "seed": recipe.seed}
    return vocabulary, about


def _write(recipe: Recipe, folder: Path, vocabulary: Vocabulary, on_done: OnDone) -> dict[str, Any]:
    """Write the parts and the tokenizer; returns the manifest that goes with them."""
    entries, encoder, labels = _Pass(recipe, "encoding", on_done), Encoder(vocabulary), None
    writers: dict[str, PartWriter] = {}
    with ExitStack() as stack:
        for side, entry in entries:
            if not writers:  # the first entry tells whether there are labels
                labels = None if entry.spans is None else Labels(vocabulary)
                for name in (TRAIN, VALID):
                    given = (encoder.dtype, vocabulary.end_of_text, labels is not None)
                    writers[name] = stack.enter_context(PartWriter(folder, name, *given))
            tokens = encoder.encode(entry.text)
            found = _labels(labels, entry, np.frombuffer(tokens, encoder.dtype))
            writers[side].add(tokens, len(entry.text.encode("utf-8")), found)
    text = vocabulary.to_json()
    (folder / TOKENIZER).write_text(text, encoding="utf-8")
    return {
        "kind": KIND,
        "format": FORMAT,
        "realsam": realsam.__version__,
        "dtype": encoder.dtype.name,
        "vocabulary": {
            "size": vocabulary.size,
            "end_of_text": vocabulary.end_of_text,
            "sha256": sha256(text.encode("utf-8")).hexdigest(),
        },
        "entity_types": labels.types if labels else [],
        "parts": {side: writer.about() for side, writer in writers.items()},
        "sources": [
            *(_about(reading, TRAIN) for reading in entries.sources),
            *(_about(reading, VALID) for reading in entries.valid),
        ],
    }


def _labels(labels: Labels | None, entry: Entry, tokens: Any) -> Any:
    if (labels is None) != (entry.spans is None):
        raise DataError(
            "some of the files have labels and some have none", "prepare the two kinds apart"
        )
    if labels is None or entry.spans is None:
        return None
    return labels.of(entry.text, entry.spans, tokens)


def _about(reading: Reading, side: str) -> dict[str, Any]:
    """What the manifest says of a source."""
    return {"file": reading.source.path.name, "side": side, **reading.about()}
