"""Marked sentences: what is read, joined and refused."""

import json
import lzma
from pathlib import Path

import pytest

from realsam.errors import DataError
from realsam.ner.corpus import Sentence, Span, read_sentences
from tests.realsam.ner import synthetic


def mark(start: object, end: object, kind: object) -> dict[str, object]:
    """A span as JSON has it."""
    return {"start_position": start, "end_position": end, "entity_type": kind}


def spans(*found: tuple[int, int, str]) -> list[dict[str, object]]:
    """Several of them."""
    return [mark(*one) for one in found]


def from_json(folder: Path, *rows: object) -> list[Sentence]:
    """Read rows back from a file."""
    path = folder / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return read_sentences(path)


def test_json_gives_texts_and_spans_in_order(tmp_path: Path) -> None:
    """Also packed, also beyond ASCII."""
    path = synthetic.written(tmp_path / "rows.json")
    packed = tmp_path / "rows.json.xz"
    packed.write_bytes(lzma.compress(path.read_bytes()))

    assert synthetic.sentences() == read_sentences(path)
    assert synthetic.sentences() == read_sentences(packed)


@pytest.mark.parametrize(
    ("between", "joined"), [(" ", True), ("\n", True), ("", True), (", ", False), ("x", False)]
)
def test_neighbours_of_one_kind_are_joined_over_white_space(
    tmp_path: Path, between: str, joined: bool
) -> None:
    """A number and its street are one address."""
    text = f"12{between}High St"
    end = len(text)

    (read,) = from_json(
        tmp_path,
        {"full_text": text, "spans": spans((0, 2, "ADDRESS"), (end - 7, end, "ADDRESS"))},
    )

    apart = (Span(0, 2, "ADDRESS"), Span(end - 7, end, "ADDRESS"))
    assert ((Span(0, end, "ADDRESS"),) if joined else apart) == read.spans


def test_neighbours_of_two_kinds_stay_apart(tmp_path: Path) -> None:
    """A title is no part of a name."""
    row = {"full_text": "Dr. Who", "spans": spans((4, 7, "PERSON"), (0, 3, "TITLE"))}

    (read,) = from_json(tmp_path, row)

    assert (Span(0, 3, "TITLE"), Span(4, 7, "PERSON")) == read.spans


@pytest.mark.parametrize("place", [0, 2, 3, 7])
def test_a_span_of_no_characters_is_left_out(tmp_path: Path, place: int) -> None:
    """Before, between, within and behind others: it marks nothing, and parts nothing."""
    found = ((0, 2, "A"), (3, 7, "A"), (place, place, "A"), (place, place, "B"))

    (read,) = from_json(tmp_path, {"full_text": "12 High", "spans": spans(*found)})

    assert (Span(0, 7, "A"),) == read.spans


def test_conll_joins_words_by_spaces(tmp_path: Path) -> None:
    """B- begins, I- goes on, and an I- of another kind begins, too."""
    path = tmp_path / "a.conll"
    path.write_text(
        "Empire\tB-location\nState\tI-location\nBob\tB-person\nAl\tB-person\r\n!\tO\n"
        "\n\t\nO\tO\nZoë\tI-person\n\n",
        encoding="utf-8",
    )

    first, second = read_sentences(path)

    assert first.text == "Empire State Bob Al !"
    assert first.spans == (
        Span(0, 12, "location"),
        Span(13, 16, "person"),
        Span(17, 19, "person"),
    )
    assert second == Sentence("O Zoë", (Span(2, 5, "person"),))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"full_text": "Hi", "spans": spans((0, 3, "A"))}, "row 1: A at 0..3 overlaps another, or"),
        ({"full_text": "Hi", "spans": spans((2, 1, "A"))}, "row 1: A at 2..1 overlaps"),
        ({"full_text": "Hi", "spans": spans((3, 3, "A"))}, "row 1: A at 3..3 overlaps"),
        ({"full_text": "Hi", "spans": spans((-1, 1, "A"))}, "row 1: A at -1..1 overlaps"),
        (
            {"full_text": "Hi you", "spans": spans((0, 3, "A"), (2, 6, "B"))},
            "row 1: B at 2..6 overlaps another",
        ),
        ({"full_text": "Hi"}, "row 1: 'spans'"),
        ({"full_text": None, "spans": []}, "row 1: full_text is no text"),
        ({"full_text": "Hi", "spans": [{}]}, "row 1: 'start_position'"),
        ({"full_text": "Hi", "spans": [mark(0, "1", "A")]}, "row 1: a span has no two whole"),
        ({"full_text": "Hi", "spans": [mark(0, 1.0, "A")]}, "row 1: a span has no two whole"),
        ({"full_text": "Hi", "spans": [mark(False, True, "A")]}, "row 1: a span has no two"),
        ({"full_text": "Hi", "spans": [mark(0, 1, "")]}, "row 1: a span has no two whole numb"),
        ({"full_text": "Hi", "spans": [mark(0, 1, None)]}, "row 1: a span has no two whole nu"),
        ({"full_text": "Hi", "spans": ["Hi"]}, "row 1: a span is no object"),
        ({"full_text": "Hi", "spans": None}, "row 1: spans is no list"),
        ({"full_text": "Hi \ud800", "spans": []}, "row 1: 'utf-8' codec can't encode"),
        ("Hi", "row 1: is no object"),
        (None, "row 1: is no object"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: object, message: str) -> None:
    """Its number, and what is wrong."""
    with pytest.raises(DataError) as caught:
        from_json(tmp_path, {"full_text": "Ok", "spans": []}, row)

    assert f"{tmp_path / 'rows.json'}: {message}" in caught.value.message


@pytest.mark.parametrize("text", ["", "{", "3", "null", "{}", '"a"', '{"a": [1'])
def test_a_file_that_is_no_list_is_named(tmp_path: Path, text: str) -> None:
    """No JSON, or no list."""
    path = tmp_path / "bad.json"
    path.write_text(text)

    with pytest.raises(DataError, match=r"bad\.json: no list of sentences"):
        read_sentences(path)


@pytest.mark.parametrize("line", ["word", "word O", "word\t", "word\tB-", "word\tX-a", "\tO x"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """Its number and its begin."""
    path = tmp_path / "bad.conll"
    path.write_text(f"Hi\tO\n{line}\n")

    with pytest.raises(DataError, match=r"bad\.conll: line 2 = .* is no word and tag"):
        read_sentences(path)


@pytest.mark.parametrize(("name", "text"), [("a.json", "[]"), ("a.conll", "\n\n \n")])
def test_a_file_without_sentences_is_named(tmp_path: Path, name: str, text: str) -> None:
    """Nothing to learn from."""
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(DataError, match="no sentence in it"):
        read_sentences(path)
