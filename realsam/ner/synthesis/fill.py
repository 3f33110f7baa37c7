r"""Marked sentences out of templates: a text with a slot such as {PERSON} for each entity.

A template is a line; \n in it is the end of a line of its text, and a line that begins with # is
none. `templates.txt` beside this file holds those that come with Real Sam.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from realsam.documents import read_text
from realsam.entities import Span
from realsam.errors import BackendUnavailableError, DataError
from realsam.ner.corpus import Sentence

OWN = Path(__file__).with_name("templates.txt")
_SLOT = re.compile(r"\{([^{}]*)\}")
_MARKS = {"JOB": "TITLE"}  # values whose entity is of another kind


def read_templates(path: Path = OWN) -> list[str]:
    """The templates of a file, which may be packed (.xz, .gz).

    Raises:
        BackendUnavailableError: if Faker is not installed.
        DataError: if the file is not readable, has no template, or has a slot of no kind.
    """
    if find_spec("faker") is None:
        raise BackendUnavailableError(
            "invented values need Faker",
            "install the extra `data`: pip install -c constraints.txt -e '.[data]'",
        )
    from realsam.ner.synthesis.fakes import Fakes

    templates = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        for kind in slots(line):
            if kind not in Fakes.kinds:
                raise DataError(
                    f"{path}: line {number}: {{{kind}}} is of no kind",
                    f"use {', '.join(Fakes.kinds)}",
                )
        templates.append(line.replace("\\n", "\n"))
    if not templates:
        raise DataError(f"{path}: no template in it", "give at least one line")
    return templates


def slots(template: str) -> list[str]:
    """What stands in the braces of a template, from left to right."""
    return _SLOT.findall(template)


def marked_as(given: Sequence[str]) -> dict[str, str]:
    """The kinds that another corpus has, by ours, of options such as PERSON=person.

    Raises:
        DataError: if one is no such pair, or names no kind of ours.
    """
    from realsam.ner.synthesis.fakes import Fakes

    kinds, names = sorted({_kind(slot) for slot in Fakes.kinds}), {}
    for pair in given:
        kind, _, name = pair.partition("=")
        if kind not in kinds or not name.strip():
            raise DataError(
                f"--kind {pair}: is no KIND=NAME",
                f"give a name for one of {', '.join(kinds)}, such as PERSON=person",
            )
        names[kind] = name.strip()
    return names


def of_kinds(templates: Sequence[str], kinds: Collection[str]) -> list[str]:
    """Those templates all of whose entities are of these kinds, or that have none."""
    return [one for one in templates if set(map(_kind, slots(one))) <= set(kinds)]


def filled(
    templates: Sequence[str], copies: int, seed: int, names: Mapping[str, str] | None = None
) -> Iterator[Sentence]:
    """Each template `copies` times, with new values in its slots.

    Args:
        templates: of `read_templates`.
        copies: of each template, 1 or more.
        seed: of the values; they are the same for one version of Faker.
        names: of kinds, where they are not to be ours.
    """
    from realsam.ner.synthesis.fakes import Fakes

    fakes = Fakes(seed)
    for _ in range(copies):
        for template in templates:
            sentence = _sentence(template, fakes.value)
            if names:
                spans = (
                    replace(span, kind=names.get(span.kind, span.kind)) for span in sentence.spans
                )
                sentence = replace(sentence, spans=tuple(spans))
            yield sentence


def _kind(slot: str) -> str:
    return _MARKS.get(slot, slot)


def _sentence(template: str, value: Callable[[str], str]) -> Sentence:
    text, spans, end = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        put = value(slot[1])
        spans.append(Span(len(text), len(text) + len(put), _kind(slot[1])))
        text, end = text + put, slot.end()
    return Sentence(text + template[end:], tuple(spans))
