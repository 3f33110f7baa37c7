"""`realsam eval`: score a text."""

import time
from pathlib import Path

import click

from realsam.cli.backends import require_torch
from realsam.console import Command, emit_json, format_option, progress


@click.command(cls=Command, epilog="Example: realsam eval --data stories.txt")
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Text to score.")
@click.option(
    "--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto", show_default=True
)
@format_option
def command(model: Path | None, data: Path, device: str, style: str) -> None:
    """Score every token of a text with MODEL, a bundle or a run (default: the shipped model).

    Each story starts cold with the end-of-text token and keeps its state to its end.
    """
    require_torch()
    from realsam.cli.models import network_of
    from realsam.train.data import read_documents
    from realsam.train.evaluate import evaluate
    from realsam.train.session import pick_device

    network, host, vocabulary = network_of(model)
    documents = read_documents(data)
    put = pick_device(device)
    begin = time.perf_counter()
    with progress("scoring", len(documents)) as (bar, task):
        result = evaluate(
            network,
            host,
            vocabulary,
            documents,
            str(put),
            lambda done, _: bar.update(task, completed=done),
        )
    speed = result.n_tokens / (time.perf_counter() - begin)
    values = {**result.to_json(), "tokens_per_second": speed}
    if style == "json":
        emit_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name:<17} {_readable(value)}")


def _readable(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"{p['name']} {p['firing_rate']:.2%}" for p in value)
    return f"{value:.4f}" if isinstance(value, float) else str(value)
