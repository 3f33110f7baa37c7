"""Linking without LLVM: the same function at another address, or left to LLVM."""

import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realsam.arrays import F64, I64
from sim import elf, machine_code
from sim.jit import Kernel

pytestmark = [
    pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="no machine code"),
    pytest.mark.skipif(not elf.is_ours(), reason="LLVM links on this system"),
]
TABLE = np.array([3.5, -1.25, 7.0])


def summed(x: F64, counts: I64) -> float:
    """Calls C, reads constants, has loops for vectors; writes counts."""
    total = 0.0
    counts[:] = 0
    for i in range(x.size):
        counts[i % counts.size] += 1
        total += np.exp(TABLE[i % 3]) * x[i]
    return total


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the kernels of these tests."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def results() -> tuple[float, list[int]]:
    """Of the kernel, linked anew."""
    counts = np.ones(5, np.int64)
    return Kernel(summed)(np.arange(37.0), counts), counts.tolist()


@pytest.fixture
def llvm(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what LLVM links."""
    linked: list[str] = []
    right = machine_code._linked_by_llvm

    def link(code: bytes, name: str) -> int:
        linked.append(name)
        return right(code, name)

    monkeypatch.setattr(machine_code, "_linked_by_llvm", link)
    return linked


def test_llvm_has_nothing_to_do(llvm: list[str]) -> None:
    """With an object file of a kernel, fresh or from the disk."""
    counts = np.ones(5, np.int64)

    assert results() == results() == (summed(np.arange(37.0), counts), counts.tolist())
    assert llvm == []


def test_both_linkers_give_the_same(llvm: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As on other systems."""
    here = results()
    monkeypatch.setattr(elf, "is_ours", lambda: False)
    machine_code.processor.cache_clear()

    assert results() == here
    assert len(llvm) == 1
    machine_code.processor.cache_clear()


def changed(code: bytes, before: int, after: int) -> bytes:
    """An object file with another type of relocation."""
    whole = bytearray(code)
    for section in elf._sections(code):
        if section.kind == elf._RELOCATIONS:
            at = code.index(section.content)
            for place in range(at + 8, at + len(section.content), 24):
                (info,) = struct.unpack_from("<Q", whole, place)
                if info & 0xFFFFFFFF == before:
                    struct.pack_into("<Q", whole, place, info & ~0xFFFFFFFF | after)
    return bytes(whole)


def test_other_relocations_are_left_to_llvm(folder: Path) -> None:
    """Anything but an address of 64 bits."""
    results()
    (path,) = folder.iterdir()
    code = path.read_bytes()[64:]
    name = next(s.name.decode() for s in symbols(code) if s.name.startswith(b"kernel_"))

    assert elf.link(code, name)
    assert elf.link(changed(code, 1, 2), name) is None


def symbols(code: bytes) -> list[Any]:
    """The symbols of an object file."""
    sections = list(elf._sections(code))
    (table,) = [s for s in sections if s.kind == elf._SYMBOLS]
    return list(elf._symbols(table, sections))


def test_unknown_function_is_left_to_llvm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may know more libraries."""
    results()
    (path,) = folder.iterdir()
    monkeypatch.setattr(elf, "_outside", lambda _: None)

    assert elf.link(path.read_bytes()[64:], "kernel") is None


def test_memory_that_must_not_run_is_left_to_llvm(
    llvm: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system may forbid it; then LLVM says so."""
    expected = results()
    monkeypatch.setattr(elf, "_protect", lambda *_: -1)

    assert results() == expected
    assert len(llvm) == 1


def test_nameless_processor_is_named_by_llvm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Linux does not tell."""
    monkeypatch.setattr(machine_code, "Path", lambda _: SimpleNamespace(open=missing))
    machine_code.processor.cache_clear()

    assert "linux" in machine_code.processor()
    machine_code.processor.cache_clear()


def missing(**_: object) -> None:
    """No such file."""
    raise FileNotFoundError
