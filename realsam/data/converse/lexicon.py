"""Words of small stories, by what they are: a rule knows no word that is not here."""

from functools import cache
from pathlib import Path

SOMEBODY, SOMETHING, SOMEWHERE = "somebody", "something", "somewhere"  # nouns that take "a"


@cache
def words(kind: str) -> frozenset[str]:
    """The words of a line of lexicon.txt."""
    text = Path(__file__).with_name("lexicon.txt").read_text(encoding="utf-8")
    lines = dict(line.split(": ") for line in text.splitlines())
    return frozenset(lines[kind].split())


@cache
def nouns() -> dict[str, str]:
    """Nouns that take "a", each with what it is."""
    # A word of two kinds is the first of them: a bat flies.
    kinds = (SOMEWHERE, SOMETHING, SOMEBODY)
    return {noun: kind for kind in kinds for noun in sorted(words(kind))}


def with_article(noun: str) -> str:
    """The noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeio' or noun == 'umbrella' else 'a'} {noun}"
