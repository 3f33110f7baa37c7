"""Conventions of every command: errors, exit codes, progress, output.

Results go to stdout, everything else to stderr. Exit codes: 0, 1 for bad input, 2 for wrong usage,
130 for an interruption.
"""

import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from realsam.errors import RealSamError

STDERR = Console(stderr=True, highlight=False)
Decorator = Callable[[Callable[..., None]], Callable[..., None]]
INTERRUPTED = 130  # exit code: 128 and the number of SIGINT

format_option = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, or one JSON object on stdout.",
)
# What the ending of a file says of the report in it; see `realsam.report.styles`.
REPORT_STYLES = {".txt": "text", ".json": "json", ".html": "html", ".csv": "csv"}
strict_option = click.option(
    "--strict", is_flag=True, help="An overflowing current is an error, not a wrap."
)
SAMPLING = (  # of `realsam.ir.Sampler`, by the names of its fields
    click.option("--temperature", type=float, default=0.7, show_default=True, help="0: likeliest."),
    click.option("--top-k", type=int, default=40, show_default=True, help="0: all tokens."),
    click.option(
        "--top-p",
        type=float,
        default=1.0,
        show_default=True,
        help="Only the likeliest tokens that have this share.",
    ),
    click.option(
        "--repetition-penalty",
        type=float,
        default=1.0,
        show_default=True,
        help="Divides the odds of the latest 64 tokens.",
    ),
    click.option("--seed", type=int, default=0, show_default=True),
)


def with_options(options: Sequence[Decorator]) -> Decorator:
    """Give a command several options, in this order in its help."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class _Interruption(click.ClickException):
    """One line after Ctrl-C."""

    exit_code = INTERRUPTED


class _OneLineErrors(click.Command):
    """Turns errors that users can cause into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _terminated():
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _Interruption(
                f"{ctx.info_name} was interrupted; nothing half-written is left, run it again"
            ) from error
        except RealSamError as error:
            # A command may say better than we what an interruption leaves.
            interrupted = isinstance(error.__context__, KeyboardInterrupt)
            kind = _Interruption if interrupted else click.ClickException
            raise kind(" ".join(str(error).split())) from error
        except BrokenPipeError:
            raise  # click ends quietly when the reader of stdout has gone
        except (OSError, MemoryError) as error:
            raise click.ClickException(
                " ".join(str(error).split()) or type(error).__name__
            ) from error


@contextmanager
def _terminated() -> Iterator[None]:
    """Let a polite request to end clean up as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Command(_OneLineErrors):
    """A command with one-line errors."""


class Group(_OneLineErrors, click.Group):
    """A group whose commands have one-line errors."""


def emit_json(values: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    click.echo(json.dumps(values, allow_nan=False))


def note(text: str) -> None:
    """Say something that is not the result: on stderr."""
    STDERR.print(text, markup=False, soft_wrap=True)


@contextmanager
def progress(label: str, total: int, fields: str = "") -> Iterator[tuple[Progress, Any]]:
    """A progress bar on stderr; `fields` is a template over the task's fields."""
    with _bars() as bar:
        yield bar, bar.add_task(label, total=total, text=fields)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Bars on stderr for work whose parts are not known before: give label, done and total."""
    with ExitStack() as stack:
        bars: list[Progress] = []  # none before there is something to show
        tasks: dict[str, TaskID] = {}

        def show(label: str, done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(_bars()))
            if label not in tasks:
                tasks[label] = bars[0].add_task(label, total=total, text="")
            bars[0].update(tasks[label], completed=done, total=total)

        yield show


def _bars() -> Progress:
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[text]}"),
        TimeRemainingColumn(),
    ]
    return Progress(*columns, console=STDERR, transient=True)
