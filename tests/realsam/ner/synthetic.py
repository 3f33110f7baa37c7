"""A tiny synthetic set, as presidio-research writes one: templates with fillers."""

import json
import random
from pathlib import Path

from realsam.ner.corpus import Sentence, Span

FILLERS = {
    "PERSON": ("Zoë", "Ann Lee", "Žižek", "Bob", "Mia O'Neil", "李明"),
    "GPE": ("Wien", "New Zealand", "Peru", "Malmö"),
    "PHONE_NUMBER": ("555 1234", "+43 1 234 567", "020-7946"),
}
TEMPLATES = (
    "My name is {PERSON}.",
    "{PERSON} lives in {GPE}.",
    "Please call {PERSON} at {PHONE_NUMBER} today.",
    "I come from {GPE}, near the sea.",
    "Is {GPE} nice?",
    "The number of {PERSON} is {PHONE_NUMBER}.",
    "What is my limit?",
    "Did you see {PERSON} and {PERSON} in {GPE}?",
    "Phone: {PHONE_NUMBER}\nName: {PERSON}",
    "Nobody lives in {GPE}.",
)


def sentences(n: int = 60, seed: int = 0) -> list[Sentence]:
    """N sentences, of all templates in turn."""
    draw = random.Random(seed)
    return [_filled(TEMPLATES[i % len(TEMPLATES)], draw) for i in range(n)]


def _filled(template: str, draw: random.Random) -> Sentence:
    text, spans = "", []
    for part in template.replace("}", "{").split("{"):
        if part in FILLERS:
            value = draw.choice(FILLERS[part])
            spans.append(Span(len(text), len(text) + len(value), part))
            part = value  # noqa: PLW2901
        text += part
    return Sentence(text, tuple(spans))


def row(sentence: Sentence) -> dict[str, object]:
    """A sentence as JSON has it."""
    names = ("start_position", "end_position", "entity_type")
    spans = [
        dict(zip(names, (s.start, s.end, s.kind), strict=True)) for s in reversed(sentence.spans)
    ]
    return {"full_text": sentence.text, "spans": spans}


def written(path: Path, *args: int) -> Path:
    """A JSON file of `sentences`."""
    rows = [row(sentence) for sentence in sentences(*args)]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path
