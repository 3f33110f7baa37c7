"""Data-parallel training: several processes, each with its share of the streams of text.

`torchrun --nproc-per-node N -m realsam.cli train ...` starts them and tells them about each other
in environment variables. All hold the same model; `DistributedDataParallel` averages its
gradients, over NCCL between GPUs and over gloo between CPUs. The main process, number 0, prints,
validates and writes.
Sources: docs.pytorch.org, "torchrun (Elastic Launch)" (the variables) and "CUDA semantics", usage
of CUDA graphs with DistributedDataParallel (error handling, side stream).
"""

import gc
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
import torch.distributed
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from realsam.errors import BackendUnavailableError, DataError, TrainingError

VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(hours=1)  # the others wait while the main process validates
_T = TypeVar("_T")
_M = TypeVar("_M", bound=nn.Module)


@dataclass(frozen=True)
class Processes:
    """The processes of a training run, seen from one of them; alone by default."""

    rank: int = 0  # number of this process, 0..n-1
    local_rank: int = 0  # number of it on its machine, and of its GPU
    n: int = 1
    store: Store | None = None  # what they tell each other besides tensors

    @property
    def is_main(self) -> bool:
        """Whether this process prints, validates and writes."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """The streams of this process, out of `batch`.

        Raises:
            DataError: if they cannot be shared equally.
        """
        each, left = divmod(batch, self.n)
        if left:
            raise DataError(
                f"batch = {batch} streams is no multiple of {self.n} processes",
                f"use --batch {max(1, each) * self.n}, or another number of processes",
            )
        return slice(self.rank * each, (self.rank + 1) * each)

    def wrap(self, module: _M) -> _M | DistributedDataParallel:
        """The module, with gradients that are averaged over the processes if there are several."""
        if self.n == 1:
            return module
        if not next(module.parameters()).is_cuda:
            return DistributedDataParallel(module)
        # Made in a side stream, so that a graph can capture its backward pass.
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            wrapped = DistributedDataParallel(module)
        torch.cuda.current_stream().wait_stream(stream)
        return wrapped

    def mean(self, values: Tensor) -> Tensor:
        """Values averaged over the processes; carries no gradient."""
        averaged = values.detach().clone()
        self.add_up(averaged)
        return averaged if self.n == 1 else averaged / self.n

    def gather(self, piece: Tensor) -> Tensor:
        """The pieces of all processes along the first axis, on the CPU of the main process.

        The others get their own piece back.
        """
        piece = piece.cpu().contiguous()
        if self.n == 1:
            return piece
        pieces = [torch.empty_like(piece) for _ in range(self.n)] if self.is_main else None
        torch.distributed.gather(piece, pieces)
        return torch.cat(pieces) if pieces else piece

    def add_up(self, values: Tensor) -> None:
        """Replace values by their sums over the processes."""
        if self.n > 1:
            torch.distributed.all_reduce(values)

    def from_all(self, value: _T) -> list[_T]:
        """What each process gave, in the order of their numbers."""
        told = [value] * self.n
        if self.n > 1:
            torch.distributed.all_gather_object(told, value)
        return told

    def from_main(self, value: _T) -> _T:
        """What the main process gave; the others wait for it."""
        if self.n == 1:
            return value
        told = [value]
        torch.distributed.broadcast_object_list(told, device=torch.device("cpu"))
        return told[0]

    def barrier(self) -> None:
        """Wait until all processes are here."""
        self.mean(torch.zeros(1))

    def seed(self, seed: int, number: int) -> int:
        """A seed of 63 bits for this process alone, for the random numbers of one occasion."""
        (drawn,) = np.random.SeedSequence((seed, self.rank, number)).generate_state(1, np.uint64)
        return int(drawn >> np.uint64(1))

    def first_to_fail(self) -> bool:
        """Whether no other process has failed before; each process may ask once."""
        if self.store is None:
            return True
        try:
            return int(self.store.add("failed", 1)) == 1
        except RuntimeError:  # the store went with the process that kept it
            return True


ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """Join the processes that torchrun started; without it, be alone.

    The first process that fails raises its error. The others end with it, silently: they only
    notice that it is gone. A wrapped module must not outlive the block: the interpreter may abort
    at its end where it still finds one.

    Raises:
        BackendUnavailableError: if the variables of torchrun are incomplete.
        TrainingError: if another process ended without a word.
    """
    processes = _join()
    try:
        yield processes
    except BaseException as error:
        if processes.n > 1:
            _forget(error)
        if not processes.first_to_fail():
            raise SystemExit(1) from error
        if processes.n > 1 and _is_lost_connection(error):
            reason = next(iter(str(error).splitlines()), "")
            raise TrainingError(
                f"process {processes.rank} of {processes.n} lost another one ({reason})",
                "look for what ended it, then go on with --resume RUN",
            ) from error
        raise
    if processes.n > 1:
        gc.collect()
        torch.distributed.destroy_process_group()


def _forget(error: BaseException | None) -> None:
    """Free what an error's frames hold, as `joined` asks."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
    gc.collect()


def _is_lost_connection(error: BaseException) -> bool:
    if isinstance(error, torch.distributed.DistError):
        return True
    return isinstance(error, RuntimeError) and any(
        word in str(error).lower() for word in ("gloo", "nccl", "connection")
    )


def _join() -> Processes:
    if "RANK" not in os.environ or os.environ.get("WORLD_SIZE") == "1":
        return ALONE
    try:
        rank, local_rank, n, _ = (
            int(os.environ[name]) for name in VARIABLES if name != "MASTER_ADDR"
        )
        _ = os.environ["MASTER_ADDR"]
    except (KeyError, ValueError) as error:
        raise BackendUnavailableError(
            f"several processes: {' '.join(VARIABLES)} are incomplete ({error})",
            "start with torchrun --nproc-per-node N -m realsam.cli train ...",
        ) from error
    both = torch.cuda.is_available() and torch.distributed.is_nccl_available()
    os.environ.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0")  # else graphs cannot capture
    store, _, _ = next(rendezvous("env://", timeout=_PATIENCE))
    torch.distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if both else "gloo",
        store=PrefixStore("group", store),
        rank=rank,
        world_size=n,
        timeout=_PATIENCE,
    )
    again = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    return Processes(rank, local_rank, n, PrefixStore(f"run{again}", store))
