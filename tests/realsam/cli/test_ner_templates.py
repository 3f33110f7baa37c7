"""`realsam ner templates`: prose to templates that `realsam ner synth` fills."""

import gzip
import json
import os
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from realsam.cli import harvest
from realsam.ner.corpus import read_sentences
from tests.realsam.cli.conftest import call, error, everything

needs_faker = pytest.mark.skipif(find_spec("faker") is None, reason="the extra `data`")
NAMES = ("Anna", "Adam", "Mary", "Laura")


def story(seed: int) -> str:
    """A few sentences."""
    rng = random.Random(seed)
    lines = (
        "So {0} saw {1} and {2} in {3} {4} streets.",
        "The dog ran to {0} then.",
        "They ran and {0} ran to Boston in {3}.",
        "Then Xylo saw {0}.",
        "They ran to {3} dogs.",
        "It is {4}, so the dogs and they ran, then it is not.",
    )
    names, number, word = rng.sample(NAMES, 3), rng.randint(10, 99), rng.choice(("big", "old"))
    return " ".join(line.format(*names, number, word) for line in lines)


@pytest.fixture
def prose(tmp_path: Path) -> Path:
    """A packed text of stories, set apart."""
    path = tmp_path / "prose.txt.gz"
    text = "\n<|endoftext|>\n".join(story(seed) for seed in range(40))
    with gzip.open(path, "wt") as file:
        file.write(text)
    return path


@needs_faker
def test_what_is_written_can_be_filled(prose: Path, tmp_path: Path) -> None:
    """Each line once; the note tells how many of how many, and of which kinds."""
    out, invented = tmp_path / "t.txt", tmp_path / "invented.json"

    result = call("ner", "templates", prose, "--out", out)

    assert result.exit_code == 0, result.output
    lines = out.read_text().splitlines()
    assert "The dog ran to {PERSON} then." in lines
    assert len(lines) == len({line.casefold() for line in lines})
    assert not any(name in line for line in lines for name in (*NAMES, "Boston", "Xylo"))
    gpe = sum("{GPE}" in line for line in lines)
    none = sum("{" not in line for line in lines)
    assert gpe > 10 < none
    told = f"wrote {len(lines)} templates of 240 sentences to {out}: 0 ORGANIZATION, 0 TITLE, 0 AGE"
    told += f", 0 DATE_TIME, 0 NRP, {gpe} GPE, {len(lines) - gpe - none} PERSON, {none} none"
    assert told in result.stderr
    made = call("ner", "synth", out, "--copies", "1", "--out", invented)
    assert made.exit_code == 0, made.output
    assert len(read_sentences(invented)) == len(lines)


@needs_faker
def test_a_seed_gives_the_same_file(prose: Path, tmp_path: Path) -> None:
    """Another seed another one, of as many lines as were asked for."""
    found = []
    for i, seed in enumerate((3, 3, 4)):
        words = ("--most", "20", "--seed", seed)
        assert call("ner", "templates", prose, "--out", tmp_path / f"{i}", *words).exit_code == 0
        found.append((tmp_path / f"{i}").read_bytes())

    assert found[0] == found[1] != found[2]
    assert [one.count(b"\n") for one in found] == [20, 20, 20]


@needs_faker
def test_conversations_are_read_without_their_speakers(tmp_path: Path) -> None:
    """As `realsam data prepare` reads them; several files are one text."""
    (tmp_path / "a").mkdir()
    for i in range(20):
        rows = [{"prompt": f"Who ran, {story(i)}", "response": f"It is {i + 10} dogs. {story(i)}"}]
        (tmp_path / "a" / f"{i}.jsonl").write_text(json.dumps(rows[0]))

    assert call("ner", "templates", tmp_path / "a", "--out", tmp_path / "t").exit_code == 0

    lines = (tmp_path / "t").read_text().splitlines()
    assert "The dog ran to {PERSON} then." in lines
    assert not any("User" in line or "Sam:" in line for line in lines)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok \xff", "nothing in it can be used (1 not UTF-8); docs/data.md says what each kind"),
        (b"", "nothing in it can be used (it is empty); docs/data.md"),
        (b"Too short.", "no template in its 0 sentences; give more prose: which words"),
        (b"They met Xylo here.", "no template in its 1 sentences; give more prose"),
        (None, "not readable (No such file or directory); give a text file"),
    ],
)
@needs_faker
def test_texts_of_no_use_are_one_line(tmp_path: Path, data: bytes | None, message: str) -> None:
    """And leave the old file."""
    path, out = tmp_path / "bad.txt", tmp_path / "old.txt"
    out.write_text("keep")
    if data is not None:
        path.write_bytes(data)
    before = everything(tmp_path)

    assert error(call("ner", "templates", path, "--out", out)).startswith(f"{path}: {message}")
    assert before == everything(tmp_path)


def test_a_text_is_not_written_over(prose: Path) -> None:
    """Nor is a folder taken for a file."""
    line = error(call("ner", "templates", prose, "--out", prose))
    assert line == f"{prose}: is what the run reads; give another --out"

    line = error(call("ner", "templates", prose, "--out", prose.parent))
    assert line == f"{prose.parent}: is a folder; name a file with --out"


def test_without_faker_it_says_what_to_install(
    prose: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, before it reads."""
    monkeypatch.setattr(harvest, "find_spec", lambda _: None)

    line = error(call("ner", "templates", prose, "--out", tmp_path / "t"))

    assert line.startswith("known names need Faker; install the extra `data`: pip install")


@needs_faker
def test_documents_that_are_left_out_are_told(prose: Path, tmp_path: Path) -> None:
    """By reason, as `realsam data prepare` does."""
    bad = tmp_path / "bad.txt"
    bad.write_bytes(gzip.decompress(prose.read_bytes()) + b"\n<|endoftext|>\n\xff\xfe bear\n")

    result = call("ner", "templates", bad, "--out", tmp_path / "t.txt")

    assert result.exit_code == 0, result.output
    assert "left out documents: 1 not UTF-8\n" in result.stderr


@needs_faker
def test_a_source_in_a_folder_of_the_folder_is_not_replaced(prose: Path, tmp_path: Path) -> None:
    """However deep it lies."""
    deep = tmp_path / "texts" / "one" / "two" / "a.txt"
    deep.parent.mkdir(parents=True)
    deep.write_bytes(gzip.decompress(prose.read_bytes()))
    before = deep.read_bytes()

    line = error(call("ner", "templates", tmp_path / "texts", "--out", deep))

    assert line == f"{deep}: is what the run reads; give another --out"
    assert deep.read_bytes() == before


@needs_faker
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """It can be read once."""
    os.mkfifo(tmp_path / "a.txt")

    line = error(call("ner", "templates", tmp_path / "a.txt", "--out", tmp_path / "t.txt"))

    assert line.startswith(f"{tmp_path / 'a.txt'}: is no regular file; ")


@needs_faker
def test_validation_text_alone_gives_no_templates(tmp_path: Path) -> None:
    """That of a download is kept for validation."""
    (tmp_path / "download.json").write_text('{"licence": "MIT"}')
    (tmp_path / "validation.jsonl").write_text('{"text": "Anna ran."}\n')

    line = error(call("ner", "templates", tmp_path, "--out", tmp_path / "t.txt"))

    assert "validation.jsonl: is the validation text of a download; name its other" in line
