"""`realsam data`: make training text."""

from pathlib import Path

import click

from realsam.console import Group, note
from realsam.files import replacing


@click.group(cls=Group, epilog="Example: realsam data toy --out toy.txt")
def command() -> None:
    """Make training text."""


@command.command(epilog="Example: realsam data toy --out toy.txt --stories 5000")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."
)
@click.option("--stories", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def toy(out: Path, stories: int, seed: int) -> None:
    """Write the toy corpus: little stories from a grammar."""
    from realsam.train.toy import toy_documents
    from realsam.vocab import END_OF_TEXT

    text = "".join(f"{story}\n{END_OF_TEXT}\n" for story in toy_documents(stories, seed))
    with replacing(out) as partial:
        partial.write_text(text, encoding="utf-8")
    note(f"wrote {stories} stories to {out}")
