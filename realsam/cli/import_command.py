"""`realsam import`: the network file of any program to a folder that `realsam run` plays."""

from functools import partial
from math import isfinite
from pathlib import Path

import click
from click.core import ParameterSource

from export.import_folder import refuse_foreign, save_imported
from export.imported import Choices, import_file
from export.network_file import Format, format_of
from export.netx import Options
from export.nir.dynamics import ResetKind
from export.quantize import Scaling
from realsam.cli.import_proof import prove
from realsam.cli.import_report import show
from realsam.cli.spikes import load_spikes
from realsam.console import STDERR, Command, emit_json, format_option

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage
# Which options are for which files.
_REAL = ("dt", "reset", "steps_per_token", "scaling", "list_above")
_NETX = ("reset_interval", "reset_offset", "skip_layers")


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
    "--reset",
    type=click.Choice(["zero", "subtract"]),
    help="What a spike does to the voltage in a NIR file [what its metadata tell, else zero].",
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
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    out: Path,
    dt: float | None,
    reset: ResetKind | None,
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
    if not isfinite(list_above):
        raise click.BadParameter(f"{list_above} is no part of one", param_hint="--list-above")
    refuse_foreign(out, file)
    with STDERR.status("reading"):
        found = format_of(file)
        _refuse_options(ctx, file, found)
        choices: Choices | Options | None = Choices(dt, reset, steps_per_token, scaling, list_above)
        if found.registers:
            netx = Options(reset_interval, reset_offset, skip_layers)
            choices = None if netx == Options() else netx
        calibrate = partial(load_spikes, source) if source else None
        imported = import_file(file, choices, calibrate, found)
        spikes = load_spikes(source, imported.network.input) if source else None
    report = imported.report()
    with STDERR.status("comparing"):
        report |= prove(imported, spikes)
    save_imported(out, imported.network, report)
    if style == "json":
        emit_json({"out": str(out), **report})
    else:
        show(report, out)


def _refuse_options(ctx: click.Context, file: Path, found: Format) -> None:
    """Refuse options that would change nothing."""
    given = [p for p in ctx.params if ctx.get_parameter_source(p) is ParameterSource.COMMANDLINE]
    wrong = [*(_REAL if found.registers else ()), *(_NETX if found.name == "NIR" else ())]
    for name in (name for name in given if name in wrong):
        kind = "NIR files of real numbers" if name in _REAL else "netx files"
        holds = "registers" if found.registers else "real numbers"
        raise click.UsageError(
            f"--{name.replace('_', '-')} is for {kind}: {file} is {found.name} and holds {holds}"
        )
    if "reset_offset" in given and "reset_interval" not in given:
        raise click.UsageError("--reset-offset needs --reset-interval")
