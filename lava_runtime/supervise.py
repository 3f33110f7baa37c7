"""Runs Lava processes so that a failure ends as an error, and nothing is left behind.

Import it after `load_lava`.

Sources: lava-nc 0.10.0, `magma/core/process/process.py` (log handlers, process server).
"""

import logging
import multiprocessing
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from lava.magma.core.process.process import AbstractProcess, LogConfig, ProcessServer
from lava.magma.core.process.variable import VarServer
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import RunConfig

from lava_runtime.watched_runtime import WatchedRuntime
from realsam.errors import MismatchError

OUR_BUG = "this is a bug of Real Sam, please report it"
_POLL_SECONDS = 0.005


class Session:
    """Lava processes in motion that send messages through a pipe and pause by themselves."""

    def __init__(self, runtime: WatchedRuntime, messages: Connection) -> None:
        self._runtime = runtime
        self._messages = messages

    @property
    def pids(self) -> list[int]:
        """Operating system ids of the children, Lava's runtime service last."""
        return [actor.pid for actor in self._runtime.actors]

    def start(self, steps: int) -> None:
        """Run in the background for at most that many Lava steps."""
        self._runtime.start(RunSteps(steps, blocking=False))

    def receive(self) -> Any:
        """Wait for the next message and return it.

        Raises:
            BackendFailedError: if a child dies, or fails with an exception of another library.
            RealSamError: the exception of a child, if it is one of ours.
        """
        self._runtime.wait_for(self._messages)
        return self._messages.recv()

    def finish(self) -> None:
        """Wait for the end of the run; after a pause Var.get may be used.

        Raises:
            MismatchError: if there is one message more.
        """
        while not (self._messages.poll(_POLL_SECONDS) or self._runtime.has_ended()):
            pass
        if self._messages.poll():
            raise MismatchError("Lava went on after the last token of its driver", OUR_BUG)
        self._runtime.wait()


@contextmanager
def supervised(
    process: AbstractProcess, config: RunConfig, messages: Connection
) -> Iterator[Session]:
    """Build a process and all that it is connected with; end them when the block is left.

    Args:
        process: any process of the network to run.
        config: chooses the process models.
        messages: receiving end of a pipe whose other end the models write to.
    """
    runtime: WatchedRuntime | None = None
    try:
        with _interrupts_held(), _fork_selected(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Lava's, and that of fork about threads
            with _foreign_traces_removed():
                executable = process.compile(config)
            runtime = WatchedRuntime(executable)
            runtime.initialize()
        yield Session(runtime, messages)
    finally:
        if runtime is not None:
            with _interrupts_held():
                runtime.stop()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    # Children inherit the mask: Ctrl-C is for us, who then end them. It does not hold the signal
    # back from threads of numpy and numba, so a handler keeps it for the exit.
    resource_tracker.ensure_running()  # would unblock the signal if it were started inside
    interrupts: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    if is_main:
        signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if is_main:
            signal.signal(signal.SIGINT, handler)
        if interrupts:
            raise KeyboardInterrupt


@contextmanager
def _fork_selected() -> Iterator[None]:
    # Lava's children inherit their models; others in this interpreter keep their start method.
    method = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method("fork", force=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(method, force=True)


@contextmanager
def _foreign_traces_removed() -> Iterator[None]:
    # Each process adds a handler to the root logger and is kept, weights and all, for ever.
    root = logging.getLogger()
    try:
        yield
    finally:
        for handler in root.handlers[:]:
            if handler.formatter and handler.formatter._fmt == LogConfig.format:
                root.removeHandler(handler)
        ProcessServer().processes.clear()
        VarServer().vars.clear()
