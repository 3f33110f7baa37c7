"""`realsam export`: a trained run to a bundle that proves itself."""

from pathlib import Path
from typing import Any

import click

from export.nir import Profile
from realsam.cli.backends import require_torch
from realsam.console import Command, emit_json, note
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT

WRAP = (STATE_MAX >> STATE_SHIFT) + 1  # in units of a_in
_FORMATS = {"nir": ("nir",), "netx": ("netx",), "all": ("netx", "nir")}


@click.command(cls=Command, epilog="Example: realsam export --format nir")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(_FORMATS)),
    default="all",
    show_default=True,
    help="Files to write.",
)
@click.option(
    "--profile",
    type=click.Choice(["portable", "spec"]),
    default="portable",
    show_default=True,
    help="Of the NIR file: what simulators read alike, or the standard to the letter.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Bundle folder [RUN/bundle].")
@click.option("--json", "style", flag_value="json", help="One JSON object on stdout.")
def command(
    run: Path | None, file_format: str, profile: Profile, out: Path | None, style: str | None
) -> None:
    """Write RUN (default: the newest) as a bundle of NIR and netx files.

    The bundle is reloaded and must reproduce, spike for spike, what the training module itself
    does on a probe text; otherwise nothing is kept.
    """
    require_torch()
    from realsam.cli.proof import export_run
    from realsam.train.runs import load_run_folder

    trained = load_run_folder(run)
    folder = out or trained.folder / "bundle"
    proof: dict[str, Any] = export_run(trained, folder, _FORMATS[file_format], profile, note)
    if style == "json":
        emit_json({"bundle": str(folder), **proof})
    else:
        click.echo(f"{folder}: {', '.join(proof['files'])}")
        peaks = proof["peaks"]
        note(
            f"largest |a_in| {peaks['a_in']:,} (any input: {peaks['a_in_worst_case']:,}; from "
            f"{WRAP:,} on the current wraps), largest |v| {peaks['v']:,} of {STATE_MAX:,}"
        )
        click.echo(
            f"exact: {proof['n_tokens']} tokens x {proof['n_neurons']} neurons, "
            f"{len(proof['files'])} files reloaded, {len(proof['backends'])} backends, "
            "0 differences from training"
        )
