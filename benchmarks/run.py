"""Speed of the shipped model on every installed backend, in one run.

    python -m benchmarks.run [--tokens N] [--repeats N] [--out FILE]

Prints medians of tokens per second and their ratio to the slowest, beside the same network written
the usual way in snnTorch; the speed of scoring a text; the time from the start of the command to
the first generated word; and the memory of a process that generates with the simulator. Machines
are noisy: compare ratios of one run.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import click

from benchmarks import record
from export.bundle import load_bundle
from realsam.cli.backends import installed, require
from realsam.console import note, progress
from realsam.ir import ClosedLoop, Sampler
from realsam.vocab import prompt_tokens
from sim.scoring import score
from sim.simulator import fast_host, fast_sampler, run

PROMPT = "Once upon a time"
_QUICK = ("sim", "lava-fused")  # take more tokens, for a time that can be measured
STORIES = 200  # in the text that is scored
COMMANDS = ("realsam.cli generate", "lava_runtime.generate")


def speeds(n_tokens: int, repeats: int) -> dict[str, list[float]]:
    """Tokens per second of closed-loop generation, sampling included, per backend."""
    bundle = load_bundle()
    prompt = prompt_tokens(bundle.vocabulary, PROMPT)
    names, host = installed(), fast_host(bundle.host)
    peers = ["snntorch"] if "torch" in names else []
    measured: dict[str, list[float]] = {name: [] for name in names + peers}
    with progress("measuring", repeats * len(measured)) as (bar, task):
        for seed in range(repeats):
            sampler = fast_sampler(Sampler(seed=seed))
            for name in names:  # in turn, so that a drifting machine meets all alike
                n = n_tokens * (20 if name in _QUICK else 1)
                loop = ClosedLoop(host, prompt, sampler, n, stop_at_end=False)
                measured[name].append(require(name)(bundle.network, loop).tokens_per_second)
                bar.advance(task)
            for name in peers:
                from benchmarks.snntorch_stream import tokens_per_second

                measured[name].append(tokens_per_second(bundle, prompt, sampler, n_tokens))
                bar.advance(task)
    return measured


def scoring(repeats: int) -> list[float]:
    """Tokens per second of scoring a text that the model itself wrote, on all cores."""
    bundle = load_bundle()
    host = fast_host(bundle.host)
    texts = []
    for seed in range(STORIES):
        loop = ClosedLoop(host, [host.end_of_text], fast_sampler(Sampler(1.0, 0, seed)), 200)
        run(bundle.network, loop)
        texts.append(loop.generated)
    n_tokens = sum(len(text) + 1 for text in texts)
    measured = []
    for _ in range(repeats):
        begin = time.perf_counter()
        score(bundle.network, bundle.host, texts)
        measured.append(n_tokens / (time.perf_counter() - begin))
    return measured


def memory_mb() -> dict[str, float]:
    """Peak memory of a bare interpreter, with the libraries, with all kernels, of generation."""
    status = Path("/proc/self/status")  # the peak of `resource` is inherited from the parent
    if not status.exists():
        return {}
    measure = f"; print(open('{status}').read().split('VmHWM:')[1].split()[0])"
    libraries = "import click, h5py, numpy, rich.progress, safetensors.numpy, tokenizers"
    programs = {
        "interpreter": "pass",
        "libraries": libraries,
        "kernels": f"{libraries}, sim.simulator; sim.simulator.load_kernels()",
        "generate": "from realsam.cli.main import main; "
        f"main(['generate', '--prompt', {PROMPT!r}, '--tokens', '200'], standalone_mode=False)",
    }
    found = {}
    for name, program in programs.items():
        command = [sys.executable, "-c", program + measure]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = int(done.stdout.split()[-1]) / 1024
    return found


def first_word(command: str) -> float:
    """Seconds from the start of a command to its first generated word."""
    command = [sys.executable, "-m", *command.split(), "--prompt", PROMPT, "--tokens", "4"]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(len(PROMPT) + 1)
        return time.perf_counter() - begin


@click.command()
@click.option("--tokens", "n_tokens", type=click.IntRange(1), default=60, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
def main(n_tokens: int, repeats: int, out: Path | None) -> None:
    """Measure the shipped model on every installed backend."""
    measured = speeds(n_tokens, repeats)
    scored = scoring(repeats)
    words = {command: [first_word(command) for _ in range(3)] for command in COMMANDS}
    memory = memory_mb()
    slowest = min(median(values) for values in measured.values())
    where = record.about(f"python -m benchmarks.run --tokens {n_tokens} --repeats {repeats}")
    note(
        f"{where['machine']}, {where['cores']} cores, Python {where['python']}, "
        f"commit {where['commit']}"
    )
    print(f"{'one stream':<12} {'tokens/s':>9} {'min':>8} {'max':>8} {'ratio':>7}")
    for name, values in sorted(measured.items(), key=lambda item: -median(item[1])):
        print(f"{name:<12} {_spread(values)} {median(values) / slowest:>6.1f}x")
    print(f"{'scoring':<12} {_spread(scored)}")
    for command, values in words.items():
        print(
            f"first word of `python -m {command}`: {median(values):.1f} s "
            f"({min(values):.1f} to {max(values):.1f})"
        )
    print(f"peak memory, MB: {', '.join(f'{name} {mb:.0f}' for name, mb in memory.items())}")
    if out:
        result = {
            **where,
            "tokens": n_tokens,
            "tokens_per_second": measured,
            "scoring_tokens_per_second": scored,
            "first_word_seconds": words,
            "peak_memory_mb": memory,
        }
        record.write(out, result)


def _spread(values: list[float]) -> str:
    return f"{median(values):>9,.1f} {min(values):>8,.1f} {max(values):>8,.1f}"


if __name__ == "__main__":
    main()
