"""`realsam data`: make training text."""

import time
from pathlib import Path
from typing import Any

import click

from realsam.cli import converse_command
from realsam.console import Group, emit_json, format_option, note, stages
from realsam.files import written


@click.group(cls=Group, epilog="Example: realsam data prepare stories.txt --out corpus")
def command() -> None:
    """Make training text."""


command.add_command(converse_command.command, "converse")


@command.command(epilog="Example: realsam data toy --out toy.txt --stories 5000")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."
)
@click.option("--stories", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def toy(out: Path, stories: int, seed: int) -> None:
    """Write the toy corpus: little stories from a grammar."""
    from realsam.data.toy import toy_documents
    from realsam.vocab import END_OF_TEXT

    text = "".join(f"{story}\n{END_OF_TEXT}\n" for story in toy_documents(stories, seed))
    with written(out) as partial:
        partial.write_text(text, encoding="utf-8")
    note(f"wrote {stories} stories to {out}")


@command.command(epilog="Example: realsam data prepare stories.txt dolly/ --out corpus")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option("--valid", multiple=True, type=click.Path(path_type=Path), help="Validation text.")
@click.option(
    "--valid-share",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.02,
    show_default=True,
    help="Of the documents that validate, without --valid.",
)
@click.option("--vocab-size", type=int, help="Tokens of the vocabulary  [4096].")
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    help="Take over the vocabulary of a run, a bundle, a prepared folder, or a tokenizer.json.",
)
@click.option("--lang", default="", help="Take only rows of this language, if they name one.")
@click.option("--licence", help="Of the sources, to be kept with them.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the vocabulary's sample.")
@format_option
def prepare(
    sources: tuple[Path, ...],
    out: Path,
    valid: tuple[Path, ...],
    valid_share: float,
    vocab_size: int | None,
    tokenizer: Path | None,
    lang: str,
    licence: str | None,
    seed: int,
    style: str,
) -> None:
    """Turn SOURCES into a folder of tokens that `realsam train` reads from disk.

    SOURCES are plain text, JSON or JSONL instruction sets, CoNLL, maybe compressed (.gz, .xz), or
    folders of them. What cannot be used is left out, counted and told.
    """
    from realsam.data.gather import gather
    from realsam.data.prepare import Recipe
    from realsam.data.prepare import prepare as write
    from realsam.errors import DataError

    if tokenizer and vocab_size is not None:
        raise DataError("--tokenizer brings its own size", "leave --vocab-size out")
    found, held_out = gather(sources, valid, licence)
    n_tokens = Recipe.vocab_size if vocab_size is None else vocab_size
    recipe = Recipe(found, held_out, valid_share, n_tokens, tokenizer, lang, seed)
    begin = time.perf_counter()
    with stages() as show:
        manifest = write(recipe, out, show)
    seconds, size = time.perf_counter() - begin, recipe.n_bytes / 1e6
    note(f"wrote {out} from {size:,.1f} MB in {seconds:.1f} s, {size / seconds:.1f} MB/s")
    _tell(out, manifest, style)


@command.command(epilog="Example: realsam data info corpus")
@click.argument("folder", type=click.Path(path_type=Path))
@format_option
def info(folder: Path, style: str) -> None:
    """Say what FOLDER holds that `prepare` wrote, and whether it is undamaged."""
    from realsam.data.prepared import load_prepared

    _tell(folder, load_prepared(folder).manifest, style)


@command.command(epilog="Example: realsam data download dolly --out dolly")
@click.argument("name", type=click.Choice(["tinystories", "alpaca", "dolly", "oasst1"]))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option("--from", "local", type=click.Path(path_type=Path), help="A local copy of its files.")
@format_option
def download(name: str, out: Path, local: Path | None, style: str) -> None:
    """Fetch a public set with Hugging Face `datasets`; run it again to go on after a cut."""
    from realsam.data.download import download as fetch

    with stages() as show:
        origin = fetch(name, out, show, local)
    note(
        f"{origin['set']} is under {origin['licence']}; see https://hf.co/datasets/{origin['set']}"
    )
    if style == "json":
        emit_json({"folder": str(out), **origin})
        return
    for file, told in origin["files"].items():
        click.echo(f"{out / file}: {told['rows']:,} rows, SHA-256 {told['sha256']}")


def _tell(folder: Path, manifest: dict[str, Any], style: str) -> None:
    """Print a manifest."""
    if style == "json":
        emit_json({"folder": str(folder), **manifest})
        return
    for side, part in manifest["parts"].items():
        click.echo(
            f"{side:<5} {part['documents']:>11,} documents {part['tokens']:>15,} tokens "
            f"{part['bytes']:>15,} bytes"
        )
    click.echo(_vocabulary_line(manifest))
    if manifest["entity_types"]:
        click.echo(f"labels of {', '.join(manifest['entity_types'])}")
    for source in manifest["sources"]:
        left_out = ", ".join(f"{n:,} {why}" for why, n in source["rejected"].items())
        click.echo(
            f"{source['file']} ({source['licence'] or 'licence unknown'}): {source['kept']:,} kept"
            + (f", {source['cut']:,} cut off longer ones" if source["cut"] else "")
            + (f"; left out: {left_out}" if left_out else "")
        )


def _vocabulary_line(manifest: dict[str, Any]) -> str:
    about = manifest["vocabulary"]
    line = f"vocabulary of {about['size']:,} tokens, {manifest['dtype']}"
    if learned := about["learned_from"]:
        return f"{line}, learned from {learned['bytes']:,} of {learned['of_bytes']:,} bytes"
    return f"{line}, taken over"
