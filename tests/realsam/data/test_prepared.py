"""Prepared text: read back as it was written, or refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from realsam.data.prepared import is_prepared, load_prepared
from realsam.errors import DataError
from tests import tiny
from tests.realsam.data.test_prepare import documents, prepared

FILES = ["train.tokens", "train.starts", "valid.tokens", "valid.starts", "tokenizer.json"]


def test_tokens_stay_on_disk(tmp_path: Path) -> None:
    """Two bytes each, little-endian, mapped."""
    found = prepared(tmp_path, tiny.corpus(tmp_path))

    assert isinstance(found.train.line, np.memmap)
    assert found.train.line.dtype == np.dtype("<u2")
    raw = (tmp_path / "out" / "train.tokens").read_bytes()
    assert np.frombuffer(raw, "<u2").tolist() == found.train.line.tolist()


def test_part_is_a_sequence(tmp_path: Path) -> None:
    """Of documents, from either end."""
    part = prepared(tmp_path, tiny.corpus(tmp_path)).train
    all_of_them = [document.tolist() for document in part]

    assert len(all_of_them) == len(part)
    assert part[-1].tolist() == all_of_them[-1]
    assert part[-len(part)].tolist() == all_of_them[0]
    assert [d.tolist() for d in part[3:9:2]] == all_of_them[3:9:2]
    with pytest.raises(IndexError):
        part[len(part)]


def test_a_side_may_be_empty(tmp_path: Path) -> None:
    """Nothing validates."""
    found = prepared(tmp_path, tiny.corpus(tmp_path), valid_share=0.0)

    assert (len(found.valid), found.valid.lengths.tolist()) == (0, [])
    assert documents(found) == tiny.stories()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["bit", "cut", "gone"])
def test_damage_is_found(tmp_path: Path, name: str, damage: str) -> None:
    """In any file, by name."""
    path = prepared(tmp_path, tiny.corpus(tmp_path)).path / name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:-1] + (bytes([data[-1] ^ 1]) if damage == "bit" else b""))

    with pytest.raises(DataError, match=name) as raised:
        load_prepared(tmp_path / "out")

    assert raised.value.cure == "prepare the text again"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format 2 is not 1"),
        ({"kind": "network"}, "missing or damaged (kind 'network')"),
        ({"parts": {}}, "missing or damaged ('train')"),
        ({"parts": None}, "missing or damaged"),
        ({"dtype": "word"}, "missing or damaged"),
        ({"vocabulary": {}}, "missing or damaged ('sha256')"),
    ],
    ids=str,
)
def test_other_manifest_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """One line each."""
    path = prepared(tmp_path, tiny.corpus(tmp_path)).path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(DataError) as raised:
        load_prepared(tmp_path / "out")

    assert message in raised.value.message


@pytest.mark.parametrize("content", ["", "[]", "{", '{"kind": 3}', None])
def test_other_folders_are_no_prepared_text(tmp_path: Path, content: str | None) -> None:
    """Nor is nothing."""
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)

    assert not is_prepared(tmp_path)
    with pytest.raises(DataError, match=r"manifest\.json: missing or damaged"):
        load_prepared(tmp_path)
