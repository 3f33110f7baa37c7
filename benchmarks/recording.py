"""What recording costs: the shipped model in the simulator, with and without a record.

    python -m benchmarks.recording [--tokens N] [--repeats N]

Generates the same tokens, sampling included, in turn with a record and without, and prints medians;
then what `realsam profile` does after the run: the replay for its counts, and the file.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import click
import numpy as np

from benchmarks.record import about
from benchmarks.run import PROMPT
from export.bundle import Bundle, load_bundle
from realsam.console import note, progress
from realsam.ir import ClosedLoop, Recorder, Run, Sampler
from realsam.profiling import profile_of
from realsam.report import save_profile
from realsam.vocab import prompt_tokens
from sim.simulator import engine, fast_host, fast_sampler, load_kernels, run


def loop(bundle: Bundle, n_tokens: int) -> ClosedLoop:
    """A text that does not end before its tokens are spent."""
    prompt, sampler = prompt_tokens(bundle.vocabulary, PROMPT), fast_sampler(Sampler())
    return ClosedLoop(fast_host(bundle.host), prompt, sampler, n_tokens, stop_at_end=False)


def unrecorded(bundle: Bundle, n_tokens: int) -> None:
    """What `sim.simulator.run` does, without its record."""
    moving, driver = engine(bundle.network), loop(bundle, n_tokens)
    while (spikes := driver.spikes()) is not None:
        _, voltage = moving.token(spikes)
        driver.take(voltage)


def seconds(work: Callable[[], object]) -> float:
    """CPU time that it takes: other processes of a busy machine are not in it."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def alone(bundle: Bundle, played: Run) -> None:
    """The record of a run, without the run."""
    recorder = Recorder(bundle.network, "none")
    width = sum(bundle.network.sizes.values())
    spikes = np.zeros(width, bundle.network.input.dtype)
    for voltage in played.voltage:
        recorder.add(spikes, voltage)
    recorder.run()


def profiled(bundle: Bundle, played: Run, tokens: list[int]) -> tuple[float, float, int]:
    """Seconds of the replay and of the file, and the bytes of the file."""
    model = bundle.network, bundle.host, bundle.vocabulary
    begin = time.process_time()
    profile = profile_of("model", model, played, tokens, 1, {})
    replayed = time.process_time() - begin
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.run"
        return replayed, seconds(lambda: save_profile(profile, path)), path.stat().st_size


@click.command()
@click.option("--tokens", "n_tokens", type=click.IntRange(1), default=500, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=101, show_default=True)
def main(n_tokens: int, repeats: int) -> None:
    """Measure the shipped model."""
    bundle = load_bundle()
    load_kernels()
    with_record: list[float] = []
    without: list[float] = []
    with progress("measuring", repeats) as (bar, task):
        works = [
            (with_record, lambda: run(bundle.network, loop(bundle, n_tokens))),
            (without, lambda: unrecorded(bundle, n_tokens)),
        ]
        for _ in range(repeats):
            for found, work in works:
                found.append(seconds(work))
            works.reverse()  # so that a drifting machine meets both alike
            bar.advance(task)
    driver = loop(bundle, n_tokens)
    played = run(bundle.network, driver)
    record = median(seconds(lambda: alone(bundle, played)) for _ in range(repeats))
    replay, file, n_bytes = profiled(bundle, played, driver.tokens)
    where, n = about("python -m benchmarks.recording"), played.n_tokens
    note(f"{where['machine']}, {where['cores']} cores, commit {where['commit']}")
    print(f"{n:,} tokens, medians of {repeats}, microseconds of CPU per token")
    print(f"with a record     {median(with_record) / n * 1e6:7.2f}")
    print(f"without           {median(without) / n * 1e6:7.2f}")
    each = [a / b - 1 for a, b in zip(with_record, without, strict=True)]
    print(f"recording costs   {median(each):7.1%} of the run, median of {repeats} pairs")
    print(f"the record alone  {record / n * 1e6:7.2f}")
    print(f"replay and scores {replay / n * 1e6:7.2f}, after the run")
    print(f"file              {file / n * 1e6:7.2f}, {n_bytes / n:,.0f} bytes")


if __name__ == "__main__":
    main()
