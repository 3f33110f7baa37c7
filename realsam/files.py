"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realsam.errors import RealSamError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a sibling to write to; it takes the place of `path` if the block ends well.

    An error or an interruption leaves what was there before, and nothing else. A link stays one:
    the file that it leads to is replaced.

    Raises:
        RealSamError: if something else than a file is there, a device or a folder.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise RealSamError(f"{path}: is no regular file", "give another place to write to")
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
