"""One of several processes that train together; the main one prints its timing as JSON."""

import json
import sys
from statistics import median
from time import perf_counter

import torch

from benchmarks.training.limits import synchronize
from benchmarks.training.ours import build
from benchmarks.training.protocol import Sizes, windows
from realsam.nn.precision import matmul_precision
from realsam.train.device import pick_device
from realsam.train.parallel import Processes, joined


def speeds(
    processes: Processes, device: torch.device, sizes: Sizes, repeats: int, steps: int
) -> list[float]:
    """Tokens per second of all processes together, of each repetition."""
    torch.manual_seed(0)
    training, text = build(sizes, device, "shipped", processes), windows(sizes, processes.rank)
    n_tokens = steps * sizes.batch * sizes.window * processes.n
    found = []
    for _ in range(repeats + 1):
        processes.barrier()
        synchronize(device)
        begin = perf_counter()
        for _ in range(steps):
            training.step(*next(text))
        synchronize(device)
        processes.barrier()
        found.append(n_tokens / (perf_counter() - begin))
    return found[1:]  # the first compiles


def main(processes: Processes, options: dict[str, int], name: str) -> None:
    """Time whole steps, and let the main process tell."""
    device = pick_device(name, processes)
    sizes = Sizes(**{n: v for n, v in options.items() if n not in ("repeats", "steps")})
    with matmul_precision("high"):
        found = speeds(processes, device, sizes, options["repeats"], options["steps"])
    if processes.is_main:
        print(json.dumps({"median": median(found), "min": min(found), "max": max(found)}))


if __name__ == "__main__":
    with joined() as processes:
        main(processes, json.loads(sys.argv[1]), sys.argv[2])
