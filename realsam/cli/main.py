"""The `realsam` command. Subcommands are imported when they are called: `--help` stays fast."""

from importlib import import_module

import click

from realsam import __version__
from realsam.console import Group

_COMMANDS = {
    "train": "Train a spiking language model.",
    "teach": "Train a float teacher that `train` can learn from.",
    "eval": "Score a text: nats per token, perplexity, firing rate.",
    "generate": "Write text with a spiking language model, on any backend.",
    "chat": "Talk with it; its state is all the context.",
    "export": "Write a run, or any network, as NIR and netx, and prove it.",
    "verify": "Compare every spike of every backend.",
    "import": "Bring a NIR or netx file of any program to the chip's registers.",
    "run": "Run any network file on input spikes.",
    "check": "Say whether a chip can hold a network.",
    "map": "Lay a network out on the cores and chips of a Loihi.",
    "profile": "Record what a language model does, for reports.",
    "report": "Show spikes, sparsity, operations and energy of a recorded run.",
    "ner": "Find personal data in text: train, score and use a tagger.",
    "data": "Make training text.",
}


class _Lazy(Group):
    """A group that knows its commands by name and loads them on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"realsam.cli.{name}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, epilog="Example: realsam train && realsam export --format all")
@click.version_option(__version__)
def main() -> None:
    """Spiking language models that run, spike for spike, on Loihi's arithmetic."""
