"""`realsam run`: any network file on input spikes, language model or not."""

from pathlib import Path
from typing import Any

import click

from realsam.cli.backends import backend_option, require
from realsam.cli.models import any_network
from realsam.cli.spikes import fitted, load_spikes, refuse_steps
from realsam.console import STDERR, Command, emit_json, format_option, note, strict_option
from realsam.files import refuse_place
from realsam.ir import Network, Replay, Run, save_run
from realsam.memory import refuse_record
from realsam.report import Counts, count, facts_of, render_backend, render_table

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage


@click.command(
    cls=Command,
    epilog="Example: realsam run digits.net --input spikes.npz --steps 200",
)
@click.argument("file", type=_PATH)
@click.option(
    "--input",
    "source",
    type=_PATH,
    required=True,
    help="Spikes [T, M] of M input lines, 0 or 1, or integers if the input is graded: .npy, or "
    ".npz with one array or one `spikes`.",
)
@click.option(
    "--steps",
    type=int,
    help="Rows to play [those of the input]: the input is cut, or silence follows it.",
)
@click.option("--out", type=_PATH, help="File for all spikes and readout voltages.")
@backend_option
@strict_option
@format_option
def command(
    file: Path,
    source: Path,
    steps: int | None,
    out: Path | None,
    backend: str,
    strict: bool,
    style: str,
) -> None:
    """Play input spikes through the network of FILE: netx, NIR, a bundle or an import.

    A row of the input is one time step. Where the network takes P > 1 time steps per token, a row
    is one token: its spikes enter in the first of the P steps.
    """
    play = require(backend)
    if out:
        refuse_place(out, (source, file))
    network, _ = any_network(file)
    given = load_spikes(source, network.input)
    refuse_steps(steps)
    refuse_record(network, steps or len(given), "steps")
    spikes = fitted(given, steps)
    if len(spikes) < len(given):
        note(f"the last {len(given) - len(spikes):,} of {len(given):,} rows are left out")
    with STDERR.status(f"{backend} plays {len(spikes):,} rows"):
        run = play(network, Replay(spikes), strict)
    if out:
        save_run(run, out)
    _show(network, run, out, style)


def _show(network: Network, run: Run, out: Path | None, style: str) -> None:
    counts = count(facts_of(network), run)
    steps = run.n_tokens * run.steps_per_token
    steps_per_second = run.tokens_per_second * run.steps_per_token
    if style == "json":
        emit_json(
            {
                "network": run.network,
                "backend": run.backend,
                "steps": steps,
                "tokens": run.n_tokens,
                "steps_per_token": run.steps_per_token,
                "steps_per_second": steps_per_second,
                "populations": _populations(counts),
                "readout": network.readout,
                "digests": run.digests(),
                "out": str(out) if out else None,
                "versions": run.notes,
            }
        )
        return
    rows = [
        (p["name"], f"{p['neurons']:,}", f"{p['n_spikes']:,}", f"{p['firing_rate']:.2%}")
        for p in _populations(counts)
    ]
    for line in render_table(("population", "neurons", "spikes", "firing rate"), rows):
        click.echo(line)
    tokens = f" ({run.n_tokens:,} tokens of {run.steps_per_token}; firing rates are per token)"
    click.echo(f"\ntime steps  {steps:,}{tokens * (run.steps_per_token > 1)}")
    click.echo(f"speed       {steps_per_second:,.0f} steps/s {render_backend(run)}")


def _populations(counts: Counts) -> list[dict[str, Any]]:
    return [
        {
            "name": p.name,
            "kind": p.population.kind,
            "neurons": p.population.n_neurons,
            "n_spikes": int(p.n_spikes.sum()),
            "firing_rate": p.firing_rate,  # spikes per neuron and row of the input
        }
        for p in counts.populations
    ]
