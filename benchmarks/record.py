"""What a benchmark leaves behind: lines for people, a JSON file for programs, a part of a page."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from realsam.errors import RealSamError
from realsam.files import replacing
from realsam.ir import provenance

FORMAT = 1


def about(command: str) -> dict[str, Any]:
    """What a published number must name: command, commit, machine kind, versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "format": FORMAT,
        "command": command,
        "commit": commit(),
        "cores": cores,
    } | provenance()


def commit() -> str:
    """The commit that runs, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def lines(totals: dict[str, Any]) -> str:
    """Totals as aligned lines."""
    wide = max(map(len, totals), default=0)
    return "\n".join(
        f"{name:<{wide}}  {value:>15,}" if isinstance(value, int) else f"{name:<{wide}}  {value}"
        for name, value in totals.items()
    )


def write(path: Path, record: dict[str, Any]) -> None:
    """Write a record as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def rewrite(page: Path, begin: str, end: str, text: str) -> None:
    """Put text between two marks of a page, in place of what stood there.

    Raises:
        RealSamError: if the page has lost its marks.
    """
    whole = page.read_text(encoding="utf-8")
    if whole.count(begin) != 1 or whole.count(end) != 1:
        raise RealSamError(f"{page}: the marks {begin} and {end} are gone", "put them back")
    before, rest = whole.split(begin)
    _, after = rest.split(end)
    with replacing(page) as partial:
        partial.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")
