"""The command; see the package."""

from pathlib import Path

import click

from benchmarks.page.document import page
from benchmarks.page.records import DOCS
from realsam.console import Command, note
from realsam.files import replacing


@click.command(cls=Command)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DOCS / "index.html",
    show_default="docs/index.html",
    help="File to write.",
)
def main(out: Path) -> None:
    """Write the project's page; every backend must be installed."""
    text = page()
    with replacing(out) as partial:
        partial.write_text(text, encoding="utf-8")
    note(f"wrote {out.name}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.page")
