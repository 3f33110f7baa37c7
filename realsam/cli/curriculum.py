"""What `realsam train --curriculum` asks for and shows."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realsam.console import emit_json, note
from realsam.errors import CheckpointError, DataError

if TYPE_CHECKING:
    from realsam.train.curriculum.course import Course
    from realsam.train.session import Session

_COLUMNS = (
    ("window", "window", "d"),
    ("epochs", "epochs", ".2f"),
    ("steps", "steps", ",d"),
    ("train loss", "train_nats_per_token", ".4f"),
    ("val loss", "nats_per_token", ".4f"),
    ("perplexity", "perplexity", ".2f"),
    ("firing", "firing_rate", ".1%"),
)


def refuse_options(
    given: dict[str, Any], teacher: Path | None, resume: Path | None, n_processes: int
) -> None:
    """Refuse what a curriculum has no use for, and to change one that is begun.

    Raises:
        DataError: naming the option.
    """
    if n_processes > 1:
        raise DataError("--curriculum runs in one process", "start it without torchrun")
    if resume and given:
        raise DataError(
            f"--resume keeps the curriculum's own --{min(given).replace('_', '-')}",
            "leave that option out",
        )
    if "window" in given:
        raise DataError("--window is chosen by the phases of --curriculum", "leave it out")
    if teacher:
        raise DataError("--curriculum learns from text alone", "leave --teacher out")


def follow(course: "Course", device: str, train: "Callable[[Session], object]", style: str) -> None:
    """Hold the phases that are left, and show the table of all."""
    try:
        course.follow(device, train, note)
    except KeyboardInterrupt:
        raise CheckpointError(
            "training was interrupted", f"go on with --resume {course.folder}"
        ) from None
    if style == "json":
        emit_json({"run": str(course.folder), "phases": course.rows})
        return
    click.echo(table(course.rows))
    click.echo(f"run {course.folder}: curriculum.json, curriculum.svg")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line per phase."""
    wide = max(len(row["phase"]) for row in rows)
    head = "".join(f"{title:>11}" for title, *_ in _COLUMNS)
    lines = [f"{'phase':<{wide}}{head}  ended"]
    for row in rows:
        values = "".join(f"{row[key]:>11{form}}" for _, key, form in _COLUMNS)
        lines.append(f"{row['phase']:<{wide}}{values}  {row['ended']}")
    return "\n".join(lines)
