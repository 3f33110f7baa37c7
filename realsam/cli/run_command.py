"""`realsam run`: any network file on input spikes, language model or not."""

import os
from pathlib import Path
from typing import Any

import click

from export.bundle import load_bundle
from export.imported import is_imported, load_imported
from export.network_file import load_network
from realsam.cli.backends import backend_option, require
from realsam.cli.spikes import fitted, load_spikes
from realsam.console import STDERR, Command, emit_json, format_option, note, strict_option
from realsam.errors import RunError
from realsam.ir import Network, Replay, Run, save_run
from realsam.report import Counts, count, render_backend, render_table

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
        _refuse_place(out, (source, file, *(file.iterdir() if file.is_dir() else ())))
    network = _load(file)
    given = load_spikes(source, network.input)
    spikes = fitted(given, steps)
    if len(spikes) < len(given):
        note(f"the last {len(given) - len(spikes):,} of {len(given):,} rows are left out")
    with STDERR.status(f"{backend} plays {len(spikes):,} rows"):
        run = play(network, Replay(spikes), strict)
    if out:
        save_run(run, out)
    _show(network, run, out, style)


def _load(file: Path) -> Network:
    if not file.is_dir():
        return load_network(file)
    return load_imported(file) if is_imported(file) else load_bundle(file).network


def _refuse_place(out: Path, inputs: tuple[Path, ...]) -> None:
    """Refuse, before the run, a file that could not be written after it."""
    if out.is_dir():
        raise RunError(f"{out}: is a folder", "name a file with --out")
    if out.exists() and not out.is_file():
        raise RunError(f"{out}: is no regular file", "name a file with --out")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise RunError(
            f"{out}: cannot be written", "give --out a place in a folder that is there and yours"
        )
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise RunError(f"{out}: is what the run reads", "give another --out")


def _show(network: Network, run: Run, out: Path | None, style: str) -> None:
    counts = count(network, None, run)
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
            "kind": p.kind,
            "neurons": p.n_neurons,
            "n_spikes": int(p.n_spikes.sum()),
            "firing_rate": p.firing_rate,  # spikes per neuron and row of the input
        }
        for p in counts.populations
    ]
