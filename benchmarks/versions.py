"""A version that Real Sam grew from, as our preset and as its float original, on the same tokens.

    python -m benchmarks.versions v4 train.txt --valid dev.txt --test head500.txt --run runs/v4

Trains the preset as `realsam train` does, lowers it, and scores the integer network; then trains
and scores the float original (`benchmarks.quality`) with the same vocabulary, windows, steps and
seed. The last step is what is scored; no text chooses among steps.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from benchmarks import record
from benchmarks.quality.__main__ import FILE, SCORE, WHOLE, about, called, row
from benchmarks.quality.originals import VERSIONS
from benchmarks.quality.rows import header, table
from benchmarks.quality.scoring import Text
from realsam.console import Command, format_option
from realsam.documents import read_documents
from realsam.evaluation import evaluate
from realsam.lower import lower
from realsam.nn.scoring import score as torch_score
from realsam.train.corpus import read_text
from realsam.train.data import Windows
from realsam.train.device import pick_device
from realsam.train.loop import Progress
from realsam.train.runs import TOKENIZER
from realsam.train.session import Session, prepare
from realsam.vocab import Vocabulary, load_vocabulary
from sim.scoring import score as sim_score


def trained(name: str, session: Session, vocabulary: Vocabulary, texts: Sequence[Path]) -> Any:
    """Train a preset and score its integer network: a row as those of `benchmarks.quality`."""
    trainer, said = session.trainer, []

    def report(progress: Progress) -> None:
        said.append(progress)
        if progress.validation or progress.step % 100 == 0:
            click.echo(f"{name}: step {progress.step}/{trainer.config.steps}, {progress}", err=True)

    begin = perf_counter()
    trainer.train(report)
    train_s = perf_counter() - begin
    network, host = lower(trainer.model, vocabulary.end_of_text)
    on_gpu = next(trainer.model.parameters()).is_cuda
    score = partial(torch_score, device="cuda") if on_gpu else sim_score
    scores = {}
    for path in texts:
        found = evaluate(network, host, vocabulary, read_documents(path), score).to_json()
        scores[path.name.partition(".")[0]] = {key: found[key] for key in SCORE}
    return {
        "name": name,
        "n_parameters": sum(p.numel() for p in trainer.model.parameters()),
        "n_synapses": sum(q.weight.size for q in network.projections),
        "steps": trainer.config.steps,
        "batch": trainer.config.batch,
        "window": trainer.config.window,
        "seed": trainer.config.seed,
        "train_nats_per_token": said[-1].nats_per_token,
        "train_s": train_s,
        "tokens_per_s": said[-1].tokens_per_second,
        "scores": scores,
        "frozen": trainer.model.frozen(),
    }


@click.command(cls=Command)
@click.argument("version", type=click.Choice([*VERSIONS]))
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--valid", required=True, type=FILE, help="Text to validate on, and to score.")
@click.option("--test", multiple=True, type=FILE, help="Another text to score.")
@click.option("--run", type=FILE, required=True, help="Folder of our training run.")
@click.option("--only", type=click.Choice(["both", "ours"]), default="both", show_default=True)
@click.option("--steps", type=WHOLE, help="Instead of the preset's.")
@click.option("--batch", type=WHOLE, help="Instead of the preset's.")
@click.option("--window", type=WHOLE, help="Instead of the preset's.")
@click.option("--width", type=WHOLE, help="Instead of the preset's.")
@click.option("--vocab-size", type=WHOLE, help="Instead of the preset's.")
@click.option("--environment", type=float, help="Instead of the preset's; of ours alone.")
@click.option("--diversity", type=float, help="Instead of the preset's; of ours alone.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cuda", "cpu"]), default="auto")
@format_option
@click.option("--out", type=FILE, help="Also write the result as JSON, row by row.")
def main(
    version: str,
    files: tuple[Path, ...],
    valid: Path,
    test: tuple[Path, ...],
    run: Path,
    only: str,
    device: str,
    style: str,
    out: Path | None,
    **changes: Any,
) -> None:
    """Train VERSION as our preset and as its float original on FILES, and score both."""
    given = {name: value for name, value in changes.items() if value is not None}
    session = prepare(files, valid, version, given, device, run)
    model, config = session.trainer.model.config, session.trainer.config
    vocabulary = load_vocabulary(run / TOKENIZER)
    windows = Windows(
        read_text(files, valid).tokens(vocabulary),
        vocabulary.end_of_text,
        config.batch,
        config.window,
        config.seed,
    )
    texts = [Text.read(path, vocabulary) for path in (valid, *test)]
    place = pick_device(device)
    result = about(model, config, windows, texts, called(place)) | {
        "command": "python -m benchmarks.versions",
        "rows": [trained(version, session, vocabulary, (valid, *test))],
    }
    if out:
        record.write(out, result)
    if only == "both":
        found = row(version, model, config, windows, texts, vocabulary, place)
        result["rows"].append(found | {"name": f"{version} float"})
        if out:
            record.write(out, result)
    shown = f"{header(result)}\n{table(result['rows'])}"
    click.echo(json.dumps(result) if style == "json" else shown)


if __name__ == "__main__":
    main()
