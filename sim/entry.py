"""The entry of a kernel: a builtin function of Python around numba's machine code, as LLVM's text.

Python calls it with a vector of objects. It opens tuples, and refuses an object that is no array of
the dtype and dimensions that the kernel was compiled for: all types are checked first, then what
the arrays say of themselves, and only then is anything else read. It lets the GIL go while the
kernel runs. Of Python it names functions only: numba gives some of its variables other addresses.

Sources: Python's C API (METH_FASTCALL); numpy's C API (PyArrayObject_fields, PyArray_Descr, the
same since numpy 1); numba 0.68 `core/callconv.py` (CPUCallConv: result and error first, a status
back) and `core/datamodel/models.py` (ArrayModel).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_HEAD = object.__basicsize__  # bytes of a PyObject; the last pointer in them is its type
_DATA, _ND, _SHAPE, _STRIDES, _DESCR, _FLAGS = (_HEAD + n for n in (0, 8, 16, 24, 40, 48))
_TYPE_NUMBER = _HEAD + 12  # in a PyArray_Descr
_IN_ROWS = 0x0001 | 0x0100  # C-ordered and aligned: what the loops rely on
_PYTHON = {
    "PyErr_BadArgument": "i32 ()",  # raises TypeError
    "PyErr_BadInternalCall": "void ()",  # raises SystemError
    "PyErr_Occurred": "ptr ()",
    "PyEval_RestoreThread": "void (ptr)",
    "PyEval_SaveThread": "ptr ()",
    "PyFloat_AsDouble": "double (ptr)",
    "PyFloat_FromDouble": "ptr (double)",
    "PyLong_AsLongLong": "i64 (ptr)",
    "PyLong_AsUnsignedLongLongMask": "i64 (ptr)",
    "PyLong_FromLongLong": "ptr (i64)",
    "PyLong_FromUnsignedLongLong": "ptr (i64)",
    "PyObject_IsTrue": "i32 (ptr)",
    "PyTuple_GetItem": "ptr (ptr, i64)",
    "PyTuple_Size": "i64 (ptr)",
    "Py_IncRef": "void (ptr)",
}
CALLED = set(_PYTHON)  # functions of Python
# Of every number: its type in LLVM, and the functions of Python that read and make one.
_NUMBERS = {
    np.dtype(np.int64): ("i64", "PyLong_AsLongLong", "PyLong_FromLongLong"),
    np.dtype(np.uint64): ("i64", "PyLong_AsUnsignedLongLongMask", "PyLong_FromUnsignedLongLong"),
    np.dtype(np.float64): ("double", "PyFloat_AsDouble", "PyFloat_FromDouble"),
    np.dtype(np.bool_): ("i32", "PyObject_IsTrue", ""),
}


@dataclass(frozen=True)
class Parameter:
    """What a kernel takes in one place."""

    dtype: np.dtype[Any]
    ndim: int  # 0: a number


def entry(name: str, native: str, parameters: tuple[Any, ...], result: np.dtype[Any] | None) -> str:
    """The function `name`; its self is numpy's array type.

    Args:
        name: of the entry.
        native: name of numba's function.
        parameters: what both take: Parameters, and tuples of them.
        result: what both give.
    """
    leaves = dict(_leaves("a", parameters))
    arrays = {k: p for k, p in leaves.items() if p.ndim}
    words = ["ptr %out", "ptr %error", *(w for k, p in leaves.items() for w in _words(k, p))]
    lines = [
        *(f"declare {kind.replace('(', f'@{name}(')}" for name, kind in _PYTHON.items()),
        "@_Py_NoneStruct = external global i8",
        f"define ptr @{name}(ptr %ndarray, ptr %objects, i64 %n) {{",
        "%out = alloca i64",
        "%error = alloca ptr",
        f"%all = icmp eq i64 %n, {len(parameters)}",
        "br i1 %all, label %enough, label %refuse",
        "enough:",
        *_flat(_load(f"a.{i}", "ptr", "objects", 8 * i) for i in range(len(parameters))),
        *_opened("a", parameters),
        *_flat(map(_is_array, arrays)),
        *_every("array", arrays),
        "br i1 %array, label %inside, label %refuse",
        "inside:",
        *_flat(map(_fits, arrays, arrays.values())),
        *_every("fits", arrays),
        "br i1 %fits, label %read, label %refuse",
        "read:",
        *_flat(map(_read, leaves, leaves.values())),
        "%wrong = call ptr @PyErr_Occurred()",
        "%right = icmp eq ptr %wrong, null",
        "br i1 %right, label %run, label %failed",
        "run:",
        "%thread = call ptr @PyEval_SaveThread()",
        f'%status = call i32 @"{native}"({", ".join(words)})',
        "call void @PyEval_RestoreThread(ptr %thread)",
        "%fine = icmp eq i32 %status, 0",
        "br i1 %fine, label %give, label %break",
        "give:",
        *_given(result),
        "ret ptr %given",
        "refuse:",
        "%refused = call i32 @PyErr_BadArgument()",
        "br label %failed",
        "break:",
        "call void @PyErr_BadInternalCall()",
        "br label %failed",
        "failed:",
        "ret ptr null",
        "}",
    ]
    return "\n" + "\n".join(lines) + "\n"


def _leaves(of: str, parts: Sequence[Any]) -> Iterator[tuple[str, Parameter]]:
    """The parameters by name, as numba's function takes them: one after the other."""
    for i, part in enumerate(parts):
        if isinstance(part, tuple):
            yield from _leaves(f"{of}.{i}", part)
        else:
            yield f"{of}.{i}", part


def _opened(of: str, parts: Sequence[Any]) -> Iterator[str]:
    """Take the objects out of all tuples, if they hold as many as they should."""
    for k, part in ((f"{of}.{i}", part) for i, part in enumerate(parts)):
        if not isinstance(part, tuple):
            continue
        yield f"%length.{k} = call i64 @PyTuple_Size(ptr %{k})"
        yield f"%long.{k} = icmp eq i64 %length.{k}, {len(part)}"
        yield f"br i1 %long.{k}, label %open.{k}, label %refuse"
        yield f"open.{k}:"
        for i in range(len(part)):
            yield f"%{k}.{i} = call ptr @PyTuple_GetItem(ptr %{k}, i64 {i})"
        yield from _opened(k, part)


def _flat(parts: Iterable[Iterable[str]]) -> Iterator[str]:
    for part in parts:
        yield from part


def _load(name: str, kind: str, base: str, offset: int) -> Iterator[str]:
    yield f"%{name}.at = getelementptr i8, ptr %{base}, i64 {offset}"
    yield f"%{name} = load {kind}, ptr %{name}.at"


def _is_array(k: str) -> Iterator[str]:
    yield from _load(f"type.{k}", "ptr", k, _HEAD - 8)
    yield f"%array.{k} = icmp eq ptr %type.{k}, %ndarray"


def _fits(k: str, parameter: Parameter) -> Iterator[str]:
    yield from _load(f"nd.{k}", "i32", k, _ND)
    yield from _load(f"flags.{k}", "i32", k, _FLAGS)
    yield from _load(f"descr.{k}", "ptr", k, _DESCR)
    yield from _load(f"number.{k}", "i32", f"descr.{k}", _TYPE_NUMBER)
    yield f"%in_rows.{k} = and i32 %flags.{k}, {_IN_ROWS}"
    yield f"%fits.nd.{k} = icmp eq i32 %nd.{k}, {parameter.ndim}"
    yield f"%fits.number.{k} = icmp eq i32 %number.{k}, {parameter.dtype.num}"
    yield f"%fits.flags.{k} = icmp eq i32 %in_rows.{k}, {_IN_ROWS}"
    yield f"%fits.two.{k} = and i1 %fits.nd.{k}, %fits.number.{k}"
    yield f"%fits.{k} = and i1 %fits.two.{k}, %fits.flags.{k}"


def _every(name: str, arrays: Iterable[str]) -> Iterator[str]:
    """Whether `name.k` holds for every array k, as `name`."""
    arrays = list(arrays)
    yield f"%{name}.every.0 = and i1 1, 1"
    for n, k in enumerate(arrays):
        yield f"%{name}.every.{n + 1} = and i1 %{name}.every.{n}, %{name}.{k}"
    yield f"%{name} = and i1 %{name}.every.{len(arrays)}, 1"


def _read(k: str, parameter: Parameter) -> Iterator[str]:
    if not parameter.ndim:
        kind, read, _ = _NUMBERS[parameter.dtype]
        yield f"%number.{k} = call {kind} @{read}(ptr %{k})"
        if parameter.dtype == np.bool_:
            yield f"%truth.{k} = trunc i32 %number.{k} to i8"
        return
    yield from _load(f"data.{k}", "ptr", k, _DATA)
    yield from _load(f"shape.{k}", "ptr", k, _SHAPE)
    yield from _load(f"strides.{k}", "ptr", k, _STRIDES)
    yield f"%size.{k}.0 = add i64 1, 0"
    for axis in range(parameter.ndim):
        yield from _load(f"n.{k}.{axis}", "i64", f"shape.{k}", 8 * axis)
        yield from _load(f"stride.{k}.{axis}", "i64", f"strides.{k}", 8 * axis)
        yield f"%size.{k}.{axis + 1} = mul i64 %size.{k}.{axis}, %n.{k}.{axis}"


def _words(k: str, parameter: Parameter) -> Iterator[str]:
    """A parameter as numba's function takes it."""
    if not parameter.ndim:
        truth = parameter.dtype == np.bool_
        yield f"i8 %truth.{k}" if truth else f"{_NUMBERS[parameter.dtype][0]} %number.{k}"
        return
    yield from ("ptr null", "ptr null")  # of its memory's owner: nobody counts in there
    yield f"i64 %size.{k}.{parameter.ndim}"
    yield f"i64 {parameter.dtype.itemsize}"
    yield f"ptr %data.{k}"
    yield from (f"i64 %n.{k}.{axis}" for axis in range(parameter.ndim))
    yield from (f"i64 %stride.{k}.{axis}" for axis in range(parameter.ndim))


def _given(result: np.dtype[Any] | None) -> Iterator[str]:
    """What Python gets, as `given`."""
    if result is None:
        yield "call void @Py_IncRef(ptr @_Py_NoneStruct)"
        yield "%given = getelementptr i8, ptr @_Py_NoneStruct, i64 0"
        return
    kind, _, make = _NUMBERS[result]
    yield f"%result = load {kind}, ptr %out"
    yield f"%given = call ptr @{make}({kind} %result)"
