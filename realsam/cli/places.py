"""Places for results: what could not be written is refused before the work."""

import os
from collections.abc import Iterable
from pathlib import Path

from realsam.errors import RunError


def refuse_place(out: Path, inputs: Iterable[Path], option: str = "--out") -> None:
    """Refuse, before the work, a file that could not be written after it.

    Raises:
        RunError: naming the file and the option that chose it.
    """
    if out.is_dir():
        raise RunError(f"{out}: is a folder", f"name a file with {option}")
    if out.exists() and not out.is_file():
        raise RunError(f"{out}: is no regular file", f"name a file with {option}")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise RunError(
            f"{out}: cannot be written",
            f"give {option} a place in a folder that is there and yours",
        )
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise RunError(f"{out}: is what the run reads", f"give another {option}")
