"""`realsam ner`: a tagger from marked sentences to redacted text, exact on every backend."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from export.bundle import load_bundle
from realsam.cli.main import main as realsam
from realsam.lower import lower
from realsam.ner.corpus import Sentence, Span, read_sentences
from realsam.ner.stream import LONGEST
from realsam.ner.templates import divide, template
from realsam.train import tagging
from realsam.train.runs import load_run_folder
from tests.realsam.cli.conftest import call, error, everything, parsed
from tests.realsam.ner import synthetic

SMALL = [
    *("--width", "64", "--vocab-size", "300", "--batch", "8", "--steps", "150", "--device", "cpu"),
]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JSON file of synthetic sentences."""
    return synthetic.written(tmp_path_factory.mktemp("ner") / "synthetic.json")


@pytest.fixture(scope="module")
def tagger(sentences: Path) -> Path:
    """A bundle that learned all of them, proven by all backends."""
    out = sentences.parent / "tagger"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tagging, "COPIES", 4)
        values = parsed(call("ner", "train", sentences, "--out", out, *SMALL, "--format", "json"))
    assert values["bundle"] == str(out)
    assert {"torch", "reference", "sim"} <= set(values["backends"])
    assert values["parity"]["n_fixed"] == 0
    return out


def test_it_finds_what_it_learned(tagger: Path, sentences: Path) -> None:
    """Most of it, after a hundred steps; the score is the same on another backend."""
    values = parsed(call("ner", "eval", sentences, "--model", tagger, "--format", "json"))

    assert values["f1"] > 0.8
    assert set(synthetic.FILLERS) == set(values["kinds"])
    again = ("ner", "eval", sentences, "--model", tagger, "--format", "json", "--backend", "torch")
    assert values == parsed(call(*again))


def test_scores_are_a_table_for_people(tagger: Path, sentences: Path) -> None:
    """A line per kind and one for all."""
    result = call("ner", "eval", sentences, "--model", tagger)

    assert result.exit_code == 0, result.output
    first = [line.split()[0] for line in result.stdout.splitlines()]
    assert [w for w in first if w[0] != "-"] == ["kind", "GPE", "PERSON", "PHONE_NUMBER", "all"]


def test_a_fold_is_held_out_and_scored(
    sentences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_backends: None
) -> None:
    """`train` scores what `eval` scores, and the templates of that fold alone."""
    monkeypatch.setattr(tagging, "COPIES", 2)
    fold, out = ("--fold", "2", "--format", "json"), tmp_path / "tagger"

    first = parsed(call("ner", "train", sentences, "--out", out, *SMALL, "--steps", "5", *fold))

    assert first == parsed(call("ner", "eval", sentences, "--model", out, *fold))
    held_out = divide(read_sentences(sentences), 2)[1]
    assert first["n_marked"] == sum(len(s.spans) for s in held_out)
    assert load_bundle(out, tagger=True).manifest["provenance"]["fold"] == 2


def test_places_count_characters(tagger: Path, tmp_path: Path) -> None:
    """In any script, over several texts, with any line ends."""
    text = "😀 My name is Žižek.\r\n\r\nMia O'Neil lives in Malmö.\n\nPlease call 李明 at 020-7946."
    path = tmp_path / "letter.txt"
    path.write_bytes(text.encode())

    values = parsed(call("ner", "tag", path, "--model", tagger, "--format", "json"))

    assert values["spans"]
    for span in values["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]
    shown = call("ner", "tag", path, "--model", tagger).stdout.splitlines()
    assert [list(span.values()) for span in values["spans"]] == [
        [int(start), int(end), kind, json.loads(value)]
        for start, end, kind, value in (line.split("\t") for line in shown)
    ]


def test_redacted_text_keeps_all_the_rest(tagger: Path, tmp_path: Path) -> None:
    """Kinds stand in the place of what was found; stdin and JSON give the same."""
    text = "My name is Bob.\r\n\n\nBob lives in Peru.\n"
    path = tmp_path / "letter.txt"
    path.write_bytes(text.encode())
    arguments = ["ner", "tag", "-", "--model", str(tagger), "--redact"]

    values = parsed(call(*arguments[:2], path, *arguments[3:], "--format", "json"))
    piped = CliRunner().invoke(realsam, arguments, input=text.encode())

    expected, moved = text, 0
    for span in values["spans"]:
        start, end = span["start"] + moved, span["end"] + moved
        expected = f"{expected[:start]}[{span['kind']}]{expected[end:]}"
        moved = len(expected) - len(text)
    assert values["spans"]
    assert expected == values["redacted"]
    assert expected.encode() == piped.stdout_bytes


def test_every_backend_finds_the_same(tagger: Path, tmp_path: Path) -> None:
    """The reference, too."""
    path = tmp_path / "letter.txt"
    path.write_text("Is Wien nice? Did you see Ann Lee and Bob in New Zealand?")

    sim, reference = (
        parsed(call("ner", "tag", path, "--model", tagger, "--format", "json", "--backend", name))
        for name in ("sim", "reference")
    )

    assert sim == reference


def test_an_enormous_line_is_tagged_in_pieces(tagger: Path, tmp_path: Path) -> None:
    """Nothing of it is lost."""
    text = "My name is Bob. " * (LONGEST // 5)
    path = tmp_path / "long.txt"
    path.write_text(text)

    values = parsed(call("ner", "tag", path, "--model", tagger, "--redact", "--format", "json"))

    assert text.count("name") == values["redacted"].count("name")


def test_the_bundle_verifies_also_beyond_its_record(tagger: Path) -> None:
    """The probe text is played again."""
    record = load_bundle(tagger, tagger=True).record

    n_tokens = record.n_tokens + 7
    names = ("--tokens", n_tokens, "--backends", "sim,reference", "--format", "json")
    values = parsed(call("verify", tagger, *names))

    assert (n_tokens, record.n_tokens) == (values["tokens"], values["recorded_tokens"])


def test_other_tags_than_the_training_modules_are_refused(tagger: Path, tmp_path: Path) -> None:
    """The manifest has those of the module."""
    broken = Path(shutil.copytree(tagger, tmp_path / "broken"))
    path = broken / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["probe"]["tags"][3] ^= 1
    path.write_text(json.dumps(manifest))

    line = error(call("verify", broken, "--backends", "sim"))

    assert line.startswith("not exact: the host gives the probe other tags than the training mod")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok \xff", "byte 3 is not UTF-8; convert it to UTF-8"),
        (b"", "no text in it; give a text with at least one word"),
        (b" \n\n ", "no text in it"),
    ],
)
def test_bad_text_is_one_line(tagger: Path, tmp_path: Path, data: bytes, message: str) -> None:
    """Its name comes first."""
    path = tmp_path / "bad.txt"
    path.write_bytes(data)

    assert error(call("ner", "tag", path, "--model", tagger)).startswith(f"{path}: {message}")


@pytest.mark.parametrize("name", ["gone.txt", "."])
def test_an_unreadable_text_is_one_line(tagger: Path, tmp_path: Path, name: str) -> None:
    """Not there, or a folder."""
    path = tmp_path / name

    line = error(call("ner", "tag", path, "--model", tagger))

    assert line.startswith(f"{path}: not readable (")
    assert line.endswith("; give a text file, or - for stdin")


def test_a_language_model_is_no_tagger(small: Path, tmp_path: Path) -> None:
    """The cure names the command that makes one."""
    line = error(call("ner", "tag", tmp_path / "a.txt", "--model", small))

    assert line == (
        f"{small}: holds a language model, no tagger; name a bundle that `realsam ner train` wrote"
    )


def test_a_tagger_is_no_language_model(tagger: Path) -> None:
    """It cannot write text."""
    line = error(call("generate", tagger, "--prompt", "Hi"))

    assert (
        line == f"{tagger}: holds a tagger, no language model; find entities with `realsam ner tag`"
    )


def test_a_place_that_is_taken_is_refused_before_training(sentences: Path, tmp_path: Path) -> None:
    """And left alone."""
    (tmp_path / "mine.txt").write_text("keep")
    before = everything(tmp_path)

    line = error(call("ner", "train", sentences, "--out", tmp_path, *SMALL))

    assert line == f"{tmp_path}: exists and is no bundle; give another --out"
    assert before == everything(tmp_path)


def test_bad_sentences_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    """Before the training."""
    path, out = tmp_path / "bad.json", tmp_path / "tagger"
    path.write_text("[{}]")

    line = error(call("ner", "train", path, "--out", out))

    assert line.startswith(f"{path}: row 0: 'full_text'; give full_text and spans with")
    assert not out.exists()


def test_spans_are_ordered_values() -> None:
    """By place, then by kind."""
    assert Span(0, 1, "B") < Span(0, 2, "A") < Span(1, 2, "A")


def test_a_fold_that_holds_out_all_leaves_nothing_to_learn(tmp_path: Path) -> None:
    """As that of a single template."""
    path, out = tmp_path / "one.json", tmp_path / "tagger"
    path.write_text(json.dumps([{"full_text": "Hi", "spans": []}]))

    line = error(call("ner", "train", path, "--fold", "0", "--out", out))

    assert line.startswith("no sentence to learn from: the fold holds out all; give more")
    assert not out.exists()


def test_invented_sentences_train_beside_others(
    sentences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_backends: None
) -> None:
    """But for those whose template the fold holds out."""
    pytest.importorskip("faker", reason="Faker is not installed: the extra `data`")
    monkeypatch.setattr(tagging, "COPIES", 1)
    heard: list[Sentence] = []
    of = tagging.TaggerData.of

    def listening(training: list[Sentence], *args: Any, **more: Any) -> tagging.TaggerData:
        *_, also = args
        heard.extend([*training, *(sentence for corpus in also for sentence in corpus)])
        return of(training, *args, **more)

    monkeypatch.setattr(tagging.TaggerData, "of", listening)
    held_out = divide(read_sentences(sentences), 2)[1]
    templates = tmp_path / "templates.txt"
    templates.write_text(template(held_out[0]).format("{JOB}", "{JOB}") + "\nA {JOB}\n")
    invented, out = tmp_path / "invented.json", tmp_path / "tagger"

    made = call("ner", "synth", templates, "--copies", "3", "--out", invented)
    assert made.stderr.endswith(f"wrote 6 sentences to {invented}\n")
    trained = call(
        *("ner", "train", sentences, "--also", invented, "--fold", "2", "--out", out),
        *(*SMALL, "--steps", "2"),
    )

    assert trained.exit_code == 0, trained.output
    assert "left out 3 sentences whose template is held out\n" in trained.stderr
    assert sum(one.text.startswith("A ") for one in heard) == 3
    assert not {template(one) for one in heard} & {template(one) for one in held_out}
    assert load_bundle(out, tagger=True).manifest["provenance"]["also"] == ["invented.json"]


def test_templates_that_cannot_be_filled_leave_the_old_file(tmp_path: Path) -> None:
    """One line, and nothing half-written."""
    pytest.importorskip("faker", reason="Faker is not installed: the extra `data`")
    (tmp_path / "bad.txt").write_text("Hello {WHO}")
    (tmp_path / "old.json").write_text("keep")
    before = everything(tmp_path)

    line = error(call("ner", "synth", tmp_path / "bad.txt", "--out", tmp_path / "old.json"))

    assert line.startswith(f"{tmp_path / 'bad.txt'}: line 1: {{WHO}} is of no kind; use PERSON")
    assert before == everything(tmp_path)


def test_sentences_get_the_kinds_of_another_corpus(tmp_path: Path) -> None:
    """Or the command says that none has these alone."""
    pytest.importorskip("faker", reason="Faker is not installed: the extra `data`")
    templates, out = tmp_path / "t.txt", tmp_path / "a.json"
    templates.write_text("Hi {PERSON}\nIn {GPE}\n")

    made = call("ner", "synth", templates, "--kind", "GPE=place", "--copies", "2", "--out", out)

    assert made.exit_code == 0, made.output
    assert [s.spans[0].kind for s in read_sentences(out)] == ["place"] * 2
    line = error(call("ner", "synth", templates, "--kind", "AGE=age", "--out", out))
    assert line == f"{templates}: no template with AGE alone; name more"
    assert len(read_sentences(out)) == 2


def test_sentences_are_written_where_training_reads_them(tmp_path: Path) -> None:
    """As JSON, which the name says."""
    line = error(call("ner", "synth", "--out", tmp_path / "a.conll"))

    assert line == f"{tmp_path / 'a.conll'}: no name for sentences; let it end in .json"
    assert not list(tmp_path.iterdir())


def test_a_tagger_begins_with_the_body_of_a_language_model(
    sentences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_backends: None
) -> None:
    """Its sizes, vocabulary and weights; at a learning rate of nearly nothing they stay."""
    monkeypatch.setattr(tagging, "COPIES", 1)
    text, run, out = tmp_path / "text.txt", tmp_path / "run", tmp_path / "tagger"
    text.write_text("\n<|endoftext|>\n".join(one.text for one in read_sentences(sentences)))
    tiny = ("--preset", "tiny", "--vocab-size", "300", "--steps", "2", "--batch", "4")
    assert call("train", text, *tiny, "--device", "cpu", "--out", run).exit_code == 0
    little = ("--steps", "1", "--lr", "1e-9", "--matrix-lr", "1e-9", "--device", "cpu")

    begun = call("ner", "train", sentences, "--from", run, "--out", out, *little)

    assert begun.exit_code == 0, begun.output
    bundle, origin = load_bundle(out, tagger=True), load_run_folder(run)
    assert bundle.vocabulary.to_json() == origin.vocabulary.to_json()
    network = lower(origin.model(), origin.vocabulary.end_of_text)[0]
    assert [p.weight.tolist() for p in network.projections] == [
        p.weight.tolist() for p in bundle.network.projections
    ]
    told = bundle.manifest["provenance"]["from"]
    assert told["train"]["preset"] == "tiny"
    line = error(
        call("ner", "train", sentences, "--from", run, "--width", "32", "--out", out, *little)
    )
    assert line == "the model of --from brings its own --width; leave it out"
