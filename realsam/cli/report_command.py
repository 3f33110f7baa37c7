"""`realsam report`: what a recorded run cost."""

from pathlib import Path

import click

from realsam.console import REPORT_STYLES, Command, note
from realsam.files import refuse_place, replacing
from realsam.report import (
    TABLES,
    Report,
    load_costs,
    load_profile,
    render,
    require_style,
    set_against,
)

_PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is no wrong usage


@click.command(cls=Command, epilog="Example: realsam report a.run --costs loihi2 --out report.html")
@click.argument("run", type=_PATH)
@click.option("--against", "other", type=_PATH, help="Another run of the network, beside it.")
@click.option(
    "--costs",
    multiple=True,
    metavar="NAME|FILE",
    help=f"Energy per operation, {', '.join(TABLES)} or your own file; may be given several times. "
    "The first prices single tokens  [all three].",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(list(REPORT_STYLES.values())),
    help="[the ending of --out, or text]",
)
@click.option("--out", type=_PATH, help="File to write  [stdout].")
def command(
    run: Path, other: Path | None, costs: tuple[str, ...], style: str | None, out: Path | None
) -> None:
    """Show what RUN cost, a file of `realsam profile`: spikes, sparsity, operations, energy.

    Energy is estimated: counts times a cost table. What was measured says so.
    """
    style = style or (REPORT_STYLES.get(out.suffix) if out else None) or "text"
    if other and style == "csv":
        raise click.UsageError("--against has no place in csv: render each run by itself.")
    require_style(style)
    tables = tuple(load_costs(name) for name in costs or TABLES)
    if out:
        refuse_place(out, [path for path in (run, other, *map(Path, costs)) if path])
    profile = load_profile(run)
    against = set_against(profile, load_profile(other), tables) if other else None
    text = render(style, Report(profile, tables), against)
    if out is None:
        click.echo(text, nl=False)
        return
    with replacing(out) as partial:
        partial.write_text(text, encoding="utf-8")
    note(f"wrote {out}")
