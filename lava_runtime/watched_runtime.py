"""Lava's runtime without its ways to hang: children are watched, and ended without their help.

Stock Lava waits for ever where a child raises an exception or dies. Here every wait also listens
to all children, and `stop` needs nobody's answer. Import it after `load_lava`.

Sources: lava-nc 0.10.0, `magma/runtime/runtime.py` and
`magma/runtime/message_infrastructure/multiprocessing.py`, whose private parts are used.
"""

import ctypes
import functools
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from lava.magma.compiler.executable import Executable
from lava.magma.core.process.message_interface_enum import ActorType
from lava.magma.runtime.message_infrastructure.multiprocessing import MultiProcessing
from lava.magma.runtime.message_infrastructure.shared_memory_manager import (
    SharedMemoryManager,
)
from lava.magma.runtime.runtime import Runtime

from realsam.errors import BackendFailedError, RealSamError

_GRACE_SECONDS = 1.0  # for the cause to arrive after the first sign of a failure
_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


class WatchedRuntime(Runtime):
    """Runs an executable; `wait_for` and `has_ended` raise if a child fails."""

    def __init__(self, executable: Executable) -> None:
        super().__init__(executable, ActorType.MultiProcessing)
        self._messaging_infrastructure: _BoundChildren | None = None
        self._names = [process.name for process in executable.proc_builders]
        self._names += ["Lava's runtime service"] * len(executable.runtime_service_builders)
        executable.assign_runtime_to_all_processes(self)

    @property
    def actors(self) -> list[Any]:
        """The child processes that execute Lava processes and the runtime service."""
        children = self._messaging_infrastructure
        return children.actors if children else []

    def initialize(self) -> None:
        """Start every child and wait until all are built."""
        self._build_watchdog_manager()
        self._build_message_infrastructure()
        self._build_channels()
        self._build_sync_channels()
        self._build_processes()
        self._build_runtime_services()
        self._start_ports()
        for queue in self.exception_q:
            self.wait_for(queue._reader)
            if (error := queue.get()) is not None:
                raise _readable(self._names[self.exception_q.index(queue)], error)
        del self.exception_q
        self._is_initialized = True

    def _build_message_infrastructure(self) -> None:
        children = self._messaging_infrastructure = _BoundChildren()
        children.start()

    def wait_for(self, expected: Connection) -> None:
        """Wait until something can be read from `expected`.

        Raises:
            BackendFailedError: if a child dies, or fails with an exception of another library.
            RealSamError: the exception of a child, if it is one of ours.
        """
        if expected not in wait([expected, *self._signs()]):
            raise self._cause()

    def has_ended(self) -> bool:
        """Tell whether the run is over, by a pause or its last step; raises as `wait_for` does."""
        if wait(self._signs(), timeout=0):
            raise self._cause()
        return bool(self.service_to_runtime[0].probe())

    def _signs(self) -> list[Any]:
        # A child writes its exception into its pipe, or dies without a word.
        return [a._pconn for a in self.actors] + [a.sentinel for a in self.actors]

    def _cause(self) -> Exception:
        # The first to stop may be a victim, so prefer exceptions, then violent deaths.
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline:
            for name, actor in zip(self._names, self.actors, strict=True):
                if error := _exception(actor):
                    return _readable(name, error)
            for i, actor in enumerate(self.actors):
                if actor.exitcode:
                    where = f"Lava: process {i} ({self._names[i]})"
                    cure = "memory may have run out" if actor.exitcode == -signal.SIGKILL else ""
                    return BackendFailedError(f"{where} died with exit code {actor.exitcode}", cure)
            time.sleep(0.01)
        return BackendFailedError("Lava: a process ended before the run did")

    def stop(self) -> None:
        """Kill and reap every child and free the shared memory.

        Needs no child's answer and may be called again: Lava does so for every process.
        """
        self._is_started = self._is_running = False
        children, self._messaging_infrastructure = self._messaging_infrastructure, None
        if children is None:
            return
        for actor in children.actors:
            actor.kill()
        for actor in children.actors:
            multiprocessing.Process.join(actor)
            actor.close()
        self.join()
        children.smm.shutdown()


class _BoundChildren(MultiProcessing):
    """Children that do not outlive this interpreter, however it ends (on Linux)."""

    def start(self) -> None:
        """Start the server of the shared memory."""
        self._smm = SharedMemoryManager()
        self._smm._manager.start(initializer=_die_with_parent)

    def build_actor(self, target_fn: Callable[..., None], *args: Any) -> Any:
        """Start a child that builds and executes a process model."""
        return super().build_actor(functools.partial(_bound, target_fn), *args)


def _bound(target: Callable[..., None], **kwargs: Any) -> None:
    _die_with_parent()
    target(**kwargs)


def _die_with_parent() -> None:
    # Elsewhere an interpreter that is killed leaves them behind.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exception(actor: Any) -> Exception | None:
    try:
        told = actor.exception  # None, or the exception and its traceback
    except Exception as unreadable:  # a foreign exception that cannot be unpickled
        return unreadable
    return told[0] if told else None


def _readable(name: str, error: Exception) -> RealSamError:
    if isinstance(error, RealSamError):
        return error
    text = " ".join(str(error).split())
    return BackendFailedError(f"Lava: {name} failed with {type(error).__name__}: {text}")
