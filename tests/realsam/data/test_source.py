"""Sources: what one damaged place in a file spoils, and what not."""

import gzip
import lzma
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realsam.data.entry import MAX_DOCUMENT, REASONS, Tally
from realsam.data.source import KINDS, Reading, Source
from realsam.errors import DataError
from tests.realsam.data.files import read, texts, write

END = "<|endoftext|>"
TWO = f"One day.\n{END}\nThe end."


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (TWO, ["One day.", "The end."]),
        ("A whole file.\nOf one document.", ["A whole file.\nOf one document."]),
        (f"\ufeffOne.\n{END}\n", ["One."]),
        (f"a\r\nb\r\n{END}\r\nc\rd\n{END}\ne\n", ["a\nb", "c\nd", "e"]),
        (f"{END}\n \n{END}One.{END}{END}", ["One."]),
    ],
    ids=["two", "one", "BOM", "mixed newlines", "empty ones"],
)
def test_documents_of_plain_text(tmp_path: Path, content: str, found: list[str]) -> None:
    """Between end-of-text lines; every newline becomes one character, a BOM goes."""
    assert texts(write(tmp_path / "a.txt", content)) == (found, {})


@pytest.mark.parametrize("packed", ["", ".gz", ".xz"])
def test_file_may_be_compressed(tmp_path: Path, packed: str) -> None:
    """The SHA-256 is that of the file as it lies there, the bytes read are all of it."""
    pack = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[packed]
    path, n_read = write(tmp_path / f"a.txt{packed}", pack(TWO.encode())), []
    reading = Reading(Source(path), "", n_read.append)

    assert [entry.text for entry in reading] == ["One day.", "The end."]
    assert reading.sha256 == sha256(path.read_bytes()).hexdigest()
    assert sum(n_read) == path.stat().st_size


@pytest.mark.parametrize("bad", [b"Caf\xe9", b"\xff\xfeO\0n\0e\0", b"\xed\xa0\x80"])
def test_only_the_document_that_is_no_utf8_is_left_out(tmp_path: Path, bad: bytes) -> None:
    """Latin-1, UTF-16 and encoded surrogates; its neighbours stay."""
    content = TWO.encode() + f"\n{END}\n".encode() + bad + f"\n{END}\nLast.".encode()

    found, rejected = texts(write(tmp_path / "a.txt", content))

    assert found == ["One day.", "The end.", "Last."]
    assert rejected == {"not UTF-8": 1}


def test_enormous_document_is_cut_at_the_end_of_a_line(tmp_path: Path) -> None:
    """Nothing is lost, and each cut is counted."""
    line = "A line of some length.\n"
    text = line * (2 * MAX_DOCUMENT // len(line) + 10)

    entries, tally = read(write(tmp_path / "a.txt", f"{text}{END}Small."))

    assert tally.cut == len(entries) - 2 == 2
    assert all(len(entry.text) <= MAX_DOCUMENT for entry in entries)
    assert "\n".join(entry.text for entry in entries[:-1]) == text.strip()


def test_document_without_lines_is_cut_anywhere(tmp_path: Path) -> None:
    """The end-of-text behind it stays whole, wherever it stands."""
    for over in range(len(END) + 2):
        text = "x" * (MAX_DOCUMENT + over)

        found, _ = texts(write(tmp_path / "a.txt", f"{text}{END}y"))

        assert "".join(found) == text + "y"
        assert found[-1] == "y"


@pytest.mark.parametrize("name", ["a.csv", "a", "a.gz", "txt", "a.txt.zip"])
def test_other_names_are_refused(name: str) -> None:
    """The endings that can be read are named."""
    with pytest.raises(DataError, match=r"no name of a source; let it end in \.txt, \.json"):
        assert Source(Path(name)).kind


def half(pack: Callable[[bytes], bytes]) -> bytes:
    """A compressed file that was cut."""
    whole = pack(b"".join(b"Story %d of Ann.\n" % (i * i) for i in range(2000)))
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.txt", None),
        ("cut.txt.gz", half(gzip.compress)),
        ("cut.jsonl.xz", half(lzma.compress)),
        ("plain.txt.gz", TWO.encode()),
    ],
)
def test_unreadable_file_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    """What is behind the damage cannot be told."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match="not readable") as raised:
        read(path)

    assert str(raised.value).startswith(f"{path}: ")


SNIPPETS = [
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\ud800",
        b"\n",
        b"\r",
        b"\t",
        b" ",
        b"\xff",
    ),
    *(b'{"text": "a"}', b'{"prompt": "a", "response": "b"}', b'"spans"', b'"full_text"', b"1e999"),
    *(b"<|endoftext|>", b"a\tO\n", b"b\tB-x\n", b"\xef\xbb\xbf", b"\x00", b"null", b"-DOCSTART-"),
    b'{"message_id": "a", "parent_id": null, "role": "prompter", "text": "b"}',
    b'{"message_id": {}, "parent_id": [], "role": [], "text": 5}',
]


@given(
    kind=st.sampled_from([*KINDS, ".txt.gz", ".jsonl.xz"]),
    content=st.lists(st.sampled_from(SNIPPETS) | st.binary(max_size=4)).map(b"".join),
)
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, kind: str, content: bytes
) -> None:
    """And what is read can be written as UTF-8."""
    path = write(tmp_path_factory.getbasetemp() / f"any{kind}", content)
    refused, entries, tally = "", [], Tally()
    try:
        entries, tally = read(path)
    except DataError as error:
        refused = str(error)

    assert not refused or refused.startswith(f"{path}: ")
    assert all(entry.text.strip() and entry.text.encode("utf-8") for entry in entries)
    assert set(tally.rejected) <= set(REASONS)
