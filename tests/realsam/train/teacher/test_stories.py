"""Stories by a teacher: little room, and back as they were."""

from pathlib import Path

import numpy as np
import pytest

from realsam.errors import CheckpointError
from realsam.train.teacher.stories import Stories, load_stories

DOCUMENTS = [[5, 300], [7], [299, 0, 65_535]]


def test_stories_come_back(tmp_path: Path) -> None:
    """Document by document, two bytes a token."""
    stories = Stories.of(DOCUMENTS, 65_536)
    stories.save(tmp_path / "sampled.npz")

    read = load_stories(tmp_path / "sampled.npz")

    assert read.tokens.dtype == np.uint16
    assert [d.tolist() for d in read.documents()] == DOCUMENTS
    assert read.n_tokens == stories.n_tokens == 9


def test_large_vocabularies_take_wider_tokens() -> None:
    """Ids beyond 65535 are not folded."""
    assert Stories.of([[70_000]], 65_537).tokens.tolist() == [70_000]


def test_no_stories_are_no_documents() -> None:
    """None that ended, for one."""
    assert Stories.of([], 300).documents() == []


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"tokens": np.zeros(3, np.uint16)},
        {"tokens": np.zeros(3, np.uint16), "lengths": np.array([2, 2])},
        {"tokens": np.zeros(3, np.uint16), "lengths": np.array([4, -1])},
        {"tokens": np.zeros(0, np.uint16), "lengths": np.zeros(0, np.int64)},
        {"tokens": np.zeros(3), "lengths": np.array([3])},
        {"tokens": np.array(["a", "b"]), "lengths": np.array([2])},
        {"tokens": np.zeros(2, np.uint16), "lengths": np.array(["a", "b"])},
    ],
)
def test_damaged_stories_are_named(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Arrays that are missing or do not fit."""
    np.savez(tmp_path / "sampled.npz", **arrays)

    with pytest.raises(CheckpointError, match=r"sampled\.npz: missing or damaged") as caught:
        load_stories(tmp_path / "sampled.npz")

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"", b"PK", b"hello"])
def test_unreadable_stories_are_named(tmp_path: Path, content: bytes | None) -> None:
    """No file, or no .npz."""
    path = tmp_path / "sampled.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CheckpointError, match=r"sampled\.npz: missing or damaged"):
        load_stories(path)
