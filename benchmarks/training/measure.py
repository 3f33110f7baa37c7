"""One row: build a peer, warm it up, time it, and say what went wrong if something did."""

import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from benchmarks.training.limits import synchronize
from benchmarks.training.peers import PEERS, build, installed
from benchmarks.training.protocol import Sizes, Training, windows
from realsam.arrays import I64
from realsam.nn.precision import matmul_precision

_REPETITION = 0.4  # seconds at least, so that launches run ahead of the device as in training


@dataclass(frozen=True)
class Timing:
    """What was measured of one peer at one batch."""

    setup_s: float  # building, and the first step with all compilation
    tokens_per_s: tuple[float, ...]  # of each repetition
    steps: int  # per repetition
    losses: tuple[float, float]  # nats per token, of the first and the last step
    peak_bytes: int | None  # of device memory, if the device counts it
    n_weights: int
    note: str


@dataclass(frozen=True)
class Budget:
    """When to stop: after so many repetitions, or sooner when the time is up."""

    repeats: int
    seconds: float


def measure(name: str, sizes: Sizes, device: torch.device, budget: Budget) -> Timing | str:
    """Time a peer; a text tells why there is no timing."""
    peer = PEERS[name]
    if not installed(peer):
        return "not installed"
    if device.type != "cuda" and peer.variant == "graph":
        return "needs CUDA"
    _clear(device)
    try:
        with matmul_precision("high"):
            return _time(name, sizes, device, budget)
    except torch.OutOfMemoryError:
        return "out of memory"
    except Exception as error:  # one failing peer must not take the others along
        return f"fails: {type(error).__name__}: {str(error).strip().partition(chr(10))[0][:160]}"
    finally:
        _clear(device)


def _time(name: str, sizes: Sizes, device: torch.device, budget: Budget) -> Timing:
    torch.manual_seed(0)
    text = windows(sizes)
    begin = perf_counter()
    training = build(PEERS[name], sizes, device)
    first = training.step(*next(text)).item()
    setup = perf_counter() - begin
    once, _ = _run(training, text, 1, device)
    steps = ceil(_REPETITION / once)
    speeds: list[float] = []
    begin = perf_counter()
    while len(speeds) < budget.repeats and (
        not speeds or perf_counter() - begin + once * steps < budget.seconds
    ):
        seconds, loss = _run(training, text, steps, device)
        speeds.append(steps * sizes.batch * sizes.window / seconds)
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    losses = (first, loss.item())
    return Timing(setup, tuple(speeds), steps, losses, peak, training.n_weights, training.note)


def _run(
    training: Training, text: Iterator[tuple[I64, I64]], steps: int, device: torch.device
) -> tuple[float, Tensor]:
    """Seconds for some steps, and the loss of the last."""
    synchronize(device)
    begin = perf_counter()
    for _ in range(steps):
        loss = training.step(*next(text))
    synchronize(device)
    return perf_counter() - begin, loss


def _clear(device: torch.device) -> None:
    if "torch._dynamo" in sys.modules:  # nothing to forget otherwise, and it is slow to import
        torch.compiler.reset()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def mid(timing: Timing) -> float:
    """Tokens per second, the median of the repetitions."""
    return median(timing.tokens_per_s)
