"""Files appear whole, in place of files only."""

import os
from pathlib import Path

import pytest

from realsam.errors import RealSamError
from realsam.files import replacing


def test_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is replaced."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with replacing(tmp_path / "link") as partial:
        partial.write_text("new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_other_things_are_not_replaced(tmp_path: Path, make: object) -> None:
    """Nor written to: a device would be gone."""
    path = tmp_path / "thing"
    make(path)

    with pytest.raises(RealSamError, match="thing: is no regular file"), replacing(path):
        pytest.fail("the block ran")

    assert sorted(tmp_path.iterdir()) == [path]
    assert not path.is_file()


def write_half(path: Path) -> None:
    """Write, and fail before the end."""
    with replacing(path) as partial:
        partial.write_text("new")
        raise OSError("full")


def test_error_leaves_what_was_there(tmp_path: Path) -> None:
    """And no partial file."""
    path = tmp_path / "a"
    path.write_text("old")

    with pytest.raises(OSError, match="full"):
        write_half(path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
