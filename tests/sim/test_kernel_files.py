"""Machine code on the disk: what is damaged is never run, what cannot be kept is said."""

import errno
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sim import elf, kernel_files

ROOT = Path(__file__).parents[2]
LINKER = "" if elf.is_ours() else "llvmlite"
KEY, CODE = bytes(range(32)), random.Random(0).randbytes(2000)
# A text and a score; says on stderr what the kernels have to say, and last which compilers it took.
PROGRAM = """
import sys
import numpy as np
from realsam.ir import ClosedLoop, Replay, Sampler, to_network
from sim.scoring import score
from sim.simulator import fast_host, fast_sampler, run
from tests import tiny
network, host = to_network(tiny.clock()), tiny.host(vocab=50, readout=5)
loop = ClosedLoop(fast_host(host), [0, 3], fast_sampler(Sampler(1.0, 9)), 30, stop_at_end=False)
print(run(network, loop).digests(), loop.tokens)
print(run(tiny.network(), Replay(np.ones((9, 2), np.uint8))).digests())
print(score(network, host, [[1, 2, 3], [4]]))
print(*(m for m in ("numba", "llvmlite") if m in sys.modules), file=sys.stderr)
"""


# The same with one kernel.
SHORT = """
import numpy as np
from realsam.ir import Replay
from sim.simulator import run
from tests import tiny
print(run(tiny.network(), Replay(np.ones((9, 2), np.uint8))).digests())
"""


def played(folder: Path, program: str = PROGRAM) -> tuple[str, list[str]]:
    """What a fresh process writes with the kernels in that folder: its results, its notes."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), "NUMBA_DISABLE_JIT": "0"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr.splitlines()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder of compiled kernels, and the results of the process that compiled them."""
    folder = tmp_path_factory.mktemp("kernels")
    results, notes = played(folder)
    assert notes == ["numba llvmlite"]
    return folder, results


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for kernels."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    kernel_files._note_once.cache_clear()
    return tmp_path


def test_what_is_kept_runs_without_a_compiler(kept: tuple[Path, str]) -> None:
    """And gives the same."""
    folder, expected = kept

    assert played(folder) == (expected, [LINKER])


def test_flipped_bits_change_nothing(kept: tuple[Path, str]) -> None:
    """One in the code of every file: said of each, compiled anew, and sound after that."""
    folder, expected = kept
    rng = random.Random(0)
    paths = sorted(folder.glob("*.kernel"))
    for path in paths:
        content = bytearray(path.read_bytes())
        content[rng.randrange(64, len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)

    results, notes = played(folder)

    assert results == expected
    damaged = {line.removesuffix(": was damaged; compiled anew") for line in notes[:-1]}
    assert damaged == set(map(str, paths))
    assert played(folder) == (expected, [LINKER])


def test_no_flipped_bit_is_believed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At every place; in the key it makes the file one of another version, which needs no note."""
    kernel_files.write("a", KEY, CODE)
    whole, rng = (place / "a").read_bytes(), random.Random(0)
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.randrange(8)
        (place / "a").write_bytes(damaged)

        assert kernel_files.read("a", KEY) is None
        assert ("was damaged; compiled anew" in capsys.readouterr().err) == (at >= len(KEY))


@pytest.mark.parametrize("length", [0, 31, 32, 64, 2063])
def test_piece_of_a_file_is_not_believed(place: Path, length: int) -> None:
    """Whatever is left of it."""
    kernel_files.write("a", KEY, CODE)
    (place / "a").write_bytes((place / "a").read_bytes()[:length])

    assert kernel_files.read("a", KEY) is None


def test_code_is_read_back(place: Path) -> None:
    """Under its own name and key only; a later version takes its place."""
    kernel_files.write("a", KEY, b"old")
    kernel_files.write("a", KEY[::-1], CODE)

    assert kernel_files.read("a", KEY[::-1]) == CODE
    assert kernel_files.read("a", KEY) is None
    assert kernel_files.read("b", KEY) is None
    assert [path.name for path in place.iterdir()] == ["a"]


def test_full_disk_is_said_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kernels run all the same; nothing half-written is left, and nothing called damaged."""

    def fail(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)

    for name in "ab":
        kernel_files.write(name, KEY, CODE)

    said = "every start compiles the kernels: they cannot be kept in"
    assert capsys.readouterr().err == f"{said} {place}: No space left on device\n"
    assert list(place.iterdir()) == []


def test_place_that_is_no_folder_is_said(kept: tuple[Path, str], tmp_path: Path) -> None:
    """By a whole process, which gives its results."""
    (tmp_path / "file").touch()

    results, notes = played(tmp_path / "file", SHORT)

    assert results == kept[1].splitlines(keepends=True)[1]
    (note,) = notes
    assert note.startswith("every start compiles the kernels: they cannot be kept in")


def test_users_cache_is_the_second_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package's own folder takes nothing."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kernel_files, "__file__", str(tmp_path / "nobody" / "file.py"))
    (tmp_path / "nobody").touch()

    kernel_files.write("a", KEY, CODE)

    assert [path.name for path in (tmp_path / "realsam").iterdir()] == ["a"]
    assert kernel_files.read("a", KEY) == CODE
