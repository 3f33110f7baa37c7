"""The tables of docs/exactness.md are those of the records beside it."""

import json
from pathlib import Path

import pytest

from benchmarks.campaign import totals
from export.bundle import SHIPPED
from realsam.errors import RealSamError

ROOT = Path(__file__).parents[3]


def recorded(folder: Path, name: str, **parts: object) -> None:
    """A record as a campaign leaves it."""
    about = {
        "command": f"python -m benchmarks.campaign {name}",
        "commit": "abc1234",
        "machine": "Linux x86_64",
        "cores": 2,
        "python": "3.11.7",
        "seconds": 90.0,
    }
    (folder / f"{name}.json").write_text(json.dumps(about | parts), encoding="utf-8")


def test_page_is_up_to_date() -> None:
    """After `make exactness`, or `python -m benchmarks.campaign totals`, nothing would change."""
    assert totals.tables() in totals.PAGE.read_text(encoding="utf-8")


def test_exact_tokens_are_of_the_shipped_model() -> None:
    """A new model has to be played again."""
    record = json.loads((ROOT / "docs/exactness/exact.json").read_text(encoding="utf-8"))
    manifest = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))

    assert record["network"] == manifest["network"]


def test_tables_without_records_say_so(tmp_path: Path) -> None:
    """Nothing is claimed before it was run."""
    assert totals.tables(tmp_path).count("not run yet") == 4


def test_tables_come_from_the_records(tmp_path: Path) -> None:
    """Sizes, edges, differences, source."""
    sizes = {"networks": 9000, "tokens": 12}
    recorded(tmp_path, "fuzz", totals=sizes | {"wraps up": 1234}, differences={})
    recorded(tmp_path, "planted", found_after={"no clip": 3, "no wrap": 0})

    text = totals.tables(tmp_path)

    assert "9,000 networks, 12 tokens | 0 | `python -m benchmarks.campaign fuzz`, abc1234" in text
    assert "| wraps up | 1,234 |  |" in text
    assert "1.5 min" in text
    assert "Of 2 faults planted into the simulator the campaign finds 1" in text
    assert "it misses no wrap" in text


def test_page_keeps_what_is_around(tmp_path: Path) -> None:
    """Only the lines between the marks are written, again and again."""
    page = tmp_path / "page.md"
    page.write_text(f"above\n{totals.BEGIN}\nold\n{totals.END}\nbelow\n", encoding="utf-8")

    for _ in range(2):
        totals.update(page, tmp_path)

    text = page.read_text(encoding="utf-8")
    assert text.startswith("above\n")
    assert text.endswith("\nbelow\n")
    assert "old" not in text
    assert totals.tables(tmp_path) in text


def test_page_without_marks_is_refused(tmp_path: Path) -> None:
    """Instead of losing what somebody wrote."""
    (tmp_path / "page.md").write_text("nothing", encoding="utf-8")

    with pytest.raises(RealSamError, match="are gone; put them back"):
        totals.update(tmp_path / "page.md", tmp_path)
