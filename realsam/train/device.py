"""Which device a training runs on, and leaving it as it was found."""

import gc

import torch

from realsam.errors import BackendUnavailableError
from realsam.train.parallel import ALONE, Processes


def pick_device(name: str, processes: Processes = ALONE) -> torch.device:
    """The device of that name; "auto" takes CUDA, then MPS, then the CPU.

    Of several processes each gets a GPU of its own, and MPS serves none.

    Raises:
        BackendUnavailableError: if torch cannot use it here.
    """
    usable = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available() and processes.n == 1,
        "cpu": True,
    }
    kind = next(kind for kind, here in usable.items() if here) if name == "auto" else name
    if not usable[kind]:
        raise BackendUnavailableError(
            f"device {name} is not available to torch here", "use --device auto"
        )
    if kind != "cuda" or processes.n == 1:
        return torch.device(kind)
    if processes.local_rank >= torch.cuda.device_count():
        raise BackendUnavailableError(
            f"process {processes.rank} finds no GPU of its own, there are "
            f"{torch.cuda.device_count()}",
            f"use torchrun --nproc-per-node {torch.cuda.device_count()}, or --device cpu",
        )
    torch.cuda.set_device(processes.local_rank)
    return torch.device("cuda", processes.local_rank)


def free_memory() -> None:
    """Give back what trainings held that nobody holds any more, captured graphs included."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
