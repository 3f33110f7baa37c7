"""Machine code: made by numba and LLVM, linked into a process without them.

Importing numba and loading its own cache takes 106 MB and 300 ms, LLVM alone 58 MB and 50 ms. It
links the files where `sim.elf` does not.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from sim import elf
from sim.entry import CALLED, entry


class _Method(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


_VERSION = 1  # of what is made here of numba's functions
_VECTOR = 0x0080  # METH_FASTCALL
_IN_USE: list[Any] = []  # methods and linkers, as long as Python runs
_new_function = ctypes.pythonapi.PyCFunction_NewEx
_new_function.restype = ctypes.py_object
_new_function.argtypes = (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
_EVERYWHERE = {"memset", "memcpy", "memmove", "exp", "log", "trunc"}  # functions of every process


@dataclass(frozen=True)
class Signature:
    """What a kernel takes and gives."""

    parameters: tuple[Any, ...]  # Parameters, and tuples of them
    result: np.dtype[Any] | None


def compiled(dispatcher: Any, signature: Signature, name: str) -> bytes:
    """Compile a function for this processor; returns an object file with its entry.

    Args:
        dispatcher: numba's, without wrappers for Python.
        signature: what it takes and gives.
        name: of the entry.
    """
    wanted = _in_numbas_words(signature)
    dispatcher.compile(wanted)
    native = dispatcher.overloads[wanted.args].fndesc.llvm_func_name
    source = dispatcher.inspect_llvm(wanted.args)
    source += entry(name, native, signature.parameters, signature.result)
    module = _llvm().parse_assembly(source)
    called = {f.name for f in module.functions if f.is_declaration and "llvm." not in f.name}
    assert called <= CALLED | _EVERYWHERE, (
        f"{native} calls {called}, which another process may not have"
    )
    code: bytes = _machine().emit_object(module)
    return code


def dispatcher_of(function: Callable[..., Any], options: dict[str, str]) -> Any:
    """Numba's view of a kernel: without a way in for Python, and without memory of its own."""
    # Never fastmath: exactness is the contract.
    wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return _numba().njit(_nrt=False, **wrappers, **options)(function)


def numba_type(dispatcher: Any) -> Any:
    """What numba takes a kernel for that another one calls."""
    return _numba().typeof(dispatcher)


def _numba() -> Any:
    return import_module("numba")  # late: only a compiler needs it


def _in_numbas_words(signature: Signature) -> Any:
    numba = _numba()

    def kind(part: Any) -> Any:
        if isinstance(part, tuple) and type(part) is not tuple:
            return numba.types.NamedTuple([kind(inner) for inner in part], type(part))
        if isinstance(part, tuple):
            return numba.types.Tuple([kind(inner) for inner in part])
        number = numba.from_dtype(part.dtype)
        return numba.types.Array(number, part.ndim, "C") if part.ndim else number

    result = numba.from_dtype(signature.result) if signature.result else numba.types.none
    return result(*map(kind, signature.parameters))


def linked(code: bytes, name: str) -> Callable[..., Any]:
    """Link an object file into this process; returns its entry as a function of Python."""
    address = elf.link(code, name) if elf.is_ours() else None
    method = _Method(name.encode(), address or _linked_by_llvm(code, name), _VECTOR, None)
    _IN_USE.append(method)
    function: Callable[..., Any] = _new_function(ctypes.byref(method), np.ndarray, None)
    return function


def _linked_by_llvm(code: bytes, name: str) -> int:
    llvm = _llvm()
    # A linker for each: what several files hold is of one name, but perhaps of another version.
    linker = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    linker.add_object_file(llvm.ObjectFileRef.from_data(code))
    linker.finalize_object()
    _IN_USE.append(linker)
    return int(linker.get_function_address(name))


@cache
def processor() -> str:
    """What machine code is made for."""
    if elf.is_ours() and (known := _known_to_linux()):
        return known
    llvm = _llvm()
    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}"


def _known_to_linux() -> str:
    """Name and abilities of the first processor; nothing where Linux does not say."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            first = takewhile(str.strip, file)
            return "".join(line for line in first if line.startswith(("model name", "flags")))
    except OSError:
        return ""


@cache
def compiler() -> str:
    """What machine code is made by."""
    return f"numba {version('numba')}, {_VERSION}"


def _machine() -> Any:
    llvm = _llvm()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static" if target.name.startswith("x86") else "default",  # as numba has it
        codemodel="jitdefault",
        jit=True,
    )


def _llvm() -> Any:
    return import_module("llvmlite.binding")  # late: only a compiler needs it, and some systems
