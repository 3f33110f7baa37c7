"""What a device could reach at best: measured rates, and the work that a token needs at least."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch

from benchmarks.training.protocol import Sizes

_BYTES = 2  # a value in bf16


@dataclass(frozen=True)
class Limits:
    """Rates of a device, measured in this run."""

    matmul_dtype: str
    matmul_size: int  # of square matrices
    matmul_flops: float  # per second, multiplications and additions
    copy_bytes: float  # per second, read and written


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure_limits(device: torch.device) -> Limits:
    """The rates of bfloat16 products (float32 on a CPU) and of copies, on random data."""
    fast = device.type == "cuda"
    size, dtype = (8192, torch.bfloat16) if fast else (1024, torch.float32)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    source = torch.randint(256, (2**30 if fast else 2**26,), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return Limits(
        str(dtype).removeprefix("torch."),
        size,
        2 * size**3 / _seconds(lambda: torch.mm(a, b), device),
        2 * source.numel() / _seconds(lambda: target.copy_(source), device),
    )


def _seconds(action: Callable[[], object], device: torch.device) -> float:
    times = []
    for _ in range(8):
        synchronize(device)
        begin = perf_counter()
        for _ in range(5):
            action()
        synchronize(device)
        times.append((perf_counter() - begin) / 5)
    return median(times[2:])


def flops_per_token(n_weights: int) -> int:
    """One multiplication and addition per weight, forward; two of them backward."""
    return 6 * n_weights


def bytes_per_token(sizes: Sizes) -> int:
    """Bytes that a layer-by-layer pass of the spiking model has to move, at 2 bytes a value.

    Each product reads its factor and writes its result once, each pass over neurons likewise.
    Free are weights (they are shared by a batch), the recurrent product (it happens within the
    pass over neurons), and the logits (a fused loss keeps them on the chip).
    """
    n, d = sizes.width, sizes.code_bits
    values = 2 * d  # the code: written; its gradient: read
    for i, heard in enumerate(sizes.heard):
        outputs = n if i < sizes.layers else d
        values += heard + outputs  # forward: the product
        values += heard + outputs  # backward: gradients of the weights
    sources = [d] + [n] * sizes.layers
    for i, own in enumerate(sources):
        values += own + (sizes.layers - i) * n + d  # backward: gradients of what was heard
    values += sizes.layers * (3 * n)  # forward neurons: input; spikes, voltage
    values += sizes.layers * (5 * n)  # backward: gradient, spikes, voltage; gradient; own spikes
    values += 4 * d  # the loss: readout twice, its gradient written and read
    return _BYTES * values
