"""Plays the cases of a campaign, on several processes, in an order that does not matter."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context

from benchmarks.campaign.case import Case
from benchmarks.campaign.compare import Outcome
from benchmarks.campaign.draw import draw
from realsam.console import progress
from sim.simulator import load_kernels

Compare = Callable[[Case], Outcome]
_CHUNK = 8  # cases per message between processes


@dataclass
class Findings:
    """Everything a campaign found, however it was spread."""

    totals: Counter[str] = field(default_factory=Counter)
    differences: dict[int, str] = field(default_factory=dict)  # by index of the case

    def add(self, index: int, outcome: Outcome) -> None:
        """Take in one case."""
        self.totals += outcome.counts
        if outcome.difference:
            self.differences[index] = outcome.difference


def search(compare: Compare, seed: int, indices: Sequence[int], jobs: int) -> Findings:
    """Draw and compare the cases of these indices; shows a progress bar on stderr."""
    findings, label = Findings(), f"comparing (seed {seed})"
    with progress(label, len(indices)) as (bar, task):
        for index, outcome in _outcomes(compare, seed, indices, jobs):
            findings.add(index, outcome)
            text = f"{len(findings.differences)} differences"
            bar.update(task, advance=1, text=text)
    return findings


def _outcomes(
    compare: Compare, seed: int, indices: Sequence[int], jobs: int
) -> Iterator[tuple[int, Outcome]]:
    if jobs == 1:
        load_kernels()
        for index in indices:
            yield index, compare(draw(seed, index))
        return
    chunks = iter([indices[i : i + _CHUNK] for i in range(0, len(indices), _CHUNK)])
    # Spawned, not forked: the progress bar runs in a thread.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), load_kernels)
    try:
        running = {pool.submit(_chunk, compare, seed, c) for c in islice(chunks, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(_chunk, compare, seed, c) for c in islice(chunks, len(done))}
            yield from _in_order(done)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(done: set[Future[list[tuple[int, Outcome]]]]) -> Iterator[tuple[int, Outcome]]:
    for future in done:
        yield from future.result()


def _chunk(compare: Compare, seed: int, indices: Sequence[int]) -> list[tuple[int, Outcome]]:
    return [(index, compare(draw(seed, index))) for index in indices]
