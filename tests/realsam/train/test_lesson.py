"""Lessons: what is heard in each, what validates in all, and what a run stores of it."""

from pathlib import Path

import pytest

from realsam.train.corpus import RawText
from realsam.train.lesson import Corpus, Lesson
from realsam.train.runs import load_run_folder
from realsam.train.session import prepare, resumed
from tests import tiny

STORIES, TALKS = ["Ann ran. Ben sat."], ["User: Hi\nSam: Hi"]
CORPUS = Corpus(RawText(STORIES, []), RawText(TALKS, []), [])
LESSONS = ("words", "phrases", "sentences", "stories", "conversations", "blended")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stories", STORIES),
        ("conversations", TALKS),
        ("blended", STORIES + TALKS),
    ],
)
def test_whole_documents_are_heard(name: str, expected: list[str]) -> None:
    """Whatever the window."""
    vocabulary = tiny.vocabulary()

    text = Lesson(name).text(CORPUS, vocabulary, 1)

    assert [vocabulary.decode(document) for document in text] == expected


@pytest.mark.parametrize("name", ["words", "phrases", "sentences"])
def test_pieces_of_stories_are_heard(name: str) -> None:
    """Of at most a window; conversations are not cut."""
    vocabulary = tiny.vocabulary()

    text = Lesson(name).text(CORPUS, vocabulary, 3)

    assert "".join(vocabulary.decode(d) for d in text) == STORIES[0]
    assert max(map(len, text)) <= 3


def test_every_lesson_validates_alike(tmp_path: Path) -> None:
    """On every 50th story and conversation, which none of them hears."""
    files, talks = [tiny.corpus(tmp_path)], (tiny.conversations(tmp_path),)

    read = [Lesson(name, talks).read(files, None) for name in LESSONS]

    stories = tiny.stories()
    assert read[0].held_out[:2] == stories[::50]
    assert [d[:4] for d in read[0].held_out] == [stories[0][:4], stories[50][:4], "User", "User"]
    assert all(corpus == read[0] for corpus in read)
    heard = [d for text in read[0].texts if isinstance(text, RawText) for d in text.documents]
    assert not set(read[0].held_out) & set(heard)


def test_given_text_validates_alone(tmp_path: Path) -> None:
    """No conversation is held out besides."""
    files, talks, valid = [tiny.corpus(tmp_path)], tiny.conversations(tmp_path), tmp_path / "v.txt"
    valid.write_text("Hi.")

    corpus = Lesson("words", (talks,)).read(files, valid)

    assert corpus.held_out == ["Hi."]
    assert [len(text.documents) for text in corpus.texts] == [60, 60]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("words", ["stories.txt"]),
        ("stories", ["stories.txt"]),
        ("conversations", ["talks.txt"]),
        ("blended", ["stories.txt", "talks.txt"]),
    ],
)
def test_provenance_names_what_was_heard(name: str, expected: list[str]) -> None:
    """Not what only validated, or gave words to the vocabulary."""
    lesson = Lesson(name, (Path("a/talks.txt"),))

    assert lesson.heard([Path("b/stories.txt")]) == expected


def test_toy_corpus_is_named() -> None:
    """It has no file."""
    assert Lesson("blended", (Path("talks.txt"),)).heard([]) == ["toy corpus", "talks.txt"]


def test_lesson_survives_its_file(tmp_path: Path) -> None:
    """JSON and back; older files know of none."""
    lesson = Lesson("blended", (tmp_path / "talks.txt",))

    assert Lesson.from_json(lesson.to_json()) == lesson
    assert Lesson.from_json({"files": []}) == Lesson()
    with pytest.raises(ValueError, match="lesson 'latin'"):
        Lesson.from_json({"lesson": "latin"})


def test_resumed_run_hears_its_lesson(tmp_path: Path) -> None:
    """The digest of its text is that of the pieces."""
    files, lesson = [tiny.corpus(tmp_path)], Lesson("words", (tiny.conversations(tmp_path),))
    options = tiny.TRAINING | {"steps": 1, "window": 8}
    session = prepare(files, None, "tiny", options, "cpu", tmp_path / "run", lesson=lesson)
    session.trainer.train(lambda _: None)

    again = resumed(session.folder, {"steps": 2}, "cpu")

    windows, run = session.trainer._windows, load_run_folder(session.folder)
    assert again.trainer._windows.digest == windows.digest == run.config["data"]["sha256"]
    assert again.trainer._validation == session.trainer._validation
    assert run.config["data"]["streams"] == windows.batch
    assert run.provenance()["lesson"] == "words"
