"""`realsam teach`: text to a float teacher."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realsam.cli.backends import require_torch
from realsam.console import Command, emit_json, format_option, note, progress
from realsam.errors import DataError

if TYPE_CHECKING:
    from realsam.train.teacher.training import Epoch


@click.command(cls=Command, epilog="Example: realsam teach stories.txt --out runs/teacher")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--valid", type=click.Path(path_type=Path), help="Held-out text.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Teacher folder.")
@click.option(
    "--preset",
    type=click.Choice(["tiny", "base"]),
    default="tiny",
    show_default=True,
    help="Size of the teacher and its training.",
)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    help="Take over the vocabulary of a run, a bundle, a teacher, or a tokenizer.json.",
)
@click.option("--vocab-size", type=int, help="Tokens of the vocabulary.")
@click.option(
    "--members", type=click.IntRange(1), default=1, show_default=True, help="Of the ensemble."
)
@click.option("--epochs", type=int, help="Passes over the text.")
@click.option("--batch", type=int, help="Rows of text per step.")
@click.option("--width", type=int, help="Channels.")
@click.option("--layers", type=int)
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True))
@click.option("--lr", type=float, help="Learning rate.")
@click.option("--weight-decay", type=float)
@click.option("--seconds", type=float, help="Time of each member; its schedule ends with it.")
@click.option("--seed", type=int, help="Of the first member; the others follow.")
@click.option(
    "--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto", show_default=True
)
@format_option
def command(
    files: tuple[Path, ...],
    valid: Path | None,
    out: Path,
    preset: str,
    tokenizer: Path | None,
    members: int,
    device: str,
    style: str,
    **changes: Any,
) -> None:
    """Train transformers on text FILES, for `realsam train --teacher` to learn from.

    FILES, what is held out of them, and the vocabulary are those of `realsam train`. Nats per
    token are of every held-out token, each story from a cold start. Ctrl-C keeps the best copies
    so far.
    """
    require_torch()
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise DataError("realsam teach runs in one process", "start it without torchrun")
    from realsam.train.teacher.teaching import prepare_teacher

    given = {name: value for name, value in changes.items() if value is not None}
    teaching = prepare_teacher(files, valid, preset, given, tokenizer, device, out, members)
    note(teaching.story)
    total = members * teaching.training.training.epochs
    with progress("teaching", total) as (bar, task):

        def show(epoch: "Epoch") -> None:
            note(f"member {epoch.seed - teaching.training.training.seed + 1}, {epoch}")

        score = teaching.train(show, lambda share: bar.update(task, completed=int(share * total)))
    if style == "json":
        emit_json({"teacher": str(out), **score})
        return
    alone = ", ".join(f"{nats:.4f}" for nats in score["member_nats_per_token"])
    click.echo(
        f"teacher {out}: held-out {score['nats_per_token']:.4f} nats per token, perplexity "
        f"{score['perplexity']:.2f}" + (f"; members alone {alone}" if members > 1 else "")
    )
