"""The command `python -m lava_runtime.generate`: text from a bundle, on Lava.

It reads the exported bundle, never a checkpoint, streams the words as they come and ends with
spikes, sparsity, synaptic operations and estimated energy per token.
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from realsam.console import Command
from realsam.generation import Request, generate, request_options


@click.command(
    cls=Command,
    epilog='Example: python -m lava_runtime.generate --prompt "Once upon '
    'a time" --tokens 60 --mode graph',
)
@click.option("--model", type=click.Path(path_type=Path), help="Bundle [the shipped model].")
@click.option(
    "--mode",
    type=click.Choice(["fused", "graph"]),
    default="fused",
    show_default=True,
    help="One fast process, or the graph of LIF and DelayDense that a chip runs.",
)
@click.option(
    "--target",
    type=click.Choice(["sim", "loihi2"]),
    default="sim",
    show_default=True,
    help="Lava's CPU simulator, or a Loihi 2 chip.",
)
@request_options
def main(model: Path | None, mode: str, target: str, **values: Any) -> None:
    """Generate text with a spiking language model on Lava."""
    from export.bundle import load_bundle  # late: Ctrl-C while libraries load ends clean
    from lava_runtime.backend import run
    from lava_runtime.hardware import refuse_loihi2

    if target == "loihi2":
        refuse_loihi2()
    request, bundle = Request(**values), load_bundle(model)
    play = partial(run, mode=mode, strict=request.strict)
    given = bundle.network, bundle.host, bundle.vocabulary
    generate(request, given, play, bundle.path, f"Lava ({mode})")


if __name__ == "__main__":
    main()
