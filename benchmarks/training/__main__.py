"""The command; see the package."""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks.record import commit
from benchmarks.training.limits import Limits, bytes_per_token, measure_limits
from benchmarks.training.measure import Budget, Timing, measure
from benchmarks.training.peers import OURS, PEERS, versions
from benchmarks.training.protocol import Sizes
from benchmarks.training.rows import header, line, row, table


def numbers(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """Read positive integers between commas."""
    parts = value.split(",")
    if not all(part.isdecimal() and int(part) for part in parts):
        raise click.BadParameter(f"{value!r}: give positive integers between commas")
    return tuple(map(int, parts))


def four_sizes(context: click.Context, option: click.Parameter, value: str) -> tuple[int, ...]:
    """Read the sizes of a model."""
    found = numbers(context, option, value)
    if len(found) != 4:
        raise click.BadParameter("give layers, width, vocabulary, code bits")
    return found


model_option = click.option(
    "--model",
    callback=four_sizes,
    default="6,512,4096,256",
    show_default=True,
    help="Layers, width, vocabulary, code bits.",
)


def about(sizes: Sizes, device: torch.device, limits: Limits) -> dict[str, Any]:
    """What a published number must name."""
    cuda = device.type == "cuda"
    cores = f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
    return {
        "device": torch.cuda.get_device_name(device) if cuda else cores,
        "versions": {"torch": torch.__version__, **versions()},
        "commit": commit(),
        "model": {name: value for name, value in asdict(sizes).items() if name != "batch"},
        "limits": asdict(limits),
        "bytes_per_token": bytes_per_token(sizes),
    }


def measured(
    names: list[str], every: list[Sizes], device: torch.device, budget: Budget, limits: Limits
) -> Iterator[dict[str, Any]]:
    """A row for each size and name."""
    for sizes in every:
        ours: Timing | str | None = None
        for name in names:
            timing = measure(name, sizes, device, budget)
            ours = timing if name == OURS else ours
            yield row(name, sizes, timing, ours, limits)


@click.command()
@click.option("--device", "place", type=click.Choice(["cuda", "cpu"]), default="cuda")
@click.option("--batch", "batches", callback=numbers, default="128,2048", show_default=True)
@click.option("--window", type=click.IntRange(1), default=128, show_default=True)
@click.option("--only", help=f"Rows between commas: {', '.join(PEERS)}.")
@model_option
@click.option("--repeats", type=click.IntRange(1), default=7, show_default=True)
@click.option("--seconds", type=float, default=15.0, show_default=True, help="Per row, at most.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
def main(
    place: str,
    batches: tuple[int, ...],
    window: int,
    only: str | None,
    model: tuple[int, ...],
    repeats: int,
    seconds: float,
    style: str,
    out: Path | None,
) -> None:
    """Time whole training steps of Real Sam and of its peers."""
    names = [name for name in PEERS if name in only.split(",")] if only else list(PEERS)
    if only and set(only.split(",")) - set(names):
        raise click.BadParameter(f"{only}: choose from {', '.join(PEERS)}", param_hint="--only")
    if place == "cuda" and not torch.cuda.is_available():
        raise click.ClickException("no CUDA device: use --device cpu")
    device, sizes = torch.device(place), Sizes(*model, window=window)
    limits = measure_limits(device)
    result = {**about(sizes, device, limits), "rows": []}
    every = [replace(sizes, batch=batch) for batch in batches]
    for entry in measured(names, every, device, Budget(repeats, seconds), limits):
        result["rows"].append(entry)
        click.echo(line(entry), err=True)  # what is known stays known if a later row ends the run
        if out:
            out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    text = f"{header(result)}\n{table(result['rows'])}"
    click.echo(json.dumps(result) if style == "json" else text)


if __name__ == "__main__":
    main()
