"""`realsam generate`: text from a language model, on any backend."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from export.bundle import SHIPPED
from realsam.cli.backends import backend_option, require
from realsam.cli.models import network_of
from realsam.console import Command
from realsam.generation import Request, generate, request_options


@click.command(
    cls=Command,
    epilog='Example: realsam generate --prompt "Once upon a time" --backend lava-fused',
)
@click.argument("model", required=False, type=click.Path(path_type=Path))
@backend_option
@request_options
def command(model: Path | None, backend: str, **values: Any) -> None:
    """Generate text with MODEL, a bundle or a run (default: the shipped model).

    One seed gives one text, spike for spike, on every backend.
    """
    request, run = Request(**values), require(backend)
    play = partial(run, strict=request.strict)
    generate(request, network_of(model), play, model or SHIPPED, backend)
