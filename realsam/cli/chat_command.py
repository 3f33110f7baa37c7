"""`realsam chat`: a conversation whose context is the state of the network."""

import sys
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO

import click

from export.bundle import TALKS
from realsam.cli.backends import backend_option, begin, require
from realsam.cli.models import network_of
from realsam.console import SAMPLING, Command, format_option, strict_option, with_options


@click.command(cls=Command, epilog="Example: realsam chat --temperature 0.5 --tokens 60")
@click.argument("model", required=False, type=click.Path(path_type=Path))
@backend_option
@click.option(
    "--tokens",
    "n_tokens",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    help="Tokens of an answer at most.",
)
@with_options(SAMPLING)
@strict_option
@format_option
def command(
    model: Path | None, backend: str, n_tokens: int, strict: bool, style: str, **sampling: Any
) -> None:
    """Talk with MODEL, a bundle or a run (default: the shipped model that talks).

    A line is a message, or a command: /help lists them. The network is not reset between turns:
    what it carries from token to token is all the context there is.
    """
    from realsam.chat.lines import Piped, Terminal  # late: `--help` stays fast
    from realsam.chat.screen import JsonScreen, TextScreen
    from realsam.chat.session import Session, Setting
    from realsam.ir import Sampler

    require(backend)
    sampler = Sampler(**sampling)
    network, host, vocabulary = network_of(model or TALKS)
    at_rest = partial(begin, backend, network, strict)
    setting = Setting(network, host, vocabulary, backend, at_rest, n_tokens)
    screen = JsonScreen() if style == "json" else TextScreen()
    if style == "text" and _is_terminal(sys.stdin) and _is_terminal(sys.stdout):
        with Terminal() as lines:
            Session(setting, sampler, lines, screen).run()
    else:
        piped = sys.stdin.buffer if sys.stdin else BytesIO()
        Session(setting, sampler, Piped(piped), screen).run()


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()  # None: the shell closed it
