"""A damaged cache of compiled kernels is one line that says what to delete."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
from realsam.errors import KernelCacheError
from sim.scoring import score
from sim.simulator import smallest
try:
    score(*smallest(), [[0]])
except KernelCacheError as error:
    print(error.message, error.cure, sep="; ")
"""


def loaded(cache: Path) -> str:
    """What a fresh process says that loads the kernels from that cache."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Freshly compiled kernels."""
    folder = tmp_path_factory.mktemp("kernels")
    assert loaded(folder) == ""
    return folder


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:0],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"x" * len(whole),
    ],
    ids=["empty", "half", "junk"],
)
def test_damaged_cache_is_named(cache: Path, suffix: str, damage: Callable[[bytes], bytes]) -> None:
    """And works again when the files are deleted as it says."""
    whole = {path: path.read_bytes() for path in cache.rglob(f"*.{suffix}")}
    for path, content in whole.items():
        path.write_bytes(damage(content))

    line = loaded(cache)

    for path, content in whole.items():
        path.write_bytes(content)
    assert "the compiled kernels are damaged" in line
    assert str(cache) in line
    assert line.endswith("delete the files *.nbi and *.nbc there; they are made anew")
    assert loaded(cache) == ""
