"""`realsam ner`: train, score and use taggers that find personal data in text."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import realsam
from realsam.cli.backends import backend_option, require, require_torch
from realsam.cli.ner_sentences import synth, templates
from realsam.console import (
    Command,
    Group,
    emit_json,
    format_option,
    note,
    progress,
    stages,
)

if TYPE_CHECKING:
    from realsam.ner.corpus import Sentence
    from realsam.ner.f1 import Counts
    from realsam.ner.tagger import Tagger
    from realsam.train.loop import Progress

_COLUMNS = ("start", "end", "kind", "text")
_PATH = click.Path(path_type=Path)
_files = click.argument("files", nargs=-1, required=True, type=_PATH)
_model = click.option("--model", type=_PATH, required=True, help="Bundle of a tagger.")
_fold = click.option(
    "--fold",
    type=click.IntRange(0, 4),
    help="Which fifth of the templates `train` holds out and scores, and `eval` scores alone.",
)


@click.group(cls=Group, epilog="Example: realsam ner tag letter.txt --model tagger --redact")
def command() -> None:
    """Find personal data in text with a spiking tagger."""


for made in (synth, templates):
    command.add_command(made)


@command.command(cls=Command, epilog="Example: realsam ner train synth.json --fold 0 --out tagger")
@_files
@click.option(
    "--also",
    multiple=True,
    type=_PATH,
    help="Sentences that only train, each file about twice as often as FILES; none of a held-out "
    "template.",
)
@click.option("--out", type=_PATH, required=True, help="Bundle folder.")
@click.option(
    "--from",
    "origin",
    type=_PATH,
    help="Begin with the body of a language model: a run, a bundle, or `shipped`.",
)
@_fold
@click.option("--delay", type=click.IntRange(0, 16), help="Tokens to look ahead  [1].")
@click.option(
    "--augment", "strength", type=click.FloatRange(0, 1), help="How much of a copy changes  [1.0]."
)
@click.option("--vocab-size", type=int, help="Tokens of the vocabulary.")
@click.option("--layers", type=click.IntRange(1), help="LIF layers.")
@click.option("--width", type=click.IntRange(1), help="Neurons of a layer.")
@click.option("--steps", type=int, help="Optimizer steps.")
@click.option("--batch", type=int, help="Parallel streams of text.")
@click.option("--lr", type=float, help="Learning rate of embedding, decays and thresholds (Adam).")
@click.option("--matrix-lr", type=float, help="Learning rate of the weight matrices (Muon).")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="Of spikes.")
@click.option("--seed", type=int)
@click.option(
    "--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto", show_default=True
)
@format_option
def train(
    files: tuple[Path, ...],
    also: tuple[Path, ...],
    out: Path,
    origin: Path | None,
    fold: int | None,
    device: str,
    style: str,
    **changes: Any,
) -> None:
    """Train a tagger on marked sentences, and write it as a bundle that proves itself.

    FILES are JSON with character spans, as presidio-research writes it (.json), or words and BIO
    tags in columns, as CoNLL has them; .xz and .gz are read, too.
    """
    require_torch()
    from export.bundle import refuse_foreign
    from realsam.cli.proof import Exportable, export_model
    from realsam.train.device import pick_device
    from realsam.train.origin import load_origin
    from realsam.train.record import TAGGER_PROBE
    from realsam.train.tagging import DELAY, STRENGTH, TaggerData, configured, train_tagger

    refuse_foreign(out)
    put = pick_device(device)
    training, held_out = _divided(files, fold)
    others = _others(also, held_out)
    given = {name: value for name, value in changes.items() if value is not None}
    delay, strength = given.pop("delay", DELAY), given.pop("strength", STRENGTH)
    begun = load_origin(origin) if origin else None
    sizes, config = configured(given, begun)
    known = begun.vocabulary if begun else None
    with stages() as show_stage:
        data = TaggerData.of(
            *(training, sizes.vocab_size, config.seed, delay, strength, known, others),
            on_copies=partial(show_stage, "copying sentences"),
        )
    with progress("training", config.steps) as (bar, task):

        def show(now: "Progress") -> None:
            bar.update(task, completed=now.step, text=str(now))

        model = train_tagger(data, sizes, config, put, show, begun.model if begun else None)
    about = {
        "provenance": {
            "realsam": realsam.__version__,
            "model": model.config.to_json(),
            "train": config.to_json(),
            "data": [file.name for file in files],
            "also": [file.name for file in also],
            "fold": fold,
            "augment": strength,
            "from": begun and begun.provenance,
        }
    }
    what = Exportable(model, data.vocabulary, TAGGER_PROBE, about, data.tags, data.delay)
    _, proof = export_model(what, out, ("netx", "nir"), "portable", note)
    if held_out:
        _tell_scores(*_scored(_tagger(out, "sim"), held_out), style)
    elif style == "json":
        emit_json({"bundle": str(out), **proof})
    else:
        click.echo(f"{out}: {len(data.tags)} tags, exact on {len(proof['backends'])} backends")


@command.command(
    "eval", cls=Command, epilog="Example: realsam ner eval test.conll --model tagger --format json"
)
@_files
@_model
@_fold
@backend_option
@format_option
def evaluate(
    files: tuple[Path, ...], model: Path, fold: int | None, backend: str, style: str
) -> None:
    """Score a tagger on marked sentences: precision, recall and F1 of exact spans."""
    tagger = _tagger(model, backend)
    everything, held_out = _divided(files, fold)
    _tell_scores(*_scored(tagger, everything if fold is None else held_out), style)


@command.command(cls=Command, epilog="Example: realsam ner tag letter.txt --model tagger --redact")
@click.argument("file", type=click.Path(allow_dash=True))
@_model
@click.option("--redact", is_flag=True, help="Write the text with [KIND] for each entity.")
@backend_option
@format_option
def tag(file: str, model: Path, redact: bool, backend: str, style: str) -> None:
    """Find the entities of FILE, or of stdin (-): first and last place, kind and text of each.

    Places count characters from 0; the last is that behind the entity. Texts end with an empty
    line and are done one by one: what was written before an error is right.
    """
    from realsam.ner.stream import opened, redacted, texts

    tagger, found, clean = _tagger(model, backend), [], []
    with opened(file) as source:
        for begin, text in texts(source, file):
            spans = tagger.spans(text)
            rows = [(begin + s.start, begin + s.end, s.kind, text[s.start : s.end]) for s in spans]
            if style == "json":
                found += [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
                clean.append(redacted(text, spans))
            elif redact:
                click.echo(redacted(text, spans), nl=False)
            else:
                for *place, value in rows:
                    click.echo(
                        "\t".join(map(str, place)) + f"\t{json.dumps(value, ensure_ascii=False)}"
                    )
    if style == "json":
        emit_json({"spans": found} | ({"redacted": "".join(clean)} if redact else {}))


def _divided(
    files: tuple[Path, ...], fold: int | None
) -> tuple[list["Sentence"], list["Sentence"]]:
    """All sentences of the files, or those of other folds, and those of the fold."""
    from realsam.ner.corpus import read_sentences
    from realsam.ner.templates import divide

    sentences = [sentence for file in files for sentence in read_sentences(file)]
    return (sentences, []) if fold is None else divide(sentences, fold)


def _others(files: tuple[Path, ...], held_out: list["Sentence"]) -> list[list["Sentence"]]:
    """The sentences of each file, without those of templates that are held out."""
    from realsam.ner.corpus import read_sentences
    from realsam.ner.templates import without

    corpora = [read_sentences(file) for file in files]
    kept = [without(corpus, held_out) for corpus in corpora]
    if left := sum(map(len, corpora)) - sum(map(len, kept)):
        note(f"left out {left:,} sentences whose template is held out")
    return kept


def _tagger(model: Path, backend: str) -> "Tagger":
    """The tagger of a bundle on a backend."""
    from export.bundle import load_bundle
    from realsam.ner.tagger import Tagger
    from sim.simulator import fast_host

    run, bundle = require(backend), load_bundle(model, tagger=True)
    return Tagger(fast_host(bundle.host), bundle.vocabulary, partial(run, bundle.network))


def _scored(tagger: "Tagger", sentences: list["Sentence"]) -> tuple["Counts", dict[str, "Counts"]]:
    from realsam.ner.f1 import compare

    with progress("tagging", len(sentences)) as (bar, task):
        found = []
        for sentence in sentences:
            found.append(tagger.spans(sentence.text))
            bar.advance(task)
    return compare([sentence.spans for sentence in sentences], found)


def _tell_scores(total: "Counts", each: dict[str, "Counts"], style: str) -> None:
    if style == "json":
        kinds = {kind: counts.to_json() for kind, counts in each.items()}
        emit_json({**total.to_json(), "kinds": kinds})
        return
    from realsam.report import render_table

    rows = []
    for kind, c in {**each, "all": total}.items():
        ratios = (f"{ratio:.4f}" for ratio in (c.precision, c.recall, c.f1))
        rows.append((kind, f"{c.n_marked:,}", f"{c.n_found:,}", f"{c.n_right:,}", *ratios))
    titles = ("kind", "marked", "found", "right", "precision", "recall", "F1")
    for line in render_table(titles, rows):
        click.echo(line)
