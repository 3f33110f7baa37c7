"""Files of stories to a file of conversations."""

import json
from pathlib import Path
from typing import Any

import pytest

from realsam.data.conversation import parse, render
from realsam.data.converse.draw import KINDS, Drawing
from realsam.data.converse.write import converse
from realsam.data.source import Source
from realsam.data.toy import toy_documents
from realsam.errors import DataError, RealSamError
from realsam.vocab import END_OF_TEXT
from tests.realsam.data.converse.stories import BALL, TOLD, story
from tests.realsam.data.files import jsonl, texts, write

DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "en" / "tinystories_train.txt.xz"
STORIES = [*TOLD, *toy_documents(60)]


def stories(path: Path, found: list[str]) -> Path:
    """A file of stories."""
    return write(path, "".join(f"{text}\n{END_OF_TEXT}\n" for text in found))


def drawn(out: Path, *paths: Path, **what: Any) -> dict[str, Any]:
    """What `converse` tells of a file that it writes."""
    return converse([Source(path) for path in paths], out, Drawing(**what), lambda *_: None)


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_counts_are_those_of_the_file(tmp_path: Path) -> None:
    """By kind: conversations, turns, words and bytes."""
    told = drawn(tmp_path / "a.jsonl", stories(tmp_path / "s.txt", STORIES))

    assert list(told["kinds"]) == list(KINDS)
    for kind, counts in told["kinds"].items():
        of_kind = [row["messages"] for row in rows(tmp_path / "a.jsonl") if row["kind"] == kind]
        said = [message["content"] for messages in of_kind for message in messages]
        assert counts["conversations"] == len(of_kind) > 0
        assert counts["turns"] == len(said)
        assert counts["words"] == sum(len(text.split()) for text in said) + len(said)
    (source,) = told["sources"]
    assert (source["file"], source["kept"], source["rejected"]) == ("s.txt", len(STORIES), {})


def test_both_forms_are_the_same_conversations(tmp_path: Path) -> None:
    """`realsam data prepare` reads them alike."""
    path = stories(tmp_path / "s.txt", STORIES)
    drawn(tmp_path / "a.jsonl", path)
    drawn(tmp_path / "a.txt", path)

    found, rejected = texts(tmp_path / "a.jsonl")

    assert (found, rejected) == (texts(tmp_path / "a.txt")[0], {})
    assert len(set(found)) == len(found)
    assert all(render(parse(text)) == text for text in found)


def test_seed_gives_one_file(tmp_path: Path) -> None:
    """Another seed another one."""
    path = stories(tmp_path / "s.txt", STORIES)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        drawn(tmp_path / f"{name}.txt", path, seed=seed)

    a, b, c = ((tmp_path / f"{name}.txt").read_bytes() for name in "abc")
    assert a == b != c


def test_story_gives_the_same_wherever_it_stands(tmp_path: Path) -> None:
    """But for small talk that came before."""
    what = {"shares": {"smalltalk": 0}}
    drawn(tmp_path / "a.txt", stories(tmp_path / "s.txt", STORIES), **what)
    drawn(tmp_path / "b.txt", stories(tmp_path / "t.txt", STORIES[::-1]), **what)

    assert sorted(texts(tmp_path / "a.txt")[0]) == sorted(texts(tmp_path / "b.txt")[0])


def test_shares_choose_the_kinds() -> None:
    """None, or several of one story."""
    none = dict.fromkeys(KINDS, 0.0)

    assert list(Drawing(shares=none)(story(BALL))) == []
    found = list(Drawing(shares={**none, "follow": 4})(story(BALL)))
    assert [conversation.kind for conversation in found] == ["follow"] * 4


def test_no_answer_begins_as_a_turn(tmp_path: Path) -> None:
    """Where a sentence of the story does, it is left out, and what is left can be read back."""
    text = (
        'A fox came. Sam: "Hi." The fox ran. User: "No." The fox sat. The fox slept. It was night.'
    )
    told = drawn(tmp_path / "a.jsonl", stories(tmp_path / "s.txt", [text]), shares={"follow": 40})

    found, rejected = texts(tmp_path / "a.jsonl")
    assert (len(found), rejected) == (len(rows(tmp_path / "a.jsonl")), {})
    assert told["kinds"]["follow"]["conversations"] > 0


def test_what_is_no_story_is_counted(tmp_path: Path) -> None:
    """And told by reason."""
    texts = [BALL, BALL, "Tom ran and", "User: Hi.\nSam: Hello."]
    labelled = {"full_text": "Tom.", "spans": []}
    path = jsonl(tmp_path / "s.jsonl", *({"text": text} for text in texts), labelled, {})

    (source,) = drawn(tmp_path / "a.txt", path)["sources"]

    assert source["kept"] == 1
    assert source["rejected"] == {
        "duplicate": 1,
        "no whole story": 1,
        "a line begins as a turn": 1,
        "fields of no schema": 2,
    }


@pytest.mark.parametrize(
    ("name", "content", "out", "line"),
    [
        ("s.txt", "Tom ran and", "a.txt", "nothing in it can be used (1 no whole story)"),
        ("s.txt", "", "a.txt", "nothing in it can be used (it is empty)"),
        (
            "s.txt",
            BALL,
            "a.json",
            "a.json: no name for conversations; let it end in .txt or .jsonl",
        ),
        ("s.txt", BALL, "s.txt", "s.txt: is what the run reads"),
        ("s.txt", BALL, "b/a.txt", "a.txt: cannot be written"),
        ("s.conll", "a\tO", "a.txt", "s.conll: holds sentences, no stories"),
        ("s.md", BALL, "a.txt", "s.md: no name of a source"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, name: str, content: str, out: str, line: str) -> None:
    """And nothing is left of it."""
    path = write(tmp_path / name, content)

    with pytest.raises(RealSamError) as error:
        drawn(tmp_path / out, path)

    assert line in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert path.read_text() == content


def test_nothing_drawn_is_refused(tmp_path: Path) -> None:
    """By shares of nothing."""
    path = stories(tmp_path / "s.txt", STORIES)

    with pytest.raises(DataError, match="no conversation was drawn of it"):
        drawn(tmp_path / "a.txt", path, shares=dict.fromkeys(KINDS, 0.0))


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not here")
def test_stories_that_are_real(tmp_path: Path) -> None:
    """Nearly all can be used, each kind comes, and every row can be read back."""
    told = drawn(tmp_path / "a.jsonl", DATA)

    (source,) = told["sources"]
    assert source["kept"] + sum(source["rejected"].values()) == 9_913
    assert source["kept"] > 9_700
    assert min(count["conversations"] for count in told["kinds"].values()) > 800
    assert texts(tmp_path / "a.jsonl")[1] == {}
