"""Cost tables: ours name their sources, and anything else is refused by name."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from realsam.errors import ReportError
from realsam.report import TABLES, load_costs
from realsam.report.cost_table import FOLDER

GOOD = {
    **{name: name for name in ("name", "chip", "process", "date", "source", "note")},
    "format": 1,
    "terms": {"synops": {"pj": 2, "pj_low": 1, "pj_high": 3}, "messages": {"pj": 0.5}},
}


def written(folder: Path, **changes: object) -> str:
    """A table of one's own with some fields changed; `...` takes one out."""
    path = folder / "mine.json"
    table = {k: v for k, v in (GOOD | changes).items() if v is not ...}
    path.write_text(json.dumps(table), encoding="utf-8")
    return str(path)


def test_all_of_our_tables_are_listed() -> None:
    """A file that nobody can name would be lost."""
    assert sorted(TABLES) == sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", TABLES)
def test_table_names_chip_date_and_source(name: str) -> None:
    """No number without them."""
    table = load_costs(name)

    assert table.name == name
    assert all((table.chip, table.process, table.date, table.source, table.note))


def test_default_table_is_the_published_one() -> None:
    """23.6 pJ per synaptic operation and 81 pJ per update (Davies et al. 2018)."""
    table = load_costs()

    assert table.name == "loihi1"
    assert {name: cost.pj for name, cost in table.terms.items()} == {"synops": 23.6, "updates": 81}


def test_the_range_of_loihi_2_is_what_its_source_says() -> None:
    """Low: Hala Point's power over its rates in Loihi 1's proportion; the middle is their mean."""
    old, new = load_costs("loihi1").terms, load_costs("loihi2").terms
    ratio = old["updates"].pj / old["synops"].pj
    synop = 2600 / (380e12 + 240e12 * ratio) * 1e12

    assert new["synops"].pj_low == round(synop, 1)
    assert new["updates"].pj_low == round(synop * ratio, 1)
    assert {n: c.pj_high for n, c in new.items()} == {n: c.pj for n, c in old.items()}
    assert new["synops"].pj == round(math.sqrt(synop * 23.6), 1)
    assert new["updates"].pj == round(math.sqrt(synop * ratio * 81), 1)
    assert "assum" in new_chip()


def new_chip() -> str:
    """What the table of Loihi 2 calls its chip."""
    return load_costs("loihi2").chip


def test_own_table_is_read(tmp_path: Path) -> None:
    """A cost without a range is its own range."""
    terms = load_costs(written(tmp_path)).terms

    assert vars(terms["synops"]) == {"pj": 2, "pj_low": 1, "pj_high": 3}
    assert vars(terms["messages"]) == {"pj": 0.5, "pj_low": 0.5, "pj_high": 0.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, ": cost table format 2 is not 1; docs/energy.md"),
        ({"format": ...}, ": cost table format None is not 1"),
        ({"source": ...}, ": source = None is no text"),
        ({"chip": " "}, ": chip = ' ' is no text"),
        ({"date": 2018}, ": date = 2018 is no text"),
        ({"synop_pj": 23.6}, ": 'synop_pj' is no field of a cost table"),
        ({"terms": {}}, ": terms = {} prices nothing"),
        ({"terms": [1]}, ": terms = [1] prices nothing"),
        ({"terms": {"flops": {"pj": 1}}}, ": flops is not counted; price any of spikes, synops"),
        ({"terms": {"synops": 3}}, ": synops = 3 is no cost; give pj"),
        ({"terms": {"synops": {"low": 3}}}, ": synops = {'low': 3} is no cost"),
        ({"terms": {"synops": {"pj": -1}}}, ": synops: -1 is no energy in pJ"),
        ({"terms": {"synops": {"pj": math.nan}}}, ": synops: nan is no energy in pJ"),
        ({"terms": {"synops": {"pj": math.inf}}}, ": synops: inf is no energy in pJ"),
        ({"terms": {"synops": {"pj": "23"}}}, ": synops: '23' is no energy in pJ"),
        ({"terms": {"synops": {"pj": True}}}, ": synops: True is no energy in pJ"),
        (
            {"terms": {"synops": {"pj": 5, "pj_low": 6}}},
            ": synops: pj = 5.0 is outside its range 6.0..5.0; order pj_low, pj, pj_high",
        ),
    ],
)
def test_bad_table_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """File, field, value, cure."""
    path = written(tmp_path, **changes)

    with pytest.raises(ReportError) as raised:
        load_costs(path)

    assert str(raised.value).startswith(f"{path}{message}")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_unreadable_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, half, no object, no text, too deep."""
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ReportError) as raised:
        load_costs(str(path))

    assert str(raised.value).startswith(f"{path}: ")
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    """With the names there are."""
    with pytest.raises(ReportError, match="name a file, or one of loihi1, loihi2, cmos45"):
        load_costs(str(tmp_path))
