"""`realsam map`: a network on the cores and chips of a Loihi."""

import re
from pathlib import Path

import click
import numpy as np

from export.bundle import SHIPPED
from realsam.cli.models import any_network
from realsam.console import STDERR, Command, emit_json, format_option
from realsam.errors import MappingError
from realsam.files import refuse_place, replacing
from realsam.ir import ClosedLoop, Network, Run, Sampler, load_run
from realsam.limits import CHIPS
from realsam.mapping import Sketch, from_network, from_shape, lay_out, memory_of
from realsam.mapping.memory import MEANINGS
from realsam.mapping.picture import draw
from realsam.mapping.report import ONCE, Traffic, render_text, to_json
from realsam.mapping.traffic import Spikes
from realsam.vocab import prompt_tokens
from sim.simulator import fast_host
from sim.simulator import run as simulate

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage
_TOKENS = 100  # sampled after a prompt


def _shape(ctx: click.Context, option: click.Parameter, value: str | None) -> Sketch | None:
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,7})x([0-9]{1,7})", value)
    if not found:
        raise click.BadParameter(f"{value!r} is not LAYERSxWIDTH, such as 6x512", ctx, option)
    return from_shape(int(found[1]), int(found[2]))


def _limits(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    given = {}
    for value in values:
        found = re.fullmatch(r"([a-z_]+)=([0-9]{1,13})", value)
        if not found:
            raise click.BadParameter(f"{value!r} is not NAME=NUMBER", ctx, option)
        if found[1] not in MEANINGS:
            raise click.BadParameter(f"{found[1]!r} is none of {', '.join(MEANINGS)}", ctx, option)
        given[found[1]] = int(found[2])
    return given


@click.command(cls=Command, epilog="Example: realsam map --chip loihi2 --picture chip.svg")
@click.argument("source", metavar="[BUNDLE|FILE]", required=False, type=_PATH)
@click.option(
    "--shape",
    callback=_shape,
    metavar="LxN",
    help="Instead of a network: a language model of L layers of N neurons, with dense skips.",
)
@click.option("--chip", type=click.Choice(list(CHIPS)), default="loihi2", show_default=True)
@click.option(
    "--run", "run_file", type=_PATH, help="Run of this network, to count messages [the bundle's]."
)
@click.option("--prompt", help="Count the messages of this text and 100 tokens more, in `sim`.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="NAME=NUMBER",
    help=f"Replace a limit of the report; may be given several times: {', '.join(MEANINGS)}.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the search.")
@click.option("--picture", type=_PATH, help="Picture of the chips to write, as SVG.")
@format_option
def command(
    source: Path | None,
    shape: Sketch | None,
    chip: str,
    run_file: Path | None,
    prompt: str | None,
    limits: dict[str, int],
    seed: int,
    picture: Path | None,
    style: str,
) -> None:
    """Lay a network out on cores and chips: memory, axons, messages, and which systems hold it.

    The network is that of a bundle (default: the shipped model), a netx or a NIR file. Nothing
    runs on a chip: the report says which of its limits are published and which are assumed.
    """
    if shape and (source or run_file or prompt is not None):
        raise click.UsageError("--shape stands for a network that is not there: give it alone.")
    if run_file and prompt is not None:
        raise click.UsageError("--run and --prompt are two answers to one question: give one.")
    if picture:
        refuse_place(picture, [path for path in (source, run_file) if path], "--picture")
    memory = memory_of(chip).replaced(limits)
    sketch, spikes, traffic = (shape, None, ONCE) if shape else _given(source, run_file, prompt)
    with STDERR.status("") as status:
        layout = lay_out(sketch, memory, spikes, seed, status.update)
    if picture:
        _write(picture, draw(layout))
    if style == "json":
        emit_json(to_json(layout, traffic) | {"picture": str(picture) if picture else None})
    else:
        click.echo(render_text(layout, traffic))


def _write(picture: Path, drawing: str) -> None:
    try:
        with replacing(picture) as partial:
            partial.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise MappingError(
            f"{picture}: cannot be written ({error.strerror})", "give another --picture"
        ) from error


def _given(
    source: Path | None, run_file: Path | None, prompt: str | None
) -> tuple[Sketch, Spikes | None, Traffic]:
    """A network, its spikes, and where these come from."""
    network, bundle = any_network(source)
    run, said = (bundle.record, "the record of the bundle") if bundle else (None, "")
    if prompt is not None:
        if bundle is None:
            raise MappingError(f"{source}: has no vocabulary", "give a bundle, or --run instead")
        tokens = prompt_tokens(bundle.vocabulary, prompt)
        loop = ClosedLoop(fast_host(bundle.host), tokens, Sampler(), _TOKENS)
        run, said = simulate(network, loop), "the prompt and what follows it"
    if run_file:
        run, said = load_run(run_file), str(run_file)
        if run.network != network.digest:
            raise MappingError(f"{run_file}: is the run of another network", "record it again")
    name = source.name if source else SHIPPED.name
    sketch = from_network(network, name)
    if run is None or run.n_tokens == 0:
        return sketch, None, ONCE
    return sketch, _spikes(network, run), Traffic(said, True, run.n_tokens)


def _spikes(network: Network, run: Run) -> Spikes:
    """[N] spikes of each neuron in the whole run; a payload is one message."""
    lines = network.input.name
    return {
        name: (spikes != 0 if name == lines else spikes).sum(axis=0, dtype=np.int64)
        for name, spikes in run.spikes.items()
    }
