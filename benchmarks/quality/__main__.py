"""The command; see the package."""

import gc
import json
import platform
from dataclasses import asdict
from math import gcd
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks import record
from benchmarks.quality.baselines import BASELINES
from benchmarks.quality.rows import header, table
from benchmarks.quality.scoring import Text, evaluate
from benchmarks.quality.training import train
from realsam.console import Command, format_option
from realsam.documents import read_documents
from realsam.errors import TrainingError
from realsam.nn.config import ModelConfig
from realsam.train.config import PRESETS, TrainConfig
from realsam.train.data import Windows
from realsam.train.device import pick_device
from realsam.train.runs import TOKENIZER
from realsam.vocab import Vocabulary, load_vocabulary

BASE = PRESETS["base"]
SCORE = ("nats_per_token", "perplexity", "bits_per_byte", "firing_rate")
FILE = click.Path(path_type=Path)
WHOLE = click.IntRange(1)


def names(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    """Read names of baselines between commas."""
    wanted = value.split(",")
    if set(wanted) - set(BASELINES):
        raise click.BadParameter(f"{value!r}: choose from {', '.join(BASELINES)}")
    return [name for name in BASELINES if name in wanted]


def about(
    model: ModelConfig, config: TrainConfig, windows: Windows, texts: list[Text], place: str
) -> dict[str, Any]:
    """What a published number must name."""
    return record.about("python -m benchmarks.quality") | {
        "device": place,
        "torch": torch.__version__,
        "model": model.to_json(),
        "train": asdict(config),
        "train_tokens": windows.n_tokens,
        "train_sha256": windows.digest,
        "texts": [
            {
                "name": t.name,
                "documents": len(t.documents),
                "tokens": t.n_tokens,
                "bytes": t.n_bytes,
            }
            for t in texts
        ],
    }


def row(
    name: str,
    model_config: ModelConfig,
    config: TrainConfig,
    windows: Windows,
    texts: list[Text],
    vocabulary: Vocabulary,
    device: torch.device,
) -> dict[str, Any]:
    """Train and score one baseline; one that fails says why and lets the others go on."""
    torch.manual_seed(config.seed)
    model = BASELINES[name](model_config)

    def report(step: int, nats: float, speed: float) -> None:
        done = f"{name}: step {step}/{config.steps}"
        click.echo(f"{done}, loss {nats:.4f}, {speed:,.0f} tokens/s", err=True)

    try:
        training = train(model, config, windows, vocabulary.end_of_text, device, report)
    except (TrainingError, torch.OutOfMemoryError) as error:
        return {"name": name, "error": " ".join(str(error).split())}
    scores = {}
    for text in texts:
        found = evaluate(model, text, vocabulary).to_json()
        scores[text.name] = {key: found[key] for key in SCORE}
        if not model.neurons:
            scores[text.name]["firing_rate"] = None
        click.echo(f"{name}: {text.name} {found['nats_per_token']:.4f} nats per token", err=True)
    return {
        "name": name,
        "n_parameters": model.n_parameters,
        "steps": config.steps,
        "batch": windows.batch,
        "window": config.window,
        "seed": config.seed,
        **asdict(training),
        "scores": scores,
    }


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--valid", multiple=True, type=FILE, help="Text to score; may be given again.")
@click.option("--test", multiple=True, type=FILE, help="Another one, treated alike.")
@click.option("--tokenizer", type=FILE, required=True, help="A tokenizer.json, or its folder.")
@click.option("--only", callback=names, default=",".join(BASELINES), show_default=True)
@click.option("--steps", type=WHOLE, default=BASE.train.steps, show_default=True)
@click.option("--batch", type=WHOLE, default=BASE.train.batch, show_default=True)
@click.option("--window", type=WHOLE, default=BASE.train.window, show_default=True)
@click.option("--warmup", type=WHOLE, default=BASE.train.warmup, show_default=True)
@click.option("--lr", type=float, default=BASE.train.lr, show_default=True, help="Of Adam.")
@click.option("--matrix-lr", type=float, default=BASE.train.matrix_lr, show_default=True)
@click.option("--weight-decay", type=float, default=BASE.train.weight_decay, show_default=True)
@click.option("--target-firing", type=float, default=BASE.train.target_firing, show_default=True)
@click.option("--dropout", type=float, default=BASE.model.dropout, show_default=True)
@click.option("--layers", type=WHOLE, default=BASE.model.layers, show_default=True)
@click.option("--width", type=WHOLE, default=BASE.model.width, show_default=True)
@click.option("--code-bits", type=WHOLE, default=BASE.model.code_bits, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cuda", "cpu"]), default="auto")
@format_option
@click.option("--out", type=FILE, help="Also write the result as JSON, row by row.")
def main(
    files: tuple[Path, ...],
    valid: tuple[Path, ...],
    test: tuple[Path, ...],
    tokenizer: Path,
    only: list[str],
    dropout: float,
    layers: int,
    width: int,
    code_bits: int,
    device: str,
    style: str,
    out: Path | None,
    **training: Any,
) -> None:
    """Train float baselines on text FILES and score them by the protocol of `realsam eval`."""
    place = pick_device(device)
    vocabulary = load_vocabulary(tokenizer / TOKENIZER if tokenizer.is_dir() else tokenizer)
    texts = [Text.read(path, vocabulary) for path in valid + test]
    if len({text.name for text in texts}) < len(texts):
        raise click.UsageError("two texts to score have the same name")
    model = ModelConfig.of(
        layers=layers,
        width=width,
        vocab_size=vocabulary.size,
        code_bits=code_bits,
        recurrent_block=gcd(width, BASE.model.recurrent_block or 0),
        dropout=dropout,
    )
    config = TrainConfig(preset="", **training)
    documents = vocabulary.encode_all([d for path in files for d in read_documents(path)])
    windows = Windows(documents, vocabulary.end_of_text, config.batch, config.window, config.seed)
    result = about(model, config, windows, texts, called(place)) | {"rows": []}
    for name in only:
        entry = row(name, model, config, windows, texts, vocabulary, place)
        result["rows"].append(entry)
        if out:
            record.write(out, result)
        gc.collect()
        if place.type == "cuda":
            torch.cuda.empty_cache()
    click.echo(
        json.dumps(result) if style == "json" else f"{header(result)}\n{table(result['rows'])}"
    )


def called(device: torch.device) -> str:
    """What a device is, for people."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
