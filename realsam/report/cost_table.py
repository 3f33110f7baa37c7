"""Cost tables: what they hold, and how one is read.

A table is a JSON file, ours in `costs/`, one's own anywhere:

    {"format": 1, "name": ..., "chip": ..., "process": ..., "date": ..., "source": ..., "note": ...,
     "terms": {"synops": {"pj": 23.6, "pj_low": 23.6, "pj_high": 27.1}, ...}}

`terms` prices any of QUANTITIES; a range is given by both of its ends, or it is none.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realsam.errors import ReportError

FORMAT = 1
FOLDER = Path(__file__).parent / "costs"
TABLES = ("loihi1", "loihi2", "cmos45")  # ours
QUANTITIES = {
    "spikes": "spikes of LIF neurons",
    "synops": "synaptic operations",
    "synops_dense": "synaptic operations of a dense network",
    "updates": "neuron updates, clocked",
    "updates_event": "neuron updates, event-wise",
    "messages": "messages",
    "host_macs": "multiply-accumulates of the host",
}
_TEXTS = ("name", "chip", "process", "date", "source", "note")
_CURE = "docs/energy.md shows a whole table"


@dataclass(frozen=True)
class Cost:
    """Energy of one operation."""

    pj: float
    pj_low: float
    pj_high: float


@dataclass(frozen=True)
class CostTable:
    """Energy per operation, and who published it."""

    name: str
    chip: str
    process: str
    date: str
    source: str
    note: str
    terms: dict[str, Cost]


def load_costs(name: str = TABLES[0]) -> CostTable:
    """Read a cost table.

    Args:
        name: one of TABLES, or the path of a file.

    Raises:
        ReportError: if there is none, or it is no cost table.
    """
    path = FOLDER / f"{name}.json" if name in TABLES else Path(name)
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        cure = f"name a file, or one of {', '.join(TABLES)}"
        raise ReportError(f"{path}: no readable cost table ({reason})", cure) from error
    return _table(str(path), given)


def _table(where: str, given: Any) -> CostTable:
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        version = given.get("format") if isinstance(given, dict) else None
        raise ReportError(f"{where}: cost table format {version!r} is not {FORMAT}", _CURE)
    for field in _TEXTS:
        if not isinstance(given.get(field), str) or not given[field].strip():
            raise ReportError(f"{where}: {field} = {given.get(field)!r} is no text", _CURE)
    for field in set(given) - {"format", "terms", *_TEXTS}:
        raise ReportError(f"{where}: {field!r} is no field of a cost table", _CURE)
    terms = given.get("terms")
    if not isinstance(terms, dict) or not terms:
        raise ReportError(f"{where}: terms = {terms!r} prices nothing", _CURE)
    costs = {name: _cost(f"{where}: {name}", name, cost) for name, cost in terms.items()}
    return CostTable(**{field: given[field] for field in _TEXTS}, terms=costs)


def _cost(where: str, name: str, given: Any) -> Cost:
    if name not in QUANTITIES:
        raise ReportError(f"{where} is not counted", f"price any of {', '.join(QUANTITIES)}")
    if not isinstance(given, dict) or not {"pj"} <= set(given) <= {"pj", "pj_low", "pj_high"}:
        raise ReportError(f"{where} = {given!r} is no cost", "give pj, and pj_low and pj_high")
    low, middle, high = (
        _energy(where, given.get(end, given["pj"])) for end in ("pj_low", "pj", "pj_high")
    )
    if not low <= middle <= high:
        raise ReportError(
            f"{where}: pj = {middle} is outside its range {low}..{high}",
            "order pj_low, pj, pj_high",
        )
    return Cost(middle, low, high)


def _energy(where: str, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise ReportError(f"{where}: {value!r} is no energy in pJ", "give a number from 0 up")
    return float(value)
