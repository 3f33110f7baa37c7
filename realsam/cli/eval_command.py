"""`realsam eval`: score a text."""

import time
from functools import partial
from pathlib import Path

import click

from realsam.cli.backends import require_torch
from realsam.console import Command, emit_json, format_option, progress
from realsam.errors import DataError
from realsam.evaluation import Progress, Score

_STREAMS = 8  # long streams beside the cold starts


@click.command(cls=Command, epilog="Example: realsam eval --data stories.txt")
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Text to score.")
@click.option(
    "--backend",
    type=click.Choice(["sim", "torch"]),
    default="sim",
    show_default=True,
    help="The simulator on all cores, or torch on a device; both give the same spikes.",
)
@click.option(
    "--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), help="Of torch  [auto]."
)
@format_option
def command(model: Path | None, data: Path, backend: str, device: str | None, style: str) -> None:
    """Score every token of a text with MODEL, a bundle or a run (default: the shipped model).

    Each story starts cold with the end-of-text token and keeps its state to its end. The
    simulator also scores the stories laid end to end in 8 streams that are never reset. MODEL can
    be a teacher, too, which torch scores.
    """
    from realsam.cli.models import is_teacher
    from realsam.documents import read_documents

    taught = model is not None and is_teacher(model)
    if device and backend != "torch" and not taught:
        raise DataError(f"--device {device} is for torch", "add --backend torch, or leave it out")
    if backend == "torch" or taught:
        require_torch()
    documents = read_documents(data)
    with progress("scoring", len(documents)) as (bar, task):

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        if model and taught:
            values = _teacher_values(model, documents, device or "auto", show)
        else:
            values = _values(model, documents, backend, device or "auto", show)
    if style == "json":
        emit_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name:<23} {_readable(value)}")


def _values(
    model: Path | None, documents: list[str], backend: str, device: str, show: Progress
) -> dict[str, object]:
    from realsam.cli.models import network_of
    from realsam.evaluation import evaluate

    score = _scorer(backend, device)
    network, host, vocabulary = network_of(model)
    streams, begin = _STREAMS if backend == "sim" else 0, time.perf_counter()
    result = evaluate(network, host, vocabulary, documents, score, show, streams)
    played = result.n_tokens * (2 if streams else 1)
    return {**result.to_json(), "tokens_per_second": played / (time.perf_counter() - begin)}


def _teacher_values(
    model: Path, documents: list[str], device: str, show: Progress
) -> dict[str, object]:
    from realsam.train.device import pick_device
    from realsam.train.teacher.folder import load_teacher
    from realsam.train.teacher.scoring import score_teacher

    teacher, begin = load_teacher(model, pick_device(device)), time.perf_counter()
    values = score_teacher(teacher, documents, show)
    return {**values, "tokens_per_second": values["tokens"] / (time.perf_counter() - begin)}


def _scorer(backend: str, device: str) -> Score:
    if backend == "sim":
        from sim.scoring import score

        return score
    from realsam.nn.scoring import score as torch_score
    from realsam.train.device import pick_device

    return partial(torch_score, device=str(pick_device(device)))


def _readable(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(
            f"{p['name']} {p['firing_rate']:.2%}" if isinstance(p, dict) else _readable(p)
            for p in value
        )
    return f"{value:.4f}" if isinstance(value, float) else str(value)
