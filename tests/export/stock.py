"""Stock netx in processes of their own, because a failing Lava may hang.

All are forks of one that has imported Lava: that takes longer than what they do.
"""

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """What became of a run."""

    returncode: int | None
    stderr: str


def run_stock(file: Path, given: Path, result: Path, *extensions: int) -> Done:
    """What `tests.export.stock_netx` does with the same arguments."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.export.stock_netx"])
    said = result.with_suffix(".stderr")
    process = context.Process(target=_run, args=(said, (file, given, result), extensions))
    process.start()
    process.join(_SECONDS)
    if process.is_alive():
        process.kill()
    process.join()
    return Done(process.exitcode, said.read_text(encoding="utf-8"))


def _run(said: Path, files: Sequence[Path], extensions: Sequence[int]) -> None:
    """In the process: everything that it says goes to a file."""
    stream = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(stream, number)
    multiprocessing.set_start_method("fork", force=True)  # Lava's processes are forks, too
    from tests.export import stock_netx

    stock_netx.run(*map(str, files), *extensions)
