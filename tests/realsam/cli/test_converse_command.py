"""`realsam data converse`: what the command prints, and how it refuses."""

from pathlib import Path

import pytest

from realsam.data.converse.draw import KINDS
from realsam.vocab import END_OF_TEXT
from tests import tiny
from tests.realsam.cli.conftest import call, error, everything, parsed


def test_command_tells_kinds_and_sources(tmp_path: Path) -> None:
    """One line for each; what is left out has its reason."""
    path = tiny.corpus(tmp_path)
    path.write_text(f"{path.read_text()}{END_OF_TEXT}Tom ran and\n")

    result = call("data", "converse", path, "--out", tmp_path / "a.txt")

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == list(KINDS)
    assert all(line.split()[2] == "conversations" for line in lines[:-1])
    assert lines[-1] == "stories.txt: 60 stories; left out: 1 no whole story"
    assert "MB/s" in result.stderr


def test_json_tells_the_same(tmp_path: Path) -> None:
    """As one object, with the hash of the source."""
    path = tiny.corpus(tmp_path)

    words = ("data", "converse", path, "--out", tmp_path / "a.jsonl", "--seed", 3)
    told = parsed(call(*words, "--format", "json"))

    n = sum(count["conversations"] for count in told["kinds"].values())
    assert n == len((tmp_path / "a.jsonl").read_text().splitlines())
    assert (told["file"], told["seed"]) == (str(tmp_path / "a.jsonl"), 3)
    assert told["sources"][0]["kept"] == 60
    assert len(told["sources"][0]["sha256"]) == 64


def test_shares_are_those_of_the_options(tmp_path: Path) -> None:
    """The others are drawn as always."""
    path, out = tiny.corpus(tmp_path), tmp_path / "a.txt"

    words = ("data", "converse", path, "--out", out, "--share", "smalltalk=0", "--share", "story=2")
    counts = parsed(call(*words, "--format", "json"))["kinds"]

    assert counts["smalltalk"]["conversations"] == 0
    assert counts["story"]["conversations"] > 60


def test_conversations_can_be_prepared(tmp_path: Path) -> None:
    """Every row is kept."""
    path, rows = tiny.corpus(tmp_path), tmp_path / "a.jsonl"
    counts = parsed(call("data", "converse", path, "--out", rows, "--format", "json"))["kinds"]

    words = ("data", "prepare", rows, "--out", tmp_path / "corpus", "--format", "json")
    told = parsed(call(*words))

    (source,) = told["sources"]
    assert source["rejected"] == {}
    assert source["kept"] == sum(count["conversations"] for count in counts.values())


def test_validation_of_a_download_stays_out(tmp_path: Path) -> None:
    """That is said."""
    for name, text in (("train", "Tom"), ("validation", "Ann")):
        row = f'{{"text": "{text} ran. {text} sat. {text} slept."}}\n'
        (tmp_path / f"{name}.jsonl").write_text(row)
    (tmp_path / "download.json").write_text('{"licence": "CC0"}')

    result = call("data", "converse", tmp_path, "--out", tmp_path / "a.txt", "--share", "story=9")

    assert "left out, as it validates: validation.jsonl" in result.stderr
    assert "train.jsonl: 1 stories" in result.stdout
    assert "Ann ran" not in (tmp_path / "a.txt").read_text()


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("talk=1", "'talk' is none of story, follow, speech, question, smalltalk"),
        ("story", "'story' is not KIND=SHARE, such as story=0.5"),
        ("story=x", "'story=x' is not KIND=SHARE, such as story=0.5"),
        ("story=-1", "-1 is outside 0..100"),
        ("story=101", "101 is outside 0..100"),
        ("story=nan", "nan is outside 0..100"),
    ],
)
def test_bad_share_is_wrong_usage(tmp_path: Path, share: str, message: str) -> None:
    """An unknown kind, or no number of conversations."""
    path = tiny.corpus(tmp_path)

    line = error(call("data", "converse", path, "--out", tmp_path / "a.txt", "--share", share), 2)

    assert line == f"Invalid value for '--share': {message}"


@pytest.mark.parametrize(
    ("source", "out", "line"),
    [
        ("absent.txt", "a.txt", "absent.txt: not readable (No such file or directory)"),
        ("stories.txt", "a.csv", "a.csv: no name for conversations; let it end in .txt or .jsonl"),
        ("stories.txt", "stories.txt", "stories.txt: is what the run reads; give another --out"),
        ("empty", "a.txt", "empty: holds no file that ends in .txt, .json, .jsonl, .conll"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, source: str, out: str, line: str) -> None:
    """And what was there stays as it was."""
    tiny.corpus(tmp_path)
    (tmp_path / "empty").mkdir()
    before = everything(tmp_path)

    found = error(call("data", "converse", tmp_path / source, "--out", tmp_path / out))

    assert line in found
    assert everything(tmp_path) == before
