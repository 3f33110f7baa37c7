"""Whether a story is about what was asked for: a measure of what a talk keeps in mind.

    python -m benchmarks.topics [MODEL] [--temperature T] [--seeds 0,1,2,3,4] [--out FILE]

From reset, the model is asked for a story about two things, for 20 pairs that stories for small
children have. Counted is how often the first and the second of them occur in the answer, as a
word, maybe of more than one of them; and how often they do in the answers for the other pairs,
which is chance. MODEL is the shipped model that talks unless one is named.
"""

import re
from pathlib import Path

import click

from benchmarks import record
from benchmarks.dialogue import answers
from benchmarks.ner.__main__ import numbers
from export.bundle import TALKS
from realsam.console import Command
from realsam.ir import Sampler

PAIRS = (
    *("dog ball", "cat hat", "bird tree", "boy boat", "girl doll", "bear honey", "frog pond"),
    *("truck road", "fish sea", "bunny carrot", "mouse cheese", "duck lake", "king crown"),
    *("princess castle", "robot moon", "dragon fire", "farmer cow", "baby spoon", "pig mud"),
    "lion zoo",
)


def stories(model: Path, temperature: float, seed: int) -> list[str]:
    """The answer to each of PAIRS."""
    asked = (f"Tell me a story about a {' and a '.join(pair.split())}." for pair in PAIRS)
    lines = (line for question in asked for line in (question, "/reset"))
    return answers(model, lines, Sampler(temperature, seed=seed))


def kept(told: list[str]) -> dict[str, float]:
    """Share of the answers that have the first thing, and the second; and of those by chance."""
    asked, others = list[list[bool]](), list[bool]()
    for i, pair in enumerate(PAIRS):
        found = [[_has(answer, thing) for thing in pair.split()] for answer in told]
        asked.append(found.pop(i))
        others += [one for row in found for one in row]
    first, second = (sum(column) / len(PAIRS) for column in zip(*asked, strict=True))
    return {"first": first, "second": second, "chance": sum(others) / len(others)}


def _has(answer: str, thing: str) -> bool:
    many = "mice" if thing == "mouse" else rf"{thing}(?:s|es)?"
    return re.search(rf"\b(?:{thing}|{many})\b", answer.casefold()) is not None


@click.command(cls=Command)
@click.argument("model", required=False, default=TALKS, type=click.Path(path_type=Path))
@click.option("--temperature", type=float, default=0.7, show_default=True)
@click.option("--seeds", callback=numbers, default="0,1,2,3,4", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON.")
def main(model: Path, temperature: float, seeds: list[int], out: Path | None) -> None:
    """Ask for stories, and count what they are about."""
    rows = []
    for seed in seeds:
        told = stories(model, temperature, seed)
        shares = kept(told)
        rows.append({"seed": seed, **shares, "answers": told})
        line = "{first:.0%} of the first, {second:.0%} of the second, {chance:.0%} by chance"
        click.echo(f"seed {seed}: {line.format(**shares)}")
    if out:
        given = f"--temperature {temperature} --seeds {','.join(map(str, seeds))}"
        about = record.about(f"python -m benchmarks.topics {model.name} {given}")
        record.write(out, about | {"rows": rows})


if __name__ == "__main__":
    main()
