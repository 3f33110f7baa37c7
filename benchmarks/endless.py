"""Time and memory per token of a talk that goes on and on: they do not grow.

    python -m benchmarks.endless [--tokens N] [--parts N] [--seed N] [--out FILE]

The shipped model of stories is asked the same few questions in turn, in one talk that is never
reset, on the simulator, with all sampling options in use. Printed for equal parts of the talk: time
per token, sampling included, and the memory of the process at its end. Then the time from the start
of `realsam chat` to the first word of its first answer, and the processor time of that command,
which others on the machine do not lengthen. Machines are noisy: a part may be slow.
"""

import os
import subprocess
import sys
import time
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median

import click

from benchmarks import record
from benchmarks.dialogue import Blank
from export.bundle import SHIPPED, load_bundle
from realsam.chat.session import Session, Setting
from realsam.cli.backends import begin
from realsam.console import note
from realsam.errors import RealSamError
from realsam.ir import Sampler

QUESTIONS = ("Tell me a story.", "What happened then?", "Why?", "Who was there?", "Is it true?")
_STARTS = 5  # of the command


class Script:
    """Asks until so many tokens were heard, and notes time and memory on the way."""

    is_terminal = False
    interrupted = False

    def __init__(self, n_tokens: int, n_parts: int) -> None:
        self.session: Session | None = None
        self.parts: list[dict[str, float]] = []
        self._n_tokens = n_tokens
        self._each = max(1, n_tokens // n_parts)
        self._questions = cycle(QUESTIONS)
        self._heard, self._since = 0, time.process_time()

    def read(self) -> str | None:
        """See Lines."""
        assert self.session is not None
        heard, now = self.session.activity.n_tokens, time.process_time()
        if heard >= (len(self.parts) + 1) * self._each:
            us_per_token = 1e6 * (now - self._since) / (heard - self._heard)
            part = {"tokens": heard, "us_per_token": us_per_token, "memory_mb": _memory_mb()}
            self.parts.append(part)
            note(f"{heard:>9,} {us_per_token:>8.1f} us/token {part['memory_mb']:>8.1f} MB")
            self._heard, self._since = heard, time.process_time()
        return next(self._questions) if heard < self._n_tokens else None


def talk(n_tokens: int, n_parts: int, seed: int) -> list[dict[str, float]]:
    """Time and memory of the parts of one talk."""
    bundle = load_bundle()
    network = bundle.network
    at_rest = partial(begin, "sim", network)
    setting = Setting(network, bundle.host, bundle.vocabulary, "sim", at_rest, 120)
    script = Script(n_tokens, n_parts)
    sampler = Sampler(0.8, 40, seed, top_p=0.95, repetition_penalty=1.2)
    script.session = Session(setting, sampler, script, Blank())
    script.session.run()
    return script.parts


def first_word() -> tuple[float, float]:
    """Seconds from the start of `realsam chat` to a first word; processor time of the command."""
    begin, before = time.perf_counter(), os.times()
    command = [sys.executable, "-m", "realsam.cli", "chat", str(SHIPPED), "--tokens", "4"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"Hello!\n")
        process.stdin.close()
        process.stdout.read(len("Sam: ") + 1)
        seconds = time.perf_counter() - begin
    after = os.times()
    user = after.children_user - before.children_user
    return seconds, user + after.children_system - before.children_system


def _memory_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        raise RealSamError(f"{status}: is not there", "measure on Linux")
    return int(status.read_text(encoding="utf-8").split("VmRSS:")[1].split()[0]) / 1024


@click.command()
@click.option("--tokens", "n_tokens", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--parts", type=click.IntRange(1), default=10, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
def main(n_tokens: int, parts: int, seed: int, out: Path | None) -> None:
    """Measure a long talk with the shipped model."""
    where = record.about(f"python -m benchmarks.endless --tokens {n_tokens} --seed {seed}")
    note(f"{where['machine']}, {where['cores']} cores, commit {where['commit']}")
    measured = talk(n_tokens, parts, seed)
    words, cpu = zip(*(first_word() for _ in range(_STARTS)), strict=True)
    first, last = measured[0], measured[-1]
    print(f"{len(measured)} parts, {int(last['tokens']):,} tokens in one talk")
    print(
        f"us per token    {first['us_per_token']:.1f} first part, {last['us_per_token']:.1f} last"
    )
    print(f"memory, MB      {first['memory_mb']:.1f} first part, {last['memory_mb']:.1f} last")
    print(f"first word, s   {median(words):.2f} ({min(words):.2f} to {max(words):.2f})")
    print(f"processor, s    {median(cpu):.2f} ({min(cpu):.2f} to {max(cpu):.2f})")
    if out:
        starts = {"first_word_seconds": words, "processor_seconds": cpu}
        record.write(out, {**where, "seed": seed, "parts": measured, **starts})


if __name__ == "__main__":
    main()
