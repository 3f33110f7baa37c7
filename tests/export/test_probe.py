"""The child that opens a stranger's file first: its answers, its death, its silence."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from export import probe
from realsam.errors import BundleError
from tests.export.corpus import NIR

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="no forks here")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with nothing wrong."""
    with h5py.File(tmp_path / "a.h5", "w") as made:
        made["x"] = [1, 2]
    return tmp_path / "a.h5"


@pytest.mark.parametrize("ask", [pytest.param(probe.forked, marks=needs_fork), probe.started])
def test_both_ways_answer_alike(ask: Callable[[Path], bytes], file: Path) -> None:
    """Nothing, what is refused, and nothing of what the real reader tells better."""
    assert ask(file) == b"lives:"
    with h5py.File(file, "a") as made:
        made["é"] = h5py.SoftLink("/x")
    assert ask(file) == "lives:'é' is a link to another place".encode()
    assert ask(file.with_name("none")) == b"lives:"


@pytest.mark.parametrize("ask", [pytest.param(probe.forked, marks=needs_fork), probe.started])
@pytest.mark.skipif(not (NIR / "lif_norse.nir").exists(), reason="the corpus is not here")
def test_both_ways_survive_bytes_that_crash_libhdf5(
    ask: Callable[[Path], bytes], file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As libhdf5 2.0 does on these addresses of strings; its last words are not shown."""
    data = bytearray((NIR / "lif_norse.nir").read_bytes())
    for place, value in ((3806, 139), (8766, 87), (8915, 77), (17385, 156)):
        data[place] = value
    file.write_bytes(data)

    assert ask(file) in (b"", b"lives:")
    assert capfd.readouterr() == ("", "")


def crash(_: str) -> str:
    """What a damaged heap does."""
    os.write(2, b"malloc(): corrupted")
    os.kill(os.getpid(), signal.SIGSEGV)
    return ""


@needs_fork
def test_crash_is_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of this process alone."""
    monkeypatch.setattr(probe, "examine", crash)

    with pytest.raises(BundleError, match=r"^damaged: libhdf5 crashes on it"):
        probe.refuse_deadly(file)

    assert capfd.readouterr() == ("", "")


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are forked."""
    found, fork = [], os.fork
    monkeypatch.setattr(os, "fork", lambda: found.append(fork()) or found[-1])
    return found


def gone(process: int) -> bool:
    """Whether nothing is left of it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@needs_fork
def test_endless_reading_is_ended(
    file: Path, monkeypatch: pytest.MonkeyPatch, children: list[int]
) -> None:
    """And leaves no process behind."""
    monkeypatch.setattr(probe, "examine", lambda _: time.sleep(10_000))
    monkeypatch.setattr(probe, "_SECONDS", 0.01)

    with pytest.raises(BundleError, match="does not come back within"):
        probe.refuse_deadly(file)

    assert gone(children[0])


@needs_fork
def test_endless_reading_is_ended_by_ctrl_c(
    file: Path, monkeypatch: pytest.MonkeyPatch, children: list[int]
) -> None:
    """Neither does it leave a process."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(probe, "examine", lambda _: time.sleep(10_000))
    monkeypatch.setattr(probe, "wait", interrupt)

    with pytest.raises(KeyboardInterrupt):
        probe.refuse_deadly(file)

    assert gone(children[0])


@needs_fork
def test_ctrl_c_is_for_the_parent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sends it to both."""

    def interrupted(_: str) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "and goes on"

    monkeypatch.setattr(probe, "examine", interrupted)

    assert probe.forked(file) == b"lives:and goes on"


@needs_fork
def test_orphan_ends_itself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its parent was killed, libhdf5 does not loop for ever."""
    monkeypatch.setattr(probe, "_SECONDS", -0.99)
    monkeypatch.setattr(probe, "examine", lambda _: time.sleep(10_000))
    monkeypatch.setattr(probe, "wait", lambda *_: True)  # a parent that waits for its end

    assert probe.forked(file) == b""


@needs_fork
def test_ignored_children_are_no_error(file: Path) -> None:
    """A program may leave its children to the system."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        probe.refuse_deadly(file)
    finally:
        signal.signal(signal.SIGCHLD, before)
