"""The same token elsewhere: the chip's estimates, this run, and what was measured on GPUs.

Measurements are data files beside this module, `references/*.json`; they count for a network whose
digest they name. What nobody measured says so.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsam.errors import ReportError
from realsam.report.energy import Energy
from realsam.report.profile import Profile

FORMAT = 1
FOLDER = Path(__file__).parent / "references"
NOT_MEASURED = "not measured here"
_UNKNOWN = ("GPU, single stream", 1), ("GPU, batched", None)


@dataclass(frozen=True)
class Row:
    """A token in one place."""

    where: str
    seconds_per_token: float | None
    energy_j_per_token: float | None
    energy_low_j: float | None
    energy_high_j: float | None
    energy_is: str  # "estimated", "measured" or NOT_MEASURED
    batch: int | None  # streams side by side
    differences: int | None  # spikes unlike the simulator's; None where nothing ran
    source: str


def compared(
    profile: Profile, energies: Sequence[Energy], folder: Path = FOLDER
) -> tuple[Row, ...]:
    """The estimates of each table, this run, and the measured references of its network.

    Raises:
        ReportError: if a reference cannot be read.
    """
    measured = list(_measured(profile.facts.network, folder))
    missing = [_unknown(*place) for place in _UNKNOWN]
    chips = [_estimated(energy) for energy in energies]
    return (*chips, _this_run(profile), *(measured or missing))


def _estimated(energy: Energy) -> Row:
    low, middle, high = (pj * 1e-12 for pj in (energy.low_pj, energy.total_pj, energy.high_pj))
    where = f"{energy.table.chip} (estimated)"
    source = f"cost table {energy.table.name}: {energy.table.source}"
    return Row(where, None, middle, low, high, "estimated", 1, None, source)


def _this_run(profile: Profile) -> Row:
    run = profile.run
    seconds = float(run.seconds[-1]) / run.n_tokens if run.n_tokens else None
    joules = run.joules / run.n_tokens if run.joules is not None and run.n_tokens else None
    where, told = f"CPU, {run.backend} (this run)", "this run: wall clock"
    if joules is None:
        return Row(where, seconds, None, None, None, NOT_MEASURED, 1, profile.differences, told)
    told += ", RAPL of the CPU packages, idling included"
    return Row(where, seconds, joules, joules, joules, "measured", 1, profile.differences, told)


def _unknown(where: str, batch: int | None) -> Row:
    told = "no reference of this network"
    return Row(where, None, None, None, None, NOT_MEASURED, batch, None, told)


def _measured(network: str, folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.json")):
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            if given["format"] != FORMAT:
                raise ValueError(f"format {given['format']} is not {FORMAT}")
            if given["network"] == network:
                about = ", ".join(given[key] for key in ("machine", "commit", "command", "date"))
                yield from [_reference(row, about) for row in given["rows"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReportError(
                f"{path}: no readable reference ({error})", "measure it again: docs/energy.md"
            ) from error


def _reference(row: dict[str, Any], about: str) -> Row:
    joules, spread = row["energy_j_per_token"], row["energy_spread_j"] or 0.0
    numbers = [row["seconds_per_token"], spread, *([] if joules is None else [joules])]
    if not all(math.isfinite(x) and x >= 0 for x in numbers):
        raise ValueError(f"{row['where']}: {numbers} are no seconds and joules")
    known = joules is not None
    return Row(
        row["where"],
        row["seconds_per_token"],
        joules,
        max(0.0, joules - spread) if known else None,
        joules + spread if known else None,
        "measured" if known else NOT_MEASURED,
        row["batch"],
        row["differences"],
        f"{row['source']} ({about})",
    )
