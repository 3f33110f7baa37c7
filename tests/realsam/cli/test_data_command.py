"""`realsam data`: what the commands print, and how they refuse."""

import json
from pathlib import Path

import pytest

from realsam.cli.data_command import download
from realsam.data.download import SETS
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed

JSON = ("--format", "json")


def test_prepare_tells_what_it_kept(tmp_path: Path) -> None:
    """Both sides, the vocabulary, and each source with what was left out."""
    path = tmp_path / "a.jsonl"
    rows = [{"prompt": f"Say {i}.", "response": "x"} for i in range(60)]
    path.write_text("\n".join(json.dumps(row) for row in [*rows, rows[0], {}]))

    result = call("data", "prepare", path, "--out", tmp_path / "text", "--licence", "CC0")

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["train", "58", "documents"]
    assert lines[1].split()[:3] == ["valid", "2", "documents"]
    assert lines[2].startswith("vocabulary of ")
    assert lines[3] == "a.jsonl (CC0): 60 kept; left out: 1 duplicate, 1 fields of no schema"
    assert "MB/s" in result.stderr


def test_info_tells_the_same(tmp_path: Path) -> None:
    """As text and as JSON."""
    words = (tiny.corpus(tmp_path), "--out", tmp_path / "text", "--vocab-size", 300)
    told = call("data", "prepare", *words).stdout

    assert call("data", "info", tmp_path / "text").stdout == told
    values = parsed(call("data", "info", tmp_path / "text", *JSON))
    assert values == parsed(call("data", "prepare", *words, *JSON))
    assert values["parts"]["train"]["documents"] == 58
    assert values["vocabulary"]["size"] == 300


def test_labels_are_named(tmp_path: Path) -> None:
    """In the order in which they came."""
    (tmp_path / "a.conll").write_text("Ann\tB-person\n\nParis\tB-place\n\nx\tO\n")

    words = ("--out", tmp_path / "text", "--valid-share", 0)
    result = call("data", "prepare", tmp_path / "a.conll", *words)

    assert "labels of person, place" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["{}/absent.txt"],
            "absent.txt: not readable (No such file or directory); give a text file",
        ),
        (["{}/stories.txt", "--vocab-size", "3"], "vocabulary size 3 is below 257"),
        (
            ["{}/stories.txt", "--valid", "{}"],
            "stories.txt: nothing in it can be used (60 duplicate)",
        ),
        (["{}/stories.txt", "--tokenizer", "{}"], "tokenizer.json: not readable"),
        (
            ["{}/stories.txt", "--tokenizer", "{}", "--vocab-size", "300"],
            "--tokenizer brings its own size; leave --vocab-size out",
        ),
    ],
    ids=str,
)
def test_prepare_refuses_in_one_line(tmp_path: Path, words: list[str], line: str) -> None:
    """And writes nothing."""
    tiny.corpus(tmp_path)
    before = everything(tmp_path)

    found = error(
        call("data", "prepare", *(w.format(tmp_path) for w in words), "--out", tmp_path / "text")
    )

    assert line in found
    assert everything(tmp_path) == before


def test_place_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """Below a file."""
    path = tiny.corpus(tmp_path)

    line = error(call("data", "prepare", path, "--out", path / "text", "--vocab-size", 300))

    assert line.startswith(f"{path / 'text'}: cannot be written (")


def test_info_of_something_else_is_one_line(tmp_path: Path) -> None:
    """With what is missing."""
    line = error(call("data", "info", tmp_path))

    assert line.startswith(f"{tmp_path / 'manifest.json'}: missing or damaged (")


def test_sets_of_the_command_are_those_there_are() -> None:
    """The command names them without loading what fetches them."""
    (name,) = [p for p in download.params if p.name == "name"]

    assert list(name.type.choices) == list(SETS)  # type: ignore[attr-defined]


def test_download_shows_the_licence(tmp_path: Path) -> None:
    """From a copy of the files; the same command again fetches nothing."""
    pytest.importorskip("datasets", reason="the extra `data` is not installed")
    copy = tmp_path / "copy"
    copy.mkdir()
    row = {"instruction": "Say hi.", "input": "", "output": "Hi."}
    (copy / "train.jsonl").write_text(json.dumps(row) + "\n")
    words = ("data", "download", "alpaca", "--out", tmp_path / "alpaca")

    results = [call(*words, "--from", copy, *JSON), call(*words, *JSON)]

    assert parsed(results[0]) == parsed(results[1])
    assert parsed(results[0])["files"]["train.jsonl"]["rows"] == 1
    assert "tatsu-lab/alpaca is under CC-BY-NC-4.0; see https" in results[0].stderr
