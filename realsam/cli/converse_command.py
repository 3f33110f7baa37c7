"""`realsam data converse`: stories to conversations."""

import time
from pathlib import Path

import click

from realsam.console import Command, emit_json, format_option, note, stages

_MOST = 100  # conversations of a kind from one story


def share(text: str) -> tuple[str, float]:
    """A kind of conversation, and how often it is drawn: "story=0.5"."""
    from realsam.data.converse.draw import KINDS

    kind, _, often = text.partition("=")
    if kind not in KINDS:
        raise click.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}")
    try:
        n = float(often)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not KIND=SHARE, such as {kind}=0.5") from error
    if not 0 <= n <= _MOST:
        raise click.BadParameter(f"{often} is outside 0..{_MOST}")
    return kind, n


@click.command(
    cls=Command, epilog="Example: realsam data converse stories.txt --out conversations.txt"
)
@click.argument("stories", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .txt for `realsam train`, .jsonl with the kind of each.",
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    type=share,
    metavar="KIND=SHARE",
    help="How often a story gives one of a kind: story, follow, speech, question, smalltalk; "
    "may be given again.",
)
@click.option(
    "--longest",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    help="Words of a story that is told as a whole, at most.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@format_option
def command(
    stories: tuple[Path, ...],
    out: Path,
    shares: tuple[tuple[str, float], ...],
    longest: int,
    seed: int,
    style: str,
) -> None:
    """Draw conversations from STORIES by rule: no model and no other text takes part.

    STORIES are plain text, rows with `text`, maybe compressed (.gz, .xz), or folders of them.
    """
    from realsam.data.converse.draw import Drawing
    from realsam.data.converse.write import converse
    from realsam.data.gather import gather

    sources, held_out = gather(stories, (), None)
    if held_out:
        note(f"left out, as it validates: {', '.join(s.path.name for s in held_out)}")
    begin = time.perf_counter()
    with stages() as show:
        told = converse(sources, out, Drawing(seed, longest, dict(shares)), show)
    seconds, size = time.perf_counter() - begin, sum(s.path.stat().st_size for s in sources) / 1e6
    note(f"wrote {out} from {size:,.1f} MB in {seconds:.1f} s, {size / seconds:.1f} MB/s")
    if style == "json":
        emit_json({"file": str(out), "seed": seed, **told})
        return
    for kind, count in told["kinds"].items():
        click.echo(
            f"{kind:<9} {count['conversations']:>11,} conversations {count['turns']:>11,} turns "
            f"{count['words']:>13,} words {count['bytes']:>15,} bytes"
        )
    for source in told["sources"]:
        left_out = ", ".join(f"{n:,} {why}" for why, n in source["rejected"].items())
        click.echo(
            f"{source['file']}: {source['kept']:,} stories"
            + (f"; left out: {left_out}" if left_out else "")
        )
