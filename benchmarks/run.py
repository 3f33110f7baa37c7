"""Speed of the shipped model on every installed backend, in one run.

    python benchmarks/run.py [--tokens N] [--repeats N] [--out FILE]

Prints medians of tokens per second, their ratio to the slowest, and the time from the start of
the command to the first generated word. Machines are noisy: compare ratios of one run.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import click

from export.bundle import load_bundle
from realsam.cli.backends import installed, require
from realsam.console import note, progress
from realsam.ir import ClosedLoop, Sampler
from realsam.vocab import prompt_tokens
from sim.simulator import fast_host

PROMPT = "Once upon a time"


def speeds(n_tokens: int, repeats: int) -> dict[str, list[float]]:
    """Tokens per second of closed-loop generation, sampling included, per backend."""
    bundle = load_bundle()
    prompt = prompt_tokens(bundle.vocabulary, PROMPT)
    names, host = installed(), fast_host(bundle.host)
    measured: dict[str, list[float]] = {name: [] for name in names}
    with progress("measuring", repeats * len(names)) as (bar, task):
        for seed in range(repeats):
            for name in names:  # in turn, so that a drifting machine meets all alike
                loop = ClosedLoop(host, prompt, Sampler(seed=seed), n_tokens, stop_at_end=False)
                measured[name].append(require(name)(bundle.network, loop).tokens_per_second)
                bar.advance(task)
    return measured


def first_word() -> float:
    """Seconds from the start of the demo's command to its first generated word."""
    command = [sys.executable, "-m", "lava_runtime.generate", "--prompt", PROMPT, "--tokens", "4"]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(len(PROMPT) + 1)
        return time.perf_counter() - begin


def machine() -> dict[str, Any]:
    """What a published number must name."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "commit": commit,
        "python": platform.python_version(),
        "cores": cores,
        "machine": f"{platform.system()} {platform.machine()}",
    }


@click.command()
@click.option("--tokens", "n_tokens", type=click.IntRange(1), default=60, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
def main(n_tokens: int, repeats: int, out: Path | None) -> None:
    """Measure the shipped model on every installed backend."""
    measured = speeds(n_tokens, repeats)
    words = [first_word() for _ in range(3)]
    slowest = min(median(values) for values in measured.values())
    where = machine()
    note(
        f"{where['machine']}, {where['cores']} cores, Python {where['python']}, "
        f"commit {where['commit']}"
    )
    print(f"{'backend':<12} {'tokens/s':>9} {'min':>8} {'max':>8} {'ratio':>7}")
    for name, values in sorted(measured.items(), key=lambda item: -median(item[1])):
        mid = median(values)
        print(
            f"{name:<12} {mid:>9,.1f} {min(values):>8,.1f} {max(values):>8,.1f} "
            f"{mid / slowest:>6.1f}x"
        )
    print(
        f"first word of `python -m lava_runtime.generate`: {median(words):.1f} s "
        f"({min(words):.1f} to {max(words):.1f})"
    )
    if out:
        result = {
            **where,
            "tokens": n_tokens,
            "tokens_per_second": measured,
            "first_word_seconds": words,
        }
        out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
