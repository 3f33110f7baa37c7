"""JSON rows: damaged lines are counted, a damaged array is refused."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data import rows as rows_module
from realsam.data.entry import MAX_DOCUMENT, Tally
from realsam.data.rows import json_rows
from realsam.errors import DataError

ROWS = [{"text": "a [b], {c}"}, {"text": 'd "e" \\'}, {"n": [1, {"m": None}]}]


def rows(text: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows of a text, and what was left out."""
    tally = Tally()
    return list(json_rows(io.StringIO(text), "a.json", tally)), dict(tally.rejected)


@pytest.mark.parametrize("indent", [None, 4])
def test_array_is_read(indent: int | None) -> None:
    """However it is laid out."""
    assert rows(json.dumps(ROWS, indent=indent)) == (ROWS, {})


def test_lines_are_read() -> None:
    """One row each; the last needs no newline."""
    assert rows("\n".join(json.dumps(row) for row in ROWS)) == (ROWS, {})


@pytest.mark.parametrize("text", ["", "  \n", "[]", " [ \n ] \n"])
def test_nothing_has_no_rows(text: str) -> None:
    """Neither an empty file nor an empty array."""
    assert rows(text) == ([], {})


@given(values=st.lists(st.dictionaries(st.text(), st.text() | st.integers())), piece=st.just(1))
def test_array_is_read_in_any_pieces(values: list[dict[str, Any]], piece: int) -> None:
    """A row may lie across pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "PIECE", piece)

        assert rows(json.dumps(values)) == (values, {})


@given(end=st.integers(1, len(json.dumps(ROWS)) - 1))
def test_cut_array_is_refused(end: int) -> None:
    """Wherever it ends; the message says how far it is whole."""
    with pytest.raises(DataError, match=r"a\.json: the array is damaged or cut behind row [0-3];"):
        rows(json.dumps(ROWS)[:end])


@pytest.mark.parametrize(
    "text", ['[{"a": 1} {"a": 2}]', '[{"a": 1},]', '[{"a": 1}] x', "[,]", "[nul]"]
)
def test_damaged_array_is_refused(text: str) -> None:
    """A comma too few or too many, or text behind it."""
    with pytest.raises(DataError, match="damaged or cut"):
        rows(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "cut', "not JSON"),
        ("{'text': 'no JSON'}", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5000, "not JSON"),
        ('"text"', "no object"),
        ("[1, 2]", "no object"),
        ("null", "no object"),
        ("   ", "empty"),
        ("x" * (MAX_DOCUMENT + 5), "too long"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_only_the_bad_line_is_left_out(line: str, reason: str) -> None:
    """The rows before and behind it stay."""
    found, rejected = rows(f'{{"a": 1}}\n{line}\n{{"a": 2}}\n')

    assert found == [{"a": 1}, {"a": 2}]
    assert rejected == {reason: 1}


def test_things_in_an_array_that_are_no_rows_are_counted() -> None:
    """They do no harm."""
    assert rows('[1, {"a": 1}, "x", null]') == ([{"a": 1}], {"no object": 3})
