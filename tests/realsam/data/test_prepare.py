"""Preparing: files to a folder that appears whole or not at all, and says what it holds."""

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realsam.data import part as part_module
from realsam.data import prepare as prepare_module
from realsam.data.entry import REASONS
from realsam.data.gather import gather
from realsam.data.prepare import Recipe, prepare
from realsam.data.prepared import Prepared, load_prepared
from realsam.errors import DataError
from realsam.vocab import END_OF_TEXT, Vocabulary
from tests import tiny
from tests.realsam.cli.conftest import everything
from tests.realsam.data.files import jsonl, write

CONLL = "Ann\tB-person\nran\tO\n\nTo\tO\nParis\tB-place\n\nAnn\tB-person\nran\tO\n"


def silent(what: str, done: int, total: int) -> None:
    """Listen to nothing."""


def prepared(folder: Path, *paths: Path, valid: tuple[Path, ...] = (), **recipe: Any) -> Prepared:
    """A prepared text of these files, read back."""
    sources, held_out = gather(paths, valid, None)
    about = {"vocab_size": 300} | recipe
    prepare(Recipe(sources, held_out, **about), folder / "out", silent)
    return load_prepared(folder / "out")


def documents(found: Prepared, side: str = "train") -> list[str]:
    """The texts of a side."""
    return [found.vocabulary.decode(tokens) for tokens in getattr(found, side)]


def test_documents_come_back(tmp_path: Path) -> None:
    """Every 50th validates, each stands behind one end-of-text, as in plain training."""
    stories = tiny.stories(120)

    found = prepared(tmp_path, tiny.corpus(tmp_path, 120))

    assert documents(found, "valid") == stories[::50]
    assert documents(found) == [s for i, s in enumerate(stories) if i % 50]
    assert found.vocabulary.to_json() == Vocabulary.train(documents(found), 300).to_json()
    assert found.train.line[found.train.starts].tolist() == [found.vocabulary.end_of_text] * 117
    assert found.train.lengths.sum() == len(found.train.line)
    assert found.train.labels is None


def test_manifest_counts(tmp_path: Path) -> None:
    """Tokens, bytes, sources and what was left out; no folder of the machine."""
    content = f"One.{END_OF_TEXT}Two.{END_OF_TEXT}One.{END_OF_TEXT}Three."
    path = write(tmp_path / "a.txt", content.encode() + END_OF_TEXT.encode() + b"\xff")

    manifest = prepared(tmp_path, path, valid_share=0.0).manifest

    assert manifest["parts"]["train"]["documents"] == 3
    assert manifest["parts"]["train"]["bytes"] == len("One.Two.Three.")
    assert manifest["vocabulary"]["learned_from"] == {"bytes": 14, "of_bytes": 14, "seed": 0}
    (source,) = manifest["sources"]
    assert source["file"] == "a.txt"
    assert source["rejected"] == {"duplicate": 1, "not UTF-8": 1}
    assert source["kept"] == 3
    assert str(tmp_path) not in json.dumps(manifest)


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing depends on the time or the place; the older folder is replaced."""
    path = tiny.corpus(tmp_path)
    prepared(tmp_path, path)
    first = everything(tmp_path / "out")

    prepared(tmp_path, path)

    assert everything(tmp_path / "out") == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "stories.txt"]


def test_what_validates_is_not_trained_on(tmp_path: Path) -> None:
    """Not even if it stands in both files."""
    path = write(tmp_path / "a.txt", f"One.{END_OF_TEXT}Two.{END_OF_TEXT}Three.")
    valid = write(tmp_path / "b.txt", "Two.")

    found = prepared(tmp_path, path, valid=(valid,))

    assert (documents(found), documents(found, "valid")) == (["One.", "Three."], ["Two."])


def test_vocabulary_can_be_taken_over(tmp_path: Path) -> None:
    """From another prepared text, too: then nothing is learned."""
    first = prepared(tmp_path, tiny.corpus(tmp_path))
    path = write(tmp_path / "a.txt", f"One.{END_OF_TEXT}漢字.")

    found = prepared(tmp_path / "b", path, tokenizer=first.path, valid_share=0.5)

    assert found.vocabulary.to_json() == first.vocabulary.to_json()
    assert found.manifest["vocabulary"]["learned_from"] is None
    assert documents(found, "valid") + documents(found) == ["One.", "漢字."]


def test_large_text_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest says how much of it the vocabulary has seen."""
    monkeypatch.setattr(prepare_module, "SAMPLE", 2000)

    about = prepared(tmp_path, tiny.corpus(tmp_path)).manifest["vocabulary"]["learned_from"]

    assert 1500 < about["bytes"] <= 2000 < about["of_bytes"]


def test_labels_stand_beside_their_tokens(tmp_path: Path) -> None:
    """Sentences that come again stay: they count in a benchmark."""
    path = write(tmp_path / "a.conll", CONLL)

    found = prepared(tmp_path, path, valid_share=0.0)

    assert documents(found) == ["Ann ran", "To Paris", "Ann ran"]
    assert found.label_names == ["O", "B-person", "I-person", "B-place", "I-place"]
    assert found.train.labels is not None
    assert len(found.train.labels) == len(found.train.line)
    assert not found.train.labels[found.train.starts].any()
    assert np.count_nonzero(found.train.labels == 1) == 2


def test_groups_are_on_one_side(tmp_path: Path) -> None:
    """Sentences of a template."""
    rows = [{"full_text": f"I am {i}.", "spans": [], "template_id": i % 7} for i in range(70)]

    found = prepared(tmp_path, jsonl(tmp_path / "a.json", *rows), valid_share=0.3)

    sides = [
        {int(text[5:-1]) % 7 for text in documents(found, side)} for side in ("train", "valid")
    ]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == set(range(7))


def test_download_brings_licence_and_validation(tmp_path: Path) -> None:
    """A folder of text is all of its files."""
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder / "download.json", '{"licence": "CC-BY-9.0"}')
    jsonl(folder / "train.jsonl", {"text": "One."})
    jsonl(folder / "validation.jsonl", {"text": "Two."})
    more = tmp_path / "more"
    (more / "deep").mkdir(parents=True)
    write(more / "deep" / "a.txt", "Three.")
    write(more / "b.md", "No source.")

    found = prepared(tmp_path, folder, more)

    assert (documents(found), documents(found, "valid")) == (["One.", "Three."], ["Two."])
    licences = {source["file"]: source["licence"] for source in found.manifest["sources"]}
    assert licences == {"train.jsonl": "CC-BY-9.0", "validation.jsonl": "CC-BY-9.0", "a.txt": None}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.txt": ""}, "nothing in it can be used (it is empty)"),
        ({"a.txt": b"\xff\xfeO\0"}, "nothing in it can be used (1 not UTF-8)"),
        ({"a.jsonl": '{"a": 1}\nx\n'}, "(1 fields of no schema, 1 not JSON)"),
        ({"a.json": '[{"text": "One."}, {"te'}, "the array is damaged or cut behind row 1"),
        ({"a.conll": "word\n"}, "nothing in it can be used (1 not token TAB tag)"),
        ({"a.txt": "One."}, "all that it holds validates, nothing is trained on"),
        ({"a.txt": "One.", "b.conll": CONLL}, "some of the files have labels and some have none"),
        ({"a.txt": "One.", "b.txt": "One."}, "b.txt: nothing in it can be used (1 duplicate)"),
        ({"a.csv": "One."}, "a.csv: no name of a source"),
        ({"b/c.csv": "One."}, "b: holds no file that ends in"),
        ({}, "a.txt: not readable (No such file or directory)"),
    ],
    ids=str,
)
def test_unusable_source_leaves_what_was_there(
    tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    """One line, and no trace of the attempt."""
    prepared(tmp_path, tiny.corpus(tmp_path))
    before = everything(tmp_path)
    place = tmp_path / "sources"
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        write(place / name, content)
    paths = sorted({place / Path(name).parts[0] for name in files}) or [place / "a.txt"]

    with pytest.raises(DataError) as raised:
        prepared(tmp_path, *paths)

    assert message in raised.value.message
    assert raised.value.cure
    for name in files:
        (place / name).unlink()
    assert everything(tmp_path) == before


@pytest.mark.parametrize("after", [0, 1, 70])
def test_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Wherever the room ends."""
    path = tiny.corpus(tmp_path)
    prepared(tmp_path, path)
    before, written = everything(tmp_path), part_module.PartWriter._write

    def full(self: part_module.PartWriter, kind: str, data: bytes) -> None:
        if self.n_documents >= after // 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(self, kind, data)

    monkeypatch.setattr(part_module.PartWriter, "_write", full)

    with pytest.raises(DataError, match=r"out: cannot be written \(No space left on device\)"):
        prepared(tmp_path, path)

    assert everything(tmp_path) == before


def test_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle."""
    path = tiny.corpus(tmp_path)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(part_module.PartWriter, "add", interrupt)

    with pytest.raises(KeyboardInterrupt):
        prepared(tmp_path, path)

    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_something_else_is_not_replaced(tmp_path: Path, kind: str) -> None:
    """Neither a file nor a folder that is no prepared text."""
    path, out = tiny.corpus(tmp_path), tmp_path / "out"
    if kind == "folder":
        out.mkdir()
    write(out / "diary" if kind == "folder" else out, "Dear diary.")

    with pytest.raises(DataError, match="out: exists and is no prepared text"):
        prepared(tmp_path, path)

    assert "Dear diary." in [p.read_text() for p in (out, *out.glob("*")) if p.is_file()]


def test_every_reason_is_documented() -> None:
    """In the table of docs/data.md."""
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")

    page = page.replace("\\|", "|")
    assert [reason for reason in REASONS if f"| {reason} |" not in page] == []
