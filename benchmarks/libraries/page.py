"""The tables of docs/libraries.md, made from docs/libraries.json: nothing is typed by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.record import rewrite

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECORD = DOCS / "libraries.md", DOCS / "libraries.json"
BEGIN = "<!-- tables: `python -m benchmarks.libraries --publish` writes these lines -->"
END = "<!-- end of tables -->"
_TITLES = {"out": "reads our portable file", "in": "writes a file that we import"}
_COLUMNS = "neurons x steps | its spikes | differ from the file | from ours | equal for | why"


def update(page: Path = PAGE, record: Path = RECORD) -> None:
    """Write the tables of a record into the page."""
    rewrite(page, BEGIN, END, tables(json.loads(record.read_text(encoding="utf-8"))))


def tables(record: dict[str, Any]) -> str:
    """Markdown of a record."""
    return "\n".join([*_totals(record), *_sections(record), ""])


def line(row: dict[str, Any]) -> str:
    """One row of a table."""
    if row["refused"]:
        return f"| {row['case']} | refused | | | | | {row['known']} (`{_safe(row['refused'])}`) |"
    why = [row["known"]] * bool(row["off_file"]) + [row["cut"]] * bool(row["off_ours"])
    if row["rounding"] > 1e-6:  # float32 of the library's file is no rounding of ours
        why.append(f"by {row['rounding']:.1%} at most")
    counts = f"{row['spikes']:,} | {row['off_file']:,} | {row['off_ours']:,}"
    reasons = ", ".join(filter(None, why))
    return (
        f"| {row['case']} | {row['neurons']:,} x {row['steps']:,} | {counts} | "
        f"{row['equal_steps']:,} | {reasons} |"
    )


def _safe(text: str) -> str:
    return text.replace("|", "/").replace("`", "'")


def _totals(record: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    yield (
        f"`{record['command']}`, {record['commit']}, {record['machine']} with {record['cores']} "
        f"cores, Python {record['python']}, {record['seconds']:.0f} s; {versions}."
    )
    yield ""
    yield "| library | cases | spikes equal to ours | to the file only | to neither | refused |"
    yield "|---|---|---|---|---|---|"
    for library in dict.fromkeys(row["library"] for row in record["rows"]):
        for direction, title in _TITLES.items():
            found = _of(record, library, direction)
            yield (
                f"| {library} {title} | {len(found)} | "
                + " | ".join(map(str, _sorts(found)))
                + " |"
            )


def _sorts(rows: list[dict[str, Any]]) -> tuple[int, int, int, int]:
    """How many rows are equal to ours, to the file alone, to neither, refused."""
    refused = sum(bool(row["refused"]) for row in rows)
    ours = sum(not (row["refused"] or row["off_ours"]) for row in rows)
    file = sum(bool(row["off_ours"]) and not row["off_file"] for row in rows)
    return ours, file, len(rows) - ours - file - refused, refused


def _sections(record: dict[str, Any]) -> Iterator[str]:
    for library in dict.fromkeys(row["library"] for row in record["rows"]):
        for direction, title in _TITLES.items():
            yield f"\n### {library} {title}\n"
            yield f"| network | {_COLUMNS} |"
            yield "|---|---|---|---|---|---|---|"
            yield from map(line, _of(record, library, direction))


def _of(record: dict[str, Any], library: str, direction: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = record["rows"]
    return [row for row in rows if (row["library"], row["direction"]) == (library, direction)]
