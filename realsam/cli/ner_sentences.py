"""Sentences for taggers to learn from: `realsam ner synth` and `realsam ner templates`."""

import json
from pathlib import Path

import click

from realsam.console import Command, note, progress

_PATH = click.Path(path_type=Path)


@click.command(cls=Command, epilog="Example: realsam ner synth --copies 6 --out invented.json")
@click.argument("templates", required=False, type=_PATH)
@click.option("--out", type=_PATH, required=True, help="JSON file of sentences to write.")
@click.option("--copies", type=click.IntRange(1), default=6, show_default=True, help="Of each.")
@click.option(
    "--kind",
    "pairs",
    multiple=True,
    metavar="KIND=NAME",
    help="Only sentences with no other kinds than these, under names of another corpus.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def synth(
    templates: Path | None, out: Path, copies: int, pairs: tuple[str, ...], seed: int
) -> None:
    """Write marked sentences: TEMPLATES with invented personal data in their slots.

    TEMPLATES has one sentence per line, with slots such as {PERSON}; without it those that come
    with Real Sam are taken. The values are those of the library Faker.
    """
    from realsam.errors import DataError
    from realsam.files import refuse_place, written
    from realsam.ner.corpus import to_json
    from realsam.ner.synthesis.fill import OWN, filled, marked_as, of_kinds, read_templates

    if out.suffix != ".json":  # what `train` would not read as JSON
        raise DataError(f"{out}: no name for sentences", "let it end in .json")
    refuse_place(out, [templates or OWN])
    texts, rows = read_templates(templates or OWN), []
    names = marked_as(pairs)
    if pairs and not (texts := of_kinds(texts, names)):
        raise DataError(
            f"{templates or OWN}: no template with {', '.join(names)} alone", "name more"
        )
    with progress("inventing", len(texts) * copies) as (bar, task):
        for sentence in filled(texts, copies, seed, names):
            rows.append(to_json(sentence))
            bar.advance(task)
    with written(out) as partial:
        partial.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    note(f"wrote {len(rows):,} sentences to {out}")


@click.command(
    cls=Command, epilog="Example: realsam ner templates stories.txt.xz --out templates.txt"
)
@click.argument("texts", nargs=-1, required=True, type=_PATH)
@click.option("--out", type=_PATH, required=True, help="File of templates to write.")
@click.option(
    "--most",
    type=click.IntRange(1),
    default=60_000,
    show_default=True,
    help="Templates: 1/3 with PERSON alone, 1/4 without slot, rarer kinds in equal parts.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def templates(texts: tuple[Path, ...], out: Path, most: int, seed: int) -> None:
    """Write the sentences of TEXTS in which every name is known, with slots in their place.

    TEXTS are what `realsam data prepare` reads: plain text, JSON or JSONL, maybe compressed, or
    folders of them. `realsam ner synth` fills the slots. A template counts for its rarest kind
    (ORGANIZATION, TITLE, AGE, DATE_TIME, NRP, GPE, PERSON, in this order); where there are too few
    of a kind, the others get what it leaves.
    """
    from realsam.cli.harvest import harvested
    from realsam.files import refuse_place, written

    refuse_place(out, texts)
    found = harvested(texts, most, seed)
    lines = sorted(one for each in found.templates.values() for one in each)
    with written(out) as partial:
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if found.left_out:
        reasons = ", ".join(f"{n:,} {why}" for why, n in sorted(found.left_out.items()))
        note(f"left out documents: {reasons}")
    kinds = ", ".join(f"{len(each):,} {kind}" for kind, each in found.templates.items())
    note(f"wrote {len(lines):,} templates of {found.n_sentences:,} sentences to {out}: {kinds}")
