"""Kernels as machine code: what they take, what they refuse, and when they are compiled anew."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from realsam.arrays import F64, I8, I64, U8
from sim import machine_code
from sim.entry import Parameter
from sim.jit import Kernel, _parameter, inlined, jit

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="nothing is compiled"
)
STEP = 3
WEIGHTS = np.array([5, 7])
Word = np.uint64


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the kernels of these tests."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


class Special(np.ndarray):
    """An array that may be more than one."""


def _scaled(x: int) -> int:
    return x * STEP


def weighted(matrix: I8, total: I64, pair: tuple[I64, tuple[float, U8]], sign: bool) -> float:
    """Something of everything; writes total."""
    first, (unit, second) = pair
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            total[i] += scaled(matrix[i, j]) * WEIGHTS[j % 2] + first[j] - second[j]
    return -unit if sign else unit * total[0]


scaled = Kernel(_scaled)


def fresh() -> Any:
    """The kernel, not yet compiled."""
    return Kernel(weighted)


def arguments() -> tuple[Any, ...]:
    """What it takes."""
    matrix = np.arange(-6, 6).astype(np.int8).reshape(3, 4)
    pair = np.arange(4), (0.5, np.arange(4).astype(np.uint8))
    return matrix, np.zeros(3, np.int64), pair, False


def test_kernel_gives_what_its_function_gives() -> None:
    """Matrices, vectors, tuples inside tuples, numbers, a constant array, another kernel."""
    plain, compiled = arguments(), arguments()

    assert weighted(*plain) == fresh()(*compiled)
    assert plain[1].tolist() == compiled[1].tolist()
    assert plain[1].any()


@pytest.mark.parametrize(
    "wrong",
    [
        [1, 2, 3],
        None,
        np.zeros(3, np.int32),
        np.zeros(3, np.uint64),
        np.zeros(3),
        np.zeros((3, 1), np.int64),
        np.array(0),
        np.zeros(6, np.int64)[::2],
        np.zeros(25, np.uint8)[1:].view(np.int64),
        np.zeros(3, np.int64).view(Special),
    ],
    ids=["list", "None", "32", "unsigned", "float", "2-d", "0-d", "strided", "askew", "special"],
)
def test_wrong_array_is_refused(wrong: Any) -> None:
    """By the machine code itself, before it reads or writes anything."""
    kernel, (matrix, total, pair, sign) = fresh(), arguments()
    kernel(matrix, total, pair, sign)

    with pytest.raises(TypeError, match="weighted: an argument is no number or array"):
        kernel(matrix, wrong, pair, sign)


@pytest.mark.parametrize("wrong", ["1", None, np.zeros(1)], ids=["text", "None", "array"])
def test_wrong_number_is_refused(wrong: Any) -> None:
    """Numbers are numbers."""
    with pytest.raises(TypeError, match="_scaled: an argument is no number or array"):
        Kernel(_scaled)(wrong)


def test_numbers_may_be_numpys() -> None:
    """As they come out of arrays."""
    assert Kernel(_scaled)(np.int64(-5)) == -15
    assert Kernel(_scaled)(np.uint8(5)) == 15


class Pair(NamedTuple):
    """What belongs together."""

    values: I64
    factor: int


@inlined
def _all_of(pair: Pair) -> int:
    total = 0
    for value in pair.values:
        total += value * pair.factor
    return total


def _more(pair: Pair, others: tuple[Pair, Pair]) -> int:
    return _all_of(pair) - _all_of(others[0]) + _all_of(others[1])


def test_named_tuples_go_through_and_functions_are_inlined() -> None:
    """As arguments, inside of tuples, and to functions that are no kernels of their own."""
    pairs = [Pair(np.arange(n), n) for n in (3, 4, 5)]
    kernel = Kernel(_more)

    assert kernel(pairs[0], (pairs[1], pairs[2])) == 9 - 24 + 50
    (signature,) = kernel.dispatcher.signatures
    assert "7_all_of" not in kernel.dispatcher.inspect_llvm(signature)  # as a mangled name


@pytest.mark.parametrize(
    "wrong",
    [
        (Pair(np.arange(3), 3), ()),
        (Pair(np.arange(3), 3), None),
        (Pair(np.arange(3), 3), (Pair(np.arange(3), 3), 5)),
        (Pair([1], 3), (Pair(np.arange(3), 3), Pair(np.arange(3), 3))),
        (Pair(np.arange(3), "3"), (Pair(np.arange(3), 3), Pair(np.arange(3), 3))),
    ],
    ids=["short", "None", "no tuple", "list", "text"],
)
def test_wrong_tuple_is_refused(wrong: Any) -> None:
    """Too short, no tuple, or with something else inside."""
    kernel, pair = Kernel(_more), Pair(np.arange(3), 3)
    kernel(pair, (pair, pair))

    with pytest.raises(TypeError, match="_more: an argument is no number or array"):
        kernel(*wrong)


def _word(x: Word) -> Word:
    return x


def test_words_of_64_bits_go_through() -> None:
    """Seeds have no sign."""
    assert Kernel(_word)(np.uint64(2**64 - 1)) == 2**64 - 1


def test_kernel_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process finds it on the disk."""
    expected = fresh()(*arguments())
    monkeypatch.setattr("sim.jit.compiled", lambda *_: pytest.fail("compiled again"))

    assert fresh()(*arguments()) == expected
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEP", 4),
        ("WEIGHTS", np.array([5, 8])),
        ("scaled", Kernel(lambda x: x * STEP * 1)),
    ],
    ids=["constant", "table", "kernel"],
)
def test_what_a_kernel_is_made_of_is_in_its_key(
    name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constant, also one that a called kernel names; a table; a called kernel."""
    before = list(fresh().pieces())

    monkeypatch.setitem(globals(), name, value)

    assert list(fresh().pieces()) != before


def test_processor_and_compiler_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code of another machine or numba is made anew."""
    kernel = Kernel(_scaled)
    signature = machine_code.Signature((), np.dtype(np.int64))
    keys = {kernel._key(signature)}

    for name in ("processor", "compiler"):
        monkeypatch.setattr(f"sim.jit.{name}", lambda: "another")
        keys.add(kernel._key(signature))

    assert len(keys) == 3


def _divided(x: int) -> int:
    return 6 // x


def test_exception_inside_is_an_error() -> None:
    """Kernels raise nothing; if one does, it is our bug."""
    kernel = Kernel(_divided)

    assert kernel(-4) == -2
    with pytest.raises(SystemError):
        kernel(0)


def test_wrong_number_of_arguments_is_refused() -> None:
    """One too few, one too many."""
    kernel = Kernel(_scaled)
    kernel(1)

    for arguments in ((), (1, 2)):
        with pytest.raises(TypeError, match="_scaled: an argument is no number or array"):
            kernel(*arguments)


def test_threads_share_a_kernel() -> None:
    """It is compiled once, and runs without the GIL."""
    kernel = Kernel(_scaled)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(kernel, range(100)))

    assert found == [3 * i for i in range(100)]


def _copied(x: F64) -> float:
    return float(np.sum(x[::-1].copy()))


def test_kernel_that_allocates_is_refused() -> None:
    """Its machine code would need numba's memory."""
    with pytest.raises(Exception, match="NRT required but not enabled"):
        Kernel(_copied)(np.ones(3))


def test_decorator_leaves_the_function_at_hand() -> None:
    """For those who look at it."""
    assert jit(_scaled).py_func is _scaled
    assert jit(_scaled).__doc__ == _scaled.__doc__


@pytest.mark.skipif(sys.version_info < (3, 12), reason="an alias has no name before Python 3.12")
def test_named_alias_of_an_array_is_an_array() -> None:
    """As numpy declares its NDArray from 2.5 on."""
    names: dict[str, Any] = {"np": np, "Any": Any}
    exec("type Array[T] = np.ndarray[tuple[Any, ...], np.dtype[T]]", names)

    assert _parameter(names["Array"][np.int64], np.zeros(3)) == Parameter(np.dtype(np.int64), 1)
