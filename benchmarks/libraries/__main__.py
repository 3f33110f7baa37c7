"""The command; see the package."""

import time
from collections.abc import Iterator
from dataclasses import asdict

import click

from benchmarks import record
from benchmarks.libraries import page
from benchmarks.libraries.library import NAMES, installed, load, versions
from benchmarks.libraries.ours import shipped, small
from benchmarks.libraries.round_trip import Row, back, out
from export.bundle import load_bundle
from realsam.console import Command, note


def rows(packages: list[str], steps: int, tokens: int, seed: int) -> Iterator[Row]:
    """Every case of every library, both ways."""
    ours = [*small(steps, seed), shipped(tokens, seed)]
    for package in packages:
        library = load(package)
        for case in ours:
            yield out(library, case)
        for built in library.built():
            yield back(library, built, steps, seed)


@click.command(cls=Command)
@click.option("--steps", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--tokens", type=click.IntRange(1), default=500, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--only", type=click.Choice(NAMES), help="One library [all that are installed].")
@click.option("--publish", is_flag=True, help="Write docs/libraries.json and its page.")
def main(steps: int, tokens: int, seed: int, only: str | None, publish: bool) -> None:
    """Round trips through other libraries; exit code 1 if one is otherwise than it says."""
    begin = time.perf_counter()
    packages = [name for name in NAMES if only in (None, name)]
    absent = [name for name in packages if not installed(name)]
    if absent and (publish or len(absent) == len(packages)):
        raise click.ClickException(f"not installed: {', '.join(absent)}; make libraries")
    if publish and only:
        raise click.UsageError("--publish needs all libraries: leave --only out")
    found = []
    for row in rows([n for n in packages if n not in absent], steps, tokens, seed):
        found.append(row)
        note(f"{row.library} {row.direction}: {page.line(asdict(row))}")
    command = f"python -m benchmarks.libraries --steps {steps} --tokens {tokens} --seed {seed}"
    result = record.about(command) | {
        "seconds": round(time.perf_counter() - begin, 1),
        "seed": seed,
        "network": load_bundle().network.digest,
        "versions": versions(),
        "rows": [asdict(row) for row in found],
    }
    click.echo(page.tables(result))
    if surprises := [f"{r.library} {r.direction}, {r.case}" for r in found if r.surprise]:
        raise click.ClickException(f"otherwise than they say: {'; '.join(surprises)}")
    if publish:
        record.write(page.RECORD, result)
        page.update()


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.libraries")
