"""The reader of CoNLL files: what both of its users get of one file."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from realsam.data.conll import conll_entries
from realsam.data.entry import Tally
from realsam.entities import BAD_COLUMNS, BAD_TAG, TOO_LONG, Conll, Marked, Span
from realsam.errors import DataError
from realsam.ner.corpus import read_sentences

GOOD = "Ann\tB-person\nLee\tI-person\nsaw\tO\nParis\tI-place\n\nHi\tO\n"


def read(text: str, longest: int = 100, loose: bool = False) -> tuple[list[Marked], list[object]]:
    """Sentences, and what was told of wrong lines."""
    faults: list[object] = []
    reader = Conll(lambda *fault: faults.append(fault), longest, loose)
    return list(reader.sentences(io.StringIO(text))), faults


def prepared(text: str) -> list[Marked]:
    """As `realsam data prepare` reads it."""
    return [(e.text, e.spans or ()) for e in conll_entries(io.StringIO(text), Tally())]


def tagged(folder: Path, text: str) -> list[Marked]:
    """As `realsam ner` reads it."""
    (folder / "a.conll").write_text(text, encoding="utf-8")
    return [(s.text, s.spans) for s in read_sentences(folder / "a.conll")]


def test_both_commands_read_one_file_alike(tmp_path: Path) -> None:
    """The same texts, and the same spans."""
    spans = (Span(0, 7, "person"), Span(12, 17, "place"))

    assert [("Ann Lee saw Paris", spans), ("Hi", ())] == prepared(GOOD) == tagged(tmp_path, GOOD)


def test_one_command_counts_what_the_other_names(tmp_path: Path) -> None:
    """The same wrong line."""
    text, tally = GOOD + "\nyou\tO\nword\tE-x\n\nEnd\tO", Tally()

    kept = [entry.text for entry in conll_entries(io.StringIO(text), tally)]

    assert (kept, tally.rejected) == (["Ann Lee saw Paris", "Hi", "End"], {BAD_TAG: 1})
    with pytest.raises(DataError, match=r"a\.conll: line 9 = 'word\\tE-x' is no word and tag"):
        tagged(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\n\na\tO\nword\n", (4, "word", BAD_COLUMNS)),
        ("a\tO\n \t\nb\tX\nword\nc\tO", (3, "b\tX", BAD_TAG)),
        ("a\tO\n\nb\tO\n" + "c" * 200 + "\n", (3, "b\tO", TOO_LONG)),
        ("a\tO\n\n" + "c" * 200 + "\nb\tO\n", (3, "c" * 101, TOO_LONG)),
    ],
)
def test_first_fault_of_a_sentence_is_told(text: str, fault: tuple[int, str, str]) -> None:
    """With its line, once; a too long one is read in pieces and told at its first."""
    assert [fault] == read(text + "\n\nend\tO\n")[1]
    assert read(text + "\n\nend\tO\n")[0][-1][0] == "end"


@pytest.mark.parametrize(
    ("line", "strict", "loose"),
    [
        ("two words\tB-x", BAD_COLUMNS, ("two words", (Span(0, 9, "x"),))),
        (" word \tO", BAD_COLUMNS, ("word", ())),
        ("word\tO ", BAD_TAG, ("word", ())),
        ("word\tB-x ", ("word", (Span(0, 4, "x "),)), ("word", (Span(0, 4, "x"),))),
        ("word\tB-a\tb", BAD_COLUMNS, ("word", (Span(0, 4, "a\tb"),))),
        (" \tO", BAD_COLUMNS, BAD_COLUMNS),
        ("word\t ", BAD_TAG, BAD_COLUMNS),
    ],
)
def test_white_space_is_a_fault_or_not(
    line: str, strict: Marked | str, loose: Marked | str
) -> None:
    """`realsam ner` takes it, `realsam data prepare` never did."""
    for expected, is_loose in ((strict, False), (loose, True)):
        found, faults = read(line, loose=is_loose)
        assert ([expected] if isinstance(expected, tuple) else []) == found
        assert ([(1, line, expected)] if isinstance(expected, str) else []) == faults


@pytest.mark.parametrize(
    ("reader", "texts"),
    [(prepared, ["a", "b"]), (None, ["a", "-DOCSTART-", "b"])],
    ids=["prepare", "ner"],
)
def test_a_mark_of_documents_is_a_word_to_the_tagger(
    tmp_path: Path, reader: Callable[[str], list[Marked]] | None, texts: list[str]
) -> None:
    """As it always was."""
    text = "a\tO\n\n-DOCSTART-\tO\n\nb\tO\n"

    found = reader(text) if reader else tagged(tmp_path, text)

    assert texts == [sentence for sentence, _ in found]
