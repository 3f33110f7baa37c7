"""`jit`: kernels that numba compiles when they are first called, and that then run without it.

A kernel takes numbers and C-ordered arrays of the types of its annotations, also in tuples; arrays
have as many dimensions as in the first call, and nobody checks that those it writes may be
written. It may call other kernels. It allocates nothing: only so does its machine code need
nothing of numba's.
"""

import os
import sys
import typing
from collections.abc import Callable, Iterator
from functools import cached_property, update_wrapper
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np

from sim import kernel_files
from sim.entry import Parameter, entry
from sim.machine_code import (
    Signature,
    compiled,
    compiler,
    dispatcher_of,
    linked,
    numba_type,
    processor,
)

_PREPARING = Lock()  # one kernel after the other: threads score documents
_DTYPES = {int: np.int64, float: np.float64, bool: np.bool_}


def jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel when it is first called, and keep the machine code."""
    return function if _disabled() else Kernel(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into the kernels that call it: what takes many arrays is slow to call."""
    return function if _disabled() else Kernel(function, inline="always")


def _disabled() -> bool:
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


class Kernel:
    """A function that runs as machine code."""

    def __init__(self, function: Callable[..., Any], inline: str = "never") -> None:
        update_wrapper(self, function)
        self.py_func = function
        self.targetoptions = {"inline": inline}  # so named, numba finds them
        self._entry: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Run.

        Raises:
            TypeError: if an argument is not what the kernel was compiled for.
        """
        entry = self._entry or self._prepared(arguments)
        try:
            return entry(*arguments)
        except TypeError as error:
            name = self.py_func.__name__
            raise TypeError(f"{name}: an argument is no number or array of its kind") from error

    def _prepared(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        with _PREPARING:
            if self._entry is None:
                hints = typing.get_type_hints(self.py_func)
                result = hints.pop("return")
                signature = Signature(
                    tuple(map(_parameter, hints.values(), arguments)),
                    None if result is type(None) else _dtype(result),
                )
                self._entry = self._loaded(signature)
            return self._entry

    def _loaded(self, signature: Signature) -> Callable[..., Any]:
        """The entry, from the disk or compiled."""
        key = self._key(signature)
        tag = f"{sys.implementation.cache_tag}-{sha256(processor().encode()).hexdigest()[:8]}"
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__}.{tag}.kernel"
        symbol = f"kernel_{key.hex()}"
        if (code := kernel_files.read(name, key)) is None:
            code = compiled(self.dispatcher, signature, symbol)
            kernel_files.write(name, key, code)
        return linked(code, symbol)

    def _key(self, signature: Signature) -> bytes:
        """A digest of all that the machine code depends on."""
        whole = sha256("\0".join(self.pieces()).encode())
        whole.update(entry("", "", signature.parameters, signature.result).encode())
        whole.update(f"{processor()} {compiler()}".encode())
        return whole.digest()

    def pieces(self) -> Iterator[str]:
        """What the function says: its bytecode, and what that names, other kernels included."""
        code = self.py_func.__code__
        options = self.targetoptions
        yield repr((code.co_code, code.co_consts, code.co_names, code.co_varnames, options))
        for name in code.co_names:
            value = self.py_func.__globals__.get(name)
            if isinstance(value, Kernel):
                yield from value.pieces()
            elif isinstance(value, int | float | tuple | np.generic):
                yield repr(value)
            elif isinstance(value, np.ndarray):
                yield f"{value.dtype} {value.tolist()}"

    @cached_property
    def dispatcher(self) -> Any:
        """The same function of numba's; making it takes numba."""
        return dispatcher_of(self.py_func, self.targetoptions)

    @property
    def _numba_type_(self) -> Any:
        return numba_type(self.dispatcher)  # numba asks for it where a kernel calls another one


def _parameter(hint: Any, value: Any) -> Any:
    """What an annotation and a first argument say, tuples inside tuples."""
    # From 2.5 on, numpy's NDArray is an alias that keeps its name.
    if alias := getattr(typing.get_origin(hint), "__value__", None):
        hint = alias[typing.get_args(hint)]
    if typing.get_origin(hint) is tuple:
        return tuple(map(_parameter, typing.get_args(hint), value))
    if typing.get_origin(hint) is np.ndarray:
        (scalar,) = typing.get_args(typing.get_args(hint)[1])
        return Parameter(np.dtype(scalar), np.ndim(value))
    if fields := getattr(hint, "_fields", None):  # a NamedTuple
        hints = typing.get_type_hints(hint)
        return hint(*(_parameter(hints[name], getattr(value, name)) for name in fields))
    return Parameter(_dtype(hint), 0)


def _dtype(hint: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(_DTYPES.get(hint, hint))
    return dtype
