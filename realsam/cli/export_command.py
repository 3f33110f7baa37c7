"""`realsam export`: a trained run, or any network, to files that prove themselves."""

from pathlib import Path
from typing import Any

import click

from export.bundle import MANIFEST
from export.netx import reasons
from export.nir import Profile
from realsam.cli.backends import require_torch
from realsam.cli.models import any_network
from realsam.cli.network_export import export_network, refuse_target
from realsam.cli.spikes import load_spikes
from realsam.console import STDERR, Command, emit_json, note
from realsam.fixedpoint import STATE_MAX, STATE_SHIFT
from realsam.ir import Network

WRAP = (STATE_MAX >> STATE_SHIFT) + 1  # in units of a_in
_FORMATS = {"nir": ("nir",), "netx": ("netx",), "all": ("netx", "nir")}
_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage


@click.command(cls=Command, epilog="Example: realsam export digits --format nir --out digits.nir")
@click.argument("source", required=False, type=_PATH)
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
@click.option("--plain", is_flag=True, help="Only if stock lava-dl runs the netx file as it is.")
@click.option(
    "--out",
    type=_PATH,
    help="Of a run, its bundle folder [RUN/bundle]. Of a network, a file; a folder of "
    "network.net and network.nir if the format is all.",
)
@click.option(
    "--input",
    "given",
    type=_PATH,
    help="Spikes [T, M] to replay through a network: .npy or .npz, as for run [random ones].",
)
@click.option("--json", "style", flag_value="json", help="One JSON object on stdout.")
def command(
    source: Path | None,
    file_format: str,
    profile: Profile,
    plain: bool,
    out: Path | None,
    given: Path | None,
    style: str | None,
) -> None:
    """Write SOURCE as NIR and netx files: a training run (default: the newest), or any network.

    A run becomes a bundle. It is reloaded and must reproduce, spike for spike, what the training
    module itself does on a probe text; otherwise nothing is kept. A network is a netx or NIR file,
    an import or a bundle; each file of it is reloaded and must play as the network does.
    """
    formats = _FORMATS[file_format]
    if plain and "netx" not in formats:
        raise click.UsageError("--plain is for netx; leave it out, or give --format netx")
    if source is None or (source.is_dir() and not (source / MANIFEST).exists()):
        if plain or given:
            raise click.UsageError("--plain and --input are for networks, not for training runs")
        _export_run(source, out, formats, profile, style)
        return
    if out is None:
        raise click.UsageError("a network needs --out, a file; a folder if --format is all")
    refuse_target(out, source, formats)
    network, _ = any_network(source)
    rows = load_spikes(given, network.input) if given else None
    with STDERR.status(f"writing {out}"):
        proof = export_network(network, out, formats, profile, plain, rows)
    proof |= {"profile": profile} if "nir" in formats else {}
    proof |= _plainness(network, formats)
    if style == "json":
        emit_json({"out": str(out), **proof})
        return
    click.echo(f"{out}: {', '.join(proof['files'])}")
    for name, steps in proof["early_biases"].items():
        note(
            f"{name}: its bias acts {steps} chip steps before the first step of a portable file; "
            "--profile spec has them"
        )
    _show_plainness(proof)
    click.echo(
        f"exact: {proof['n_tokens']} rows of {proof['input']} input x {proof['n_neurons']} "
        f"neurons, {len(proof['files'])} files reloaded, 0 differences from {source}"
    )


def _export_run(
    source: Path | None, out: Path | None, formats: tuple[str, ...], profile: Profile, style: Any
) -> None:
    require_torch()
    from realsam.cli.proof import export_run
    from realsam.train.runs import load_run_folder

    trained = load_run_folder(source)
    folder = out or trained.folder / "bundle"
    network, proof = export_run(trained, folder, formats, profile, note)
    proof |= _plainness(network, formats)
    if style == "json":
        emit_json({"bundle": str(folder), **proof})
        return
    click.echo(f"{folder}: {', '.join(proof['files'])}")
    _show_plainness(proof)
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


def _plainness(network: Network, formats: tuple[str, ...]) -> dict[str, Any]:
    """Of a netx file, why stock lava-dl would not run a population."""
    return {"not_plain": reasons(network)} if "netx" in formats else {}


def _show_plainness(proof: dict[str, Any]) -> None:
    told = proof.get("not_plain", {})
    for name, why in told.items():
        if why:
            click.echo(f"netx: {name} needs our reader: {', '.join(why)}")
    if plain := [name for name, why in told.items() if not why]:
        click.echo(f"netx: {', '.join(plain)} as stock lava-dl runs it")
