"""The command; see the package."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks import record
from benchmarks.ner import bilstm
from realsam.console import Command, format_option
from realsam.lower import lower
from realsam.ner.corpus import Sentence, Span, read_sentences
from realsam.ner.f1 import compare
from realsam.ner.tagger import Tagger
from realsam.ner.templates import divide, without
from realsam.nn.config import ModelConfig
from realsam.report import render_table
from realsam.train.config import TrainConfig
from realsam.train.device import pick_device
from realsam.train.origin import Origin, load_origin
from realsam.train.tagging import (
    DELAY,
    STRENGTH,
    TAGGER,
    TaggerData,
    configured,
    train_tagger,
)
from sim.simulator import fast_host, run

FILE = click.Path(path_type=Path)
Row = dict[str, Any]


def numbers(_: click.Context, __: click.Parameter, value: str) -> list[int]:
    """Read whole numbers between commas."""
    return [int(number) for number in value.split(",")]


def scored(
    name: str,
    n_parameters: int,
    train_s: float,
    find: Callable[[str], Sequence[Span]],
    sentences: Sequence[Sentence],
) -> Row:
    """One row of the table."""
    found = [find(sentence.text) for sentence in sentences]
    total, each = compare([sentence.spans for sentence in sentences], found)
    kinds = {kind: counts.to_json() for kind, counts in each.items()}
    return {"name": name, "n_parameters": n_parameters, "train_s": train_s} | {
        **total.to_json(),
        "kinds": kinds,
    }


def rows(
    training: Sequence[Sentence],
    also: Sequence[Sequence[Sentence]],
    test: Sequence[Sentence],
    sizes: ModelConfig,
    config: TrainConfig,
    delay: int,
    strength: float,
    device: torch.device,
    body: Origin | None = None,
    baseline: bool = True,
) -> list[Row]:
    """Train and score both taggers with one seed; only the spiking one begins with the body."""
    known = body.vocabulary if body else None
    data = TaggerData.of(training, sizes.vocab_size, config.seed, delay, strength, known, also)
    begin = time.perf_counter()
    spiking = train_tagger(data, sizes, config, device, lambda _: None, body and body.model)
    train_s = time.perf_counter() - begin
    network, host = lower(spiking, data.vocabulary.end_of_text, data.tags, delay)
    ours = Tagger(fast_host(host), data.vocabulary, partial(run, network))
    n_parameters = bilstm.parameters(spiking)
    first = scored("spiking", n_parameters, train_s, ours.spans, test)
    if not baseline:
        return [first]
    torch.manual_seed(config.seed)
    whole = TaggerData.of(training, sizes.vocab_size, config.seed, 0, strength, known, also)
    other = bilstm.built(spiking.config, len(whole.tags), n_parameters)
    begin = time.perf_counter()
    bilstm.train(other, whole, config, device)
    train_s = time.perf_counter() - begin
    find = bilstm.tagger(other, whole)
    return [first, scored("bilstm", bilstm.parameters(other), train_s, find, test)]


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--test", type=FILE, help="Sentences to score.")
@click.option("--fold", "folds", callback=numbers, default="0", show_default=True)
@click.option("--seeds", callback=numbers, default="0", show_default=True)
@click.option("--delay", type=click.IntRange(0, 16), default=DELAY, show_default=True)
@click.option(
    "--augment", "strength", type=click.FloatRange(0, 1), default=STRENGTH, show_default=True
)
@click.option("--also", multiple=True, type=FILE, help="Sentences that only train.")
@click.option(
    "--from", "origin", type=FILE, help="Run or bundle whose body the spiking tagger begins with."
)
@click.option("--batch", type=click.IntRange(1))
@click.option("--layers", type=click.IntRange(1))
@click.option("--width", type=click.IntRange(1))
@click.option("--vocab-size", type=click.IntRange(1))
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True))
@click.option("--lr", type=float)
@click.option("--matrix-lr", type=float)
@click.option("--baseline/--no-baseline", default=True, help="Train the BiLSTM, too.")
@click.option("--steps", type=click.IntRange(1), default=TAGGER.train.steps, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cuda", "cpu"]), default="auto")
@format_option
@click.option("--out", type=FILE, help="Also write the result as JSON, row by row.")
def main(
    files: tuple[Path, ...],
    test: Path | None,
    folds: list[int],
    seeds: list[int],
    delay: int,
    strength: float,
    also: tuple[Path, ...],
    origin: Path | None,
    baseline: bool,
    device: str,
    style: str,
    out: Path | None,
    **changes: Any,
) -> None:
    """Train and score both taggers: on other templates (--fold), or on the file of --test."""
    place = pick_device(device)
    sentences = [sentence for file in files for sentence in read_sentences(file)]
    others = [read_sentences(file) for file in also]
    body = load_origin(origin) if origin else None
    given = {name: value for name, value in changes.items() if value is not None}
    result = record.about("python -m benchmarks.ner") | {
        "device": str(place),
        "torch": torch.__version__,
        "data": [file.name for file in files],
        "also": [file.name for file in also],
        "from": body and body.provenance,
        "delay": delay,
        "augment": strength,
        **given,
        "rows": [],
    }
    for fold in [None] if test else folds:
        parts = divide(sentences, fold) if fold is not None else (sentences, read_sentences(test))
        training, held_out = parts
        helping = [without(corpus, held_out) for corpus in others]
        for seed in seeds:
            sizes, config = configured(given | {"seed": seed}, body)
            for row in rows(
                training, helping, held_out, sizes, config, delay, strength, place, body, baseline
            ):
                result["rows"].append({"fold": fold, "seed": seed, **row})
            if out:
                record.write(out, result)
    if style == "json":
        click.echo(json.dumps(result))
        return
    titles = ("fold", "seed", "tagger", "parameters", "seconds", "precision", "recall", "F1")
    table = [
        (
            "-" if r["fold"] is None else str(r["fold"]),
            str(r["seed"]),
            r["name"],
            f"{r['n_parameters']:,}",
            f"{r['train_s']:.0f}",
            *(f"{r[name]:.4f}" for name in ("precision", "recall", "f1")),
        )
        for r in result["rows"]
    ]
    click.echo("\n".join(render_table(titles, table)))


if __name__ == "__main__":
    main()
