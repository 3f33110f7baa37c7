"""What a curriculum brings: one model and text, as many tokens, with it and without, by seeds.

    python -m benchmarks.curriculum FILES --valid FILE [--seeds 0,1,2] [--steps N] [--out FILE]

A training without a curriculum hears the whole documents, and conversations if there are any, for
as many tokens as the curriculum of its seed took. Both are scored by the last validation of their
training: the first 200 documents of --valid, each from a cold start, every token.

A difference counts as an effect if the 95 % interval of the mean over the seeds, by Student's t,
leaves out zero; three seeds are few, so that it has to be large beside its spread.
"""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any

import click
import torch

from benchmarks import record
from realsam.console import Command, format_option, note
from realsam.train.config import PRESETS
from realsam.train.curriculum.course import Course
from realsam.train.curriculum.record import Plan
from realsam.train.device import free_memory, pick_device
from realsam.train.lesson import BLENDED, STORIES, Lesson
from realsam.train.runs import TrainedRun, load_run_folder
from realsam.train.session import Session, configure, prepare

CURRICULUM, PLAIN = "curriculum", "plain"
SCORES = ("nats_per_token", "perplexity", "firing_rate")
# Student's t of 95 %, two-sided, by number of seeds.
_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
_FILE = click.Path(path_type=Path)


def taught(plan: Plan, folder: Path, device: str) -> dict[str, Any]:
    """A row of a training with the curriculum, and its phases."""
    begin = time.perf_counter()
    course = Course.new(plan, folder)
    course.follow(device, _trained, note)
    tokens = sum(row["tokens"] for row in course.rows)
    seconds = time.perf_counter() - begin
    return _row(CURRICULUM, load_run_folder(folder), tokens, seconds) | {"phases": course.rows}


def untaught(plan: Plan, folder: Path, device: str, n_tokens: int) -> dict[str, Any]:
    """A row of a training that hears as many tokens of whole documents, as near as steps allow."""
    begin = time.perf_counter()
    _, whole = configure(plan.preset, plan.changes)
    each = whole.batch * whole.window * whole.accumulate
    steps = max(1, round(n_tokens / each))
    changes = plan.changes | {"steps": steps, "patience": 0}
    lesson = Lesson(BLENDED if plan.conversations else STORIES, plan.conversations)
    _trained(prepare(plan.files, plan.valid, plan.preset, changes, device, folder, lesson=lesson))
    free_memory()
    run = load_run_folder(folder)
    heard = steps * whole.accumulate * run.config["data"]["streams"] * whole.window
    return _row(PLAIN, run, heard, time.perf_counter() - begin)


def _trained(session: Session) -> None:
    note(session.story)
    session.trainer.train(lambda _: None)


def _row(way: str, run: TrainedRun, tokens: int, seconds: float) -> dict[str, Any]:
    scores = run.validation() or {}
    return {
        "way": way,
        "seed": run.config["train"]["seed"],
        "tokens": tokens,
        "seconds": seconds,
        "documents": scores["documents"],
        **{name: scores[name] for name in SCORES},
    }


def compared(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means, spreads, and the difference that the curriculum makes, with what to think of it."""
    nats: dict[str, list[float]] = {CURRICULUM: [], PLAIN: []}
    for row in rows:
        nats[row["way"]].append(row["nats_per_token"])
    pairs = [a - b for a, b in zip(nats[CURRICULUM], nats[PLAIN], strict=True)]
    result: dict[str, Any] = {
        way: {"mean": fmean(found), "deviation": stdev(found) if len(found) > 1 else None}
        for way, found in nats.items()
    }
    return result | {"difference": fmean(pairs), **_judged(pairs)}


def _judged(pairs: Sequence[float]) -> dict[str, Any]:
    if len(pairs) not in _T:
        return {"interval": None, "verdict": "one seed says nothing of the noise"}
    half = _T[len(pairs)] * stdev(pairs) / sqrt(len(pairs))
    low, high = fmean(pairs) - half, fmean(pairs) + half
    if low <= 0 <= high:
        verdict = "inside the noise"
    else:
        verdict = "the curriculum is better" if high < 0 else "the curriculum is worse"
    return {"interval": [low, high], "verdict": verdict}


def table(result: dict[str, Any]) -> str:
    """All trainings, then what they say together."""
    lines = [f"{'':<12}{'seed':>5}{'tokens':>13}{'seconds':>9}{'val loss':>10}{'firing':>8}"]
    for row in result["rows"]:
        lines.append(
            f"{row['way']:<12}{row['seed']:>5}{row['tokens']:>13,}{row['seconds']:>9.1f}"
            f"{row['nats_per_token']:>10.4f}{row['firing_rate']:>8.1%}"
        )
    found = result["compared"]
    for way in (CURRICULUM, PLAIN):
        mean, spread = found[way]["mean"], found[way]["deviation"]
        lines.append(f"{way:<12}{'mean':>5}{mean:>32.4f}{_spread(spread)}")
    ends = found["interval"]
    told = f", 95 % interval {ends[0]:+.4f} to {ends[1]:+.4f}" if ends else ""
    lines.append(f"difference {found['difference']:+.4f} nats{told}: {found['verdict']}")
    return "\n".join(lines)


def _spread(deviation: float | None) -> str:
    return "" if deviation is None else f", standard deviation {deviation:.4f}"


def numbers(_: click.Context, __: click.Parameter, value: str) -> list[int]:
    """Read different whole numbers between commas."""
    try:
        found = [int(part) for part in value.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: give whole numbers, as 0,1,2") from error
    if len(set(found)) < len(found) or len(found) > max(_T):
        raise click.BadParameter(f"{value!r}: give up to {max(_T)} different ones")
    return found


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--valid", type=_FILE, required=True, help="Text that scores both ways.")
@click.option("--conversations", multiple=True, type=_FILE, help="Text of turns for both ways.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="base", show_default=True)
@click.option("--seeds", callback=numbers, default="0,1,2", show_default=True)
@click.option("--steps", type=click.IntRange(7), default=1200, show_default=True, help="Of each.")
@click.option("--device", type=click.Choice(["auto", "cuda", "cpu"]), default="auto")
@click.option("--runs", type=_FILE, help="Keep the runs in this folder.")
@format_option
@click.option("--out", type=_FILE, help="Also write the result as JSON, row by row.")
def main(
    files: tuple[Path, ...],
    valid: Path,
    conversations: tuple[Path, ...],
    preset: str,
    seeds: list[int],
    steps: int,
    device: str,
    runs: Path | None,
    style: str,
    out: Path | None,
) -> None:
    """Train on text FILES with a curriculum and without, and compare the validations."""
    put = pick_device(device)
    words = [*(f.name for f in files), *(f"--conversations {f.name}" for f in conversations)]
    told = f"--preset {preset} --seeds {','.join(map(str, seeds))} --steps {steps}"
    command = f"python -m benchmarks.curriculum {' '.join(words)} --valid {valid.name} {told}"
    result = record.about(command) | {
        "device": torch.cuda.get_device_name(put) if put.type == "cuda" else "CPU",
        "torch": torch.__version__,
        "preset": preset,
        "seeds": seeds,
        "steps": steps,
        "rows": [],
    }
    with ExitStack() as stack:
        folder = runs or Path(stack.enter_context(TemporaryDirectory()))
        for seed in seeds:
            changes = {"steps": steps, "seed": seed}
            plan = Plan(files, valid, conversations, preset, changes)
            row = taught(plan, folder / f"{CURRICULUM}-{seed}", device)
            result["rows"].append(row)
            place = folder / f"{PLAIN}-{seed}"
            result["rows"].append(untaught(plan, place, device, row["tokens"]))
            result["compared"] = compared(result["rows"])
            if out:
                record.write(out, result)
    if style == "json":
        click.echo(json.dumps(result))
        return
    click.echo(f"{result['device']}, commit {result['commit']}, preset {preset}")
    click.echo(table(result))


if __name__ == "__main__":
    main()
