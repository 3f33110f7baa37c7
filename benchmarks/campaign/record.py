"""What a campaign leaves behind: totals for people, a JSON file for programs."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from realsam.files import replacing
from realsam.ir import provenance

FORMAT = 1


def about(command: str) -> dict[str, Any]:
    """What a published number must name: command, commit, machine kind, versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "format": FORMAT,
        "command": command,
        "commit": _commit(),
        "cores": cores,
    } | provenance()


def _commit() -> str:
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
