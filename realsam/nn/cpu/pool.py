"""Threads that each run kernels and products on one core.

Products that torch spreads over its own threads leave those spinning for milliseconds, in the way
of the kernels. Here all parallel work is cut into tasks instead, and torch stays on one core.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from math import ceil
from threading import Barrier
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

_threads: ContextVar[int] = ContextVar("threads")


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Keep torch from using threads of its own in a block; tasks have as many as it had."""
    before = torch.get_num_threads()
    token = _threads.set(_n_threads())
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _threads.reset(token)


def _n_threads() -> int:
    return _threads.get(torch.get_num_threads())


def run(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Results of all tasks, in their order; without gradients."""
    threads = _n_threads()
    if threads == 1 or len(tasks) == 1:
        with torch.no_grad():
            return [task() for task in tasks]
    return list(_workers(threads).map(_call, tasks))


def _call(task: Callable[[], T]) -> T:
    with torch.no_grad():
        return task()


@cache
def _workers(threads: int) -> ThreadPoolExecutor:
    pool, ready = ThreadPoolExecutor(threads, "realsam"), Barrier(threads)
    before = torch.get_num_threads()
    list(pool.map(_on_one_core, [ready] * threads))
    torch.set_num_threads(before)  # for threads to come; a worker's setting holds for itself
    return pool


def _on_one_core(ready: Barrier) -> None:
    ready.wait()  # each thread takes one of these calls
    torch.get_num_threads()  # sets the number for this thread when it is first asked for
    torch.set_num_threads(1)


def shares(count: int, at_least: int = 1) -> Iterator[slice]:
    """Cut a number of things into equal tasks for all threads, so many at least if it can be."""
    threads = _n_threads()
    tasks = min(count, threads * max(1, ceil(at_least / threads)))
    cuts = [count * i // tasks for i in range(tasks + 1)]
    yield from map(slice, cuts, cuts[1:])


@cache
def _onednn() -> bool:
    """Whether oneDNN's float32 products are the fastest: MKL uses AVX-512 on Intel only."""
    built = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(built) and torch.backends.cpu.get_cpu_capability() == "AVX512"


def product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """The product a @ b, plus a bias [N], in float32."""
    if _onednn():
        result: Tensor = torch.ops.mkldnn._linear_pointwise(a, b.T, bias, "none", [], "")
        return result
    return a @ b if bias is None else torch.addmm(bias, a, b)
