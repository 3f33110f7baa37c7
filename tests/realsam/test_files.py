"""Files appear whole, in place of files only."""

import errno
import os
from pathlib import Path

import pytest

from realsam.errors import RealSamError, RunError
from realsam.files import replacing, written


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


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with written(path) as partial:
        partial.write_text("new")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    """And leaves what was there before."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    with pytest.raises(RunError, match=r"a\.txt: cannot be written \(No space left on device\)"):
        fill(path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
