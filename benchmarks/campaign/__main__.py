"""The command; see the package."""

import os
from pathlib import Path

import click

from benchmarks import record
from benchmarks.campaign import lava
from benchmarks.campaign.case import load_case
from benchmarks.campaign.compare import compare
from benchmarks.campaign.draw import draw
from benchmarks.campaign.exact import compare_documents
from benchmarks.campaign.hunt import Hunt
from benchmarks.campaign.lava import compare_lava
from benchmarks.campaign.planted import find_all
from benchmarks.campaign.totals import update
from benchmarks.campaign.watch import CLOCKED, REQUIRED
from realsam.cli.backends import backend_names, require
from realsam.console import Command, Group

_FILE = click.Path(path_type=Path, dir_okay=False)
FUZZ = Hunt("fuzz", compare, (*REQUIRED, *(f"in token clocks: {name}" for name in CLOCKED)))
LAVA = Hunt("lava", compare_lava, lava.REQUIRED)


@click.group(cls=Group)
def main() -> None:
    """Long comparisons of the backends; exit code 1 if anything differs."""


def hunting(hunt: Hunt, networks: int, about: str) -> click.Command:
    """The command of a campaign over random networks."""

    @click.command(hunt.command, cls=Command, help=about)
    @click.option("--networks", type=click.IntRange(1), default=networks, show_default=True)
    @click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
    @click.option(
        "--jobs", type=click.IntRange(1), default=os.cpu_count(), help="Processes [one per core]."
    )
    @click.option("--out", type=_FILE, help="Also write the totals as JSON.")
    @click.option(
        "--failures",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("build/campaign"),
        show_default=True,
        help="Folder for the cases that differ.",
    )
    @click.option("--only", type=click.IntRange(0), help="Play the case of this index alone.")
    @click.option("--replay", type=_FILE, help="Play the case of this file alone.")
    def run(
        networks: int,
        seed: int,
        jobs: int,
        out: Path | None,
        failures: Path,
        only: int | None,
        replay: Path | None,
    ) -> None:
        if only is not None or replay is not None:
            hunt.once(load_case(replay) if replay else draw(seed, only or 0))
        else:
            hunt.over(networks, seed, jobs, out, failures)

    return run


main.add_command(hunting(FUZZ, 10_000, "Simulator and reference on random networks."))
main.add_command(hunting(LAVA, 200, "Simulator and Lava's CPU models on random networks."))


@main.command(cls=Command)
@click.option("--tokens", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--backends",
    type=backend_names,
    metavar="NAMES",
    default="sim,lava-fused",
    show_default=True,
    help="Beside reference.",
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count(), help="Of the reference.")
@click.option("--model", type=click.Path(path_type=Path), help="Bundle [the shipped model].")
@click.option("--out", type=_FILE, help="Also write the result as JSON.")
def exact(
    tokens: int, seed: int, backends: list[str], jobs: int, model: Path | None, out: Path | None
) -> None:
    """The shipped model in closed loop, sampling included, on several backends."""
    for name in backends:
        require(name)
    found = compare_documents(model, tokens, seed, backends, jobs)
    click.echo(record.lines(found["totals"] | found["digests"] | {"seconds": found["seconds"]}))
    if out:
        record.write(out, found)
    if found["differences"]:
        raise click.ClickException("; ".join(found["differences"]))
    click.echo(f"exact: {' == '.join(found['backends'])}, scoring too, 0 differences")


@main.command(cls=Command)
@click.option("--networks", type=click.IntRange(1), default=400, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=_FILE, help="Also write the result as JSON.")
def planted(networks: int, seed: int, out: Path | None) -> None:
    """Faults planted into the simulator: how soon the campaign finds them."""
    found = find_all(networks, seed)
    click.echo(record.lines(found["found_after"]))
    if out:
        record.write(out, found)
    if missed := [name for name, after in found["found_after"].items() if not after]:
        raise click.ClickException(f"not found: {', '.join(missed)}")


@main.command(cls=Command)
def totals() -> None:
    """Write what the campaigns left in docs/exactness/ into docs/exactness.md."""
    update()


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.campaign")
