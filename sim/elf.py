"""Object files of Linux on x86-64, linked into this process without LLVM.

LLVM's library is 178 MB, of which linking maps 40 to 100 MB into the process; here it takes a
page or two. Kernels are compiled in the large code model: whatever they refer to stands in the
code as an address of 64 bits, so linking is adding up. What else there may be in an object file
is left to LLVM.

Sources: System V ABI, chapter 4 (object files); its AMD64 supplement 4.4 (relocation).
"""

import ctypes
import mmap
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ALLOCATED = 2  # SHF_ALLOC
_BITS, _SYMBOLS, _RELOCATIONS, _NO_BITS = 1, 2, 4, 8  # types of sections
_ELSEWHERE = 0  # section of a symbol that another file defines
_ADDRESS = 1  # R_X86_64_64: symbol plus addend
_WORD = (1 << 64) - 1
_FRAMES = b".eh_frame"  # for exceptions of C++, which there are none of
_IN_USE: list[mmap.mmap] = []  # as long as Python runs


@dataclass(frozen=True)
class _Section:
    name: bytes
    kind: int
    flags: int
    content: bytes  # zeros where the file has none
    link: int  # of symbols: the section of their names
    info: int  # of relocations: the section that they change
    alignment: int


@dataclass(frozen=True)
class _Symbol:
    name: bytes
    section: int
    value: int  # place in its section


def is_ours() -> bool:
    """Whether this process runs such files."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def link(code: bytes, name: str) -> int | None:
    """Link an object file; returns the address of a function, or None if LLVM has to do it."""
    sections = list(_sections(code))
    symbols = [symbol for s in sections if s.kind == _SYMBOLS for symbol in _symbols(s, sections)]
    places, size = _laid_out(sections)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for i, place in places.items():
        memory[place : place + len(sections[i].content)] = sections[i].content
    addresses = [_address(symbol, base, places) for symbol in symbols]
    for section in (s for s in sections if s.kind == _RELOCATIONS and s.info in places):
        for at, info, addend in struct.iter_unpack("<QQq", section.content):
            target = addresses[info >> 32]
            if info & 0xFFFFFFFF != _ADDRESS or target is None:
                return None
            struct.pack_into("<Q", memory, places[section.info] + at, target + addend & _WORD)
    if _protect(base, size):
        return None
    _IN_USE.append(memory)
    return next(a for s, a in zip(symbols, addresses, strict=True) if s.name == name.encode())


def _protect(base: int, size: int) -> int:
    """Let memory run, and be written no more; anything but 0 is an error."""
    run = mmap.PROT_READ | mmap.PROT_EXEC
    return int(ctypes.CDLL(None).mprotect(ctypes.c_void_p(base), ctypes.c_size_t(size), run))


def _sections(code: bytes) -> Iterator[_Section]:
    (start,) = struct.unpack_from("<Q", code, 0x28)
    size, count, names = struct.unpack_from("<HHH", code, 0x3A)
    heads = [struct.unpack_from("<IIQQQQIIQQ", code, start + i * size) for i in range(count)]
    text = code[heads[names][4] :]
    for name, kind, flags, _, offset, length, linked, info, alignment, _ in heads:
        content = bytes(length) if kind == _NO_BITS else code[offset : offset + length]
        yield _Section(_string(text, name), kind, flags, content, linked, info, alignment)


def _symbols(table: _Section, sections: list[_Section]) -> Iterator[_Symbol]:
    text = sections[table.link].content
    for name, _, _, section, value, _ in struct.iter_unpack("<IBBHQQ", table.content):
        yield _Symbol(_string(text, name), section, value)


def _string(text: bytes, start: int) -> bytes:
    return text[start : text.index(b"\0", start)]


def _laid_out(sections: list[_Section]) -> tuple[dict[int, int], int]:
    """Where each section comes in memory, and the size of all."""
    places, end = {}, 0
    for i, section in enumerate(sections):
        wanted = section.kind in (_BITS, _NO_BITS) and section.name != _FRAMES
        if wanted and section.flags & _ALLOCATED:
            places[i] = -(-end // section.alignment) * section.alignment
            end = places[i] + len(section.content)
    return places, end


def _address(symbol: _Symbol, base: int, places: dict[int, int]) -> int | None:
    if symbol.section in places:
        return base + places[symbol.section] + symbol.value
    return _outside(symbol.name.decode()) if symbol.section == _ELSEWHERE else None


def _outside(name: str) -> int | None:
    """The address of a function of Python or of C."""
    for library in (ctypes.pythonapi, ctypes.CDLL(None)):
        try:
            return ctypes.cast(library[name], ctypes.c_void_p).value
        except AttributeError:
            continue
    return None
