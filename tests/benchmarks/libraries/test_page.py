"""docs/libraries.md holds the tables of docs/libraries.json, and its versions are ours."""

import json
from pathlib import Path
from typing import Any

from benchmarks.libraries import page
from benchmarks.libraries.library import NAMES
from export.bundle import SHIPPED

ROOT = Path(__file__).parents[3]
ROW = {
    "library": "snnTorch",
    "direction": "in",
    "case": "Leaky",
    "known": "",
    "cut": "weights are rounded",
    "refused": "",
    "neurons": 18,
    "steps": 1000,
    "spikes": 1234,
    "off_file": 0,
    "off_ours": 0,
    "equal_steps": 1000,
    "rounding": 0.0,
}


def recorded() -> dict[str, Any]:
    """The record in the repository."""
    found: dict[str, Any] = json.loads(page.RECORD.read_text(encoding="utf-8"))
    return found


def test_page_is_up_to_date() -> None:
    """The tables are what the record renders to, nothing else stands between the marks."""
    text = page.PAGE.read_text(encoding="utf-8")

    assert text.split(page.BEGIN)[1].split(page.END)[0] == f"\n{page.tables(recorded())}"


def test_record_is_of_the_pinned_versions() -> None:
    """A new version of a library has to be played again."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    versions = recorded()["versions"]

    assert {*NAMES, "nir", "nirtorch", "torch"} == set(versions)
    assert [
        f"{n}=={v.split('+')[0]}"
        for n, v in versions.items()
        if f"{n}=={v.split('+')[0]}" not in pins
    ] == []


def test_record_is_of_the_shipped_model() -> None:
    """A new model has to be played again."""
    manifest = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))

    assert recorded()["network"] == manifest["network"]


def test_record_holds_every_library_both_ways() -> None:
    """Nothing was left out, and every deviation has a reason."""
    rows = recorded()["rows"]

    assert {(r["library"], r["direction"]) for r in rows} == {
        (name, way) for name in ("snnTorch", "SpikingJelly", "Norse") for way in ("out", "in")
    }
    assert [r for r in rows if (r["refused"] or r["off_file"]) and not r["known"]] == []
    assert [r for r in rows if r["off_ours"] and not (r["cut"] or r["known"])] == []


def test_equal_row_has_no_reason() -> None:
    """What did not show is not said."""
    assert page.line(ROW) == "| Leaky | 18 x 1,000 | 1,234 | 0 | 0 | 1,000 |  |"


def test_differing_row_says_why() -> None:
    """Both differences, and by how much registers were rounded."""
    line = page.line(ROW | {"known": "late", "off_file": 2, "off_ours": 3, "rounding": 0.004})

    assert line.endswith("| 2 | 3 | 1,000 | late, weights are rounded, by 0.4% at most |")


def test_refused_row_says_by_whom() -> None:
    """The message stands in one cell, whatever is in it."""
    line = page.line(ROW | {"known": "no loops", "refused": "snnTorch: `a` | b"})

    assert line == "| Leaky | refused | | | | | no loops (`snnTorch: 'a' / b`) |"
    assert line.count("|") == page.line(ROW).count("|")


def test_totals_sort_the_rows() -> None:
    """Equal to ours, to the file only, to neither, refused."""
    rows = [
        ROW,
        ROW | {"off_ours": 1},
        ROW | {"off_ours": 1, "off_file": 1, "known": "late"},
        ROW | {"refused": "no", "known": "no"},
        ROW | {"direction": "out"},
    ]

    text = page.tables(recorded() | {"rows": rows})

    assert "| snnTorch reads our portable file | 1 | 1 | 0 | 0 | 0 |" in text
    assert "| snnTorch writes a file that we import | 4 | 1 | 1 | 1 | 1 |" in text
