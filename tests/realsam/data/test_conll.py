"""CoNLL: sentences with entities, wrong ones left out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.conll import conll_entries
from realsam.data.entry import MAX_DOCUMENT, Tally
from realsam.entities import Span
from tests.realsam.data.files import read, texts, write


def test_sentence_has_its_entities(tmp_path: Path) -> None:
    """Tokens stand one space apart; places count characters."""
    content = "Ann\tB-person\nRoß\tI-person\nsaw\tO\nParis\tB-location\n\nHi\tO\n"

    entries, tally = read(write(tmp_path / "a.conll", content))

    assert [entry.text for entry in entries] == ["Ann Roß saw Paris", "Hi"]
    assert entries[0].spans == (Span(0, 7, "person"), Span(12, 17, "location"))
    assert entries[1].spans == ()
    assert not tally.rejected


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-a", "B-a"], [(0, 1, "a"), (2, 3, "a")]),
        (["O", "I-a"], [(2, 3, "a")]),
        (["B-a", "I-b"], [(0, 1, "a"), (2, 3, "b")]),
        (["I-a-b", "I-a-b"], [(0, 3, "a-b")]),
    ],
)
def test_tags_are_read_as_in_the_evaluation(
    tags: list[str], spans: list[tuple[int, int, str]]
) -> None:
    """An I- that continues nothing begins an entity."""
    import io

    lines = "".join(f"x\t{tag}\n" for tag in tags)

    (entry,) = conll_entries(io.StringIO(lines), Tally())

    assert entry.spans == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("word", "not token TAB tag"),
        ("word O", "not token TAB tag"),
        ("word\t", "not token TAB tag"),
        ("\tO", "not token TAB tag"),
        ("word\tNN\tO", "not token TAB tag"),
        ("two words\tO", "not token TAB tag"),
        ("word\tperson", "no BIO tag"),
        ("word\tB-", "no BIO tag"),
        ("word\tE-person", "no BIO tag"),
        ("word\tO-person", "no BIO tag"),
        ("w" * (MAX_DOCUMENT + 1), "too long"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_wrong_line_costs_its_sentence(tmp_path: Path, line: str, reason: str) -> None:
    """The sentences before and behind it stay."""
    content = f"One\tO\n\nTwo\tO\n{line}\nmore\tO\n\nThree\tO"

    assert texts(write(tmp_path / "a.conll", content)) == (["One", "Three"], {reason: 1})


def test_newlines_bom_and_document_marks_do_not_matter(tmp_path: Path) -> None:
    """As in files from everywhere."""
    content = "\ufeff-DOCSTART-\tO\r\n\r\nOne\tO\r\n \t\r\n\nTwo\tO\r"

    assert texts(write(tmp_path / "a.conll", content)) == (["One", "Two"], {})


@given(
    words=st.lists(
        st.text(min_size=1).filter(lambda w: w.split() == [w] and not w.startswith("-DOC")),
        min_size=1,
    )
)
def test_words_come_back(words: list[str]) -> None:
    """They are what stands between the spaces."""
    import io

    file = io.StringIO("".join(f"{word}\tO\n" for word in words), newline="\n")

    (entry,) = conll_entries(file, Tally())

    assert entry.text.split(" ") == words
