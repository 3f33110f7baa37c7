"""The tables of docs/exactness.md, made from what the campaigns wrote: nothing is typed by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.record import rewrite

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "exactness.md"
RECORDS = ROOT / "docs" / "exactness"  # fuzz.json, lava.json, exact.json, planted.json
BEGIN, END = "<!-- totals: `make exactness` writes these lines -->", "<!-- end of totals -->"
_SIZES = ("networks", "documents", "neurons", "tokens", "steps", "spikes of neurons")
_WHAT = {
    "fuzz": "sim == reference, random networks, wrap and strict mode",
    "lava": "sim == reference == Lava fused == Lava graph, random networks",
    "exact": "{backends}, shipped model in closed loop; spikes of scoring",
}


def update(page: Path = PAGE, records: Path = RECORDS) -> None:
    """Write the tables into the page.

    Raises:
        RealSamError: if the page has lost its marks.
    """
    rewrite(page, BEGIN, END, tables(records))


def tables(records: Path = RECORDS) -> str:
    """Markdown of everything that is on record."""
    found = {name: _read(records / f"{name}.json") for name in (*_WHAT, "planted")}
    return "\n".join([*_summary(found), "", *_edges(found), "", *_planted(found["planted"]), ""])


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _summary(found: dict[str, dict[str, Any] | None]) -> Iterator[str]:
    yield "| compared | how much | differences | command, commit, machine, minutes |"
    yield "|---|---|---|---|"
    for name, what in _WHAT.items():
        record = found[name]
        if record is None:
            command = f"python -m benchmarks.campaign {name}"
            yield f"| {what.format(backends='all')} | not run yet | | `{command}` |"
            continue
        totals = record["totals"]
        much = ", ".join(f"{totals[n]:,} {n}" for n in _SIZES if n in totals)
        compared = what.format(backends=" == ".join(record.get("backends", [])))
        yield f"| {compared} | {much} | {len(record['differences'])} | {_source(record)} |"


def _source(record: dict[str, Any]) -> str:
    return (
        f"`{record['command']}`, {record['commit']}, {record['machine']} with {record['cores']} "
        f"cores, Python {record['python']}, {record['seconds'] / 60:.1f} min"
    )


def _edges(found: dict[str, dict[str, Any] | None]) -> Iterator[str]:
    yield "| met on the way (neuron updates, spikes, tokens, networks) | sim | Lava |"
    yield "|---|---|---|"
    hunts = [(found[name] or {"totals": {}})["totals"] for name in ("fuzz", "lava")]
    for edge in dict.fromkeys([*hunts[0], *hunts[1]]):
        if edge not in _SIZES:
            yield f"| {edge} | " + " | ".join(_number(hunt, edge) for hunt in hunts) + " |"


def _number(totals: dict[str, int], name: str) -> str:
    return f"{totals[name]:,}" if name in totals else ""


def _planted(record: dict[str, Any] | None) -> Iterator[str]:
    if record is None:
        yield "Planted faults: not run yet (`python -m benchmarks.campaign planted`)."
        return
    missed = [name for name, after in record["found_after"].items() if not after]
    n_found = len(record["found_after"]) - len(missed)
    slowest = max(record["found_after"].values())
    yield (
        f"Of {len(record['found_after'])} faults planted into the simulator the campaign finds "
        f"{n_found}, the best hidden one after {slowest} networks"
        f"{'; it misses ' + ', '.join(missed) if missed else ''} ({_source(record)})."
    )
