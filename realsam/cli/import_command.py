"""`realsam import`: the network file of any program to a folder that `realsam run` plays."""

from dataclasses import asdict
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

import click
import numpy as np

from export.imported import Imported, import_file, refuse_foreign, save_imported
from export.netx import Options
from export.quantize import ImportParity, Quantized, Scaling, compare, rows_to_play, simulate
from realsam.arrays import Spikes
from realsam.cli.spikes import load_spikes
from realsam.console import STDERR, Command, emit_json, format_option
from realsam.errors import CurrentOverflowError
from realsam.ir import Network, Replay, Run
from realsam.report import render_table

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage
_STEPS = 200  # of random input, fewer in large networks
_WORK = 5e8  # synapses times steps
_DENSITY = 0.2  # spikes per line and step
_LISTED = 20  # roundings in a text; the file has all


@click.command(
    cls=Command, name="import", epilog="Example: realsam import braille.nir --out braille"
)
@click.argument("file", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="Folder for the network and the report.")
@click.option(
    "--dt",
    type=float,
    help="Seconds per time step of a NIR file [1e-4; 1 where the file has no unit of time].",
)
@click.option(
    "--steps-per-token",
    type=int,
    help="Chip steps per time step of a NIR file [the fewest that fit its longest loop].",
)
@click.option(
    "--scaling",
    type=click.Choice(["best", "nir-paper"]),
    default="best",
    show_default=True,
    help="Scales that round least, or the one scale of the NIR paper.",
)
@click.option(
    "--input",
    "source",
    type=_PATH,
    help="Typical spikes [T, M], to choose scales and to compare on: .npy or .npz "
    "[random ones, only to compare on].",
)
@click.option(
    "--list-above",
    type=click.FloatRange(0),
    default=0.01,
    show_default=True,
    help="Relative error from which a rounding is listed.",
)
@click.option(
    "--reset-interval", type=int, help="Steps between resets of a netx network [no resets]."
)
@click.option(
    "--reset-offset",
    type=int,
    default=0,
    show_default=True,
    help="Step of the first reset of the first layer; each later layer resets one step later.",
)
@click.option(
    "--skip-layers",
    type=int,
    default=0,
    show_default=True,
    help="Layers of a netx file to leave out: their spikes are the input.",
)
@format_option
def command(
    file: Path,
    out: Path,
    dt: float | None,
    steps_per_token: int | None,
    scaling: Scaling,
    source: Path | None,
    list_above: float,
    reset_interval: int | None,
    reset_offset: int,
    skip_layers: int,
    style: str,
) -> None:
    """Bring FILE, NIR or netx of any program, to the registers of the chip.

    Weights, thresholds and decays of a NIR file are rounded to registers; the report names every
    rounding above a size, every delay that balances a skip, and how often the result spikes unlike
    the file. A netx file has registers already.
    """
    if isnan(list_above):
        raise click.BadParameter("nan is no number", param_hint="--list-above")
    refuse_foreign(out, file)
    with STDERR.status(f"reading {file}"):
        netx = Options(reset_interval, reset_offset, skip_layers)
        given = None if netx == Options() else netx
        calibrate = partial(load_spikes, source) if source else None
        found = import_file(file, dt, steps_per_token, scaling, list_above, given, calibrate)
        spikes = load_spikes(source, found.network.input) if source else None
    report = found.report()
    with STDERR.status("comparing"):
        report |= _parity(found, spikes)
    save_imported(out, found.network, report)
    if style == "json":
        emit_json({"out": str(out), **report})
    else:
        _show(found, report, out)


def _parity(found: Imported, given: Spikes | None) -> dict[str, Any]:
    """The integers beside the file in float64, the simulator beside the reference."""
    from sim import reference, simulator

    network, quantized = found.network, found.quantized
    size = sum(q.stored.size for q in network.projections)
    spikes = _random(network, size) if given is None else given
    rows = rows_to_play(quantized, spikes) if quantized else spikes
    wraps = None
    try:
        run = simulator.run(network, Replay(rows), strict=True)
    except CurrentOverflowError as error:
        wraps, run = error.message, simulator.run(network, Replay(rows))
    expected = reference.run(network, Replay(rows[: max(1, int(_WORK // max(1, size)))]))
    fixed = {
        name: int(np.count_nonzero(run.spikes[name][: expected.n_tokens] != wanted))
        for name, wanted in expected.spikes.items()
    }
    told: dict[str, Any] = {
        "input": "given" if given is not None else f"random, {_DENSITY:.0%} spikes",
        "wraps": wraps,
        "fixed_parity": {"n_steps": expected.n_tokens, "n_mismatches": fixed},
    }
    if quantized:
        told["float_parity"] = asdict(_float_parity(quantized, spikes, run))
    return told


def _float_parity(quantized: Quantized, spikes: Spikes, run: Run) -> ImportParity:
    played = simulate(quantized.model, quantized.schedule, spikes)
    return compare(quantized, played, run)


def _random(network: Network, size: int) -> Spikes:
    steps = int(np.clip(_WORK // max(1, size), 20, _STEPS))
    rng = np.random.default_rng(0)
    drawn = rng.random((steps, network.input.size)) < _DENSITY
    return drawn.astype(network.input.dtype)


def _show(found: Imported, report: dict[str, Any], out: Path) -> None:
    rows = [
        (
            p["name"],
            p["kind"],
            f"{p['neurons']:,}",
            str(p.get("depth", "")),
            *(_span(p[register]) for register in ("du", "dv", "vth")),
        )
        for p in report["populations"]
    ]
    headers = ("population", "node", "neurons", "depth", "du", "dv", "vth")
    for line in render_table(headers, rows):
        click.echo(line)
    if found.quantized:
        click.echo()
        _show_quantized(report)
    for text in report["notes"]:
        click.echo(f"note: {text}")
    if report["wraps"]:
        click.echo(f"wraps         {report['wraps']}")
    fixed = report["fixed_parity"]
    click.echo(
        f"fixed parity  {sum(fixed['n_mismatches'].values())} differences between simulator and "
        f"reference in {fixed['n_steps']:,} tokens"
    )
    click.echo(f"{out}: network.net, import.json")


def _show_quantized(report: dict[str, Any]) -> None:
    rows = [
        (
            f"{c['source']}->{c['target']}",
            c["kind"],
            str(c["delay"]),
            str(c["weight_exp"]),
            f"{c['error']['n']:,}",
            f"{c['error']['rms']:.2%}",
            f"{c['error']['n_lost']:,}",
        )
        for c in report["connections"]
    ]
    headers = ("connection", "kind", "delay", "weight_exp", "weights", "rms error", "lost")
    for line in render_table(headers, rows):
        click.echo(line)
    click.echo()
    listed = report["roundings"]
    for r in listed[:_LISTED]:
        click.echo(
            f"rounded: {r['where']} {r['register']} wanted {r['wanted']:.6g}, got {r['got']:.6g} "
            f"({r['error']:.2%}, {r['n']:,} alike)"
        )
    if len(listed) > _LISTED:
        click.echo(f"rounded: {len(listed) - _LISTED:,} more in import.json")
    click.echo(
        f"time step     {report['dt']:g} s, {report['steps_per_token']} chip steps per time step"
    )
    parity = report["float_parity"]
    for name, full in parity["full"].items():
        if full > 1:
            click.echo(f"saturates     {name}: {full:.2g} times what 24 bits hold")
    total, events = sum(parity["n_mismatches"].values()), sum(parity["n_events"].values())
    click.echo(
        f"float parity  {total:,} of {events:,} differ from the file in float64, which spikes "
        f"{sum(parity['n_spikes'].values()):,} times in {parity['n_steps']:,} steps; readout "
        f"rms {parity['voltage_rms']:.3g} of {parity['voltage_range']:.3g}"
    )


def _span(ends: list[float]) -> str:
    low, high = ends
    return f"{low:,}" if low == high else f"{low:,}..{high:,}"
