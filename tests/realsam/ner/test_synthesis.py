"""Templates with invented values: marked where they stand, equal for equal seeds."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from realsam.errors import BackendUnavailableError, DataError
from realsam.ner.corpus import read_sentences
from realsam.ner.synthesis import fill
from realsam.ner.synthesis.fill import filled, marked_as, of_kinds, read_templates
from realsam.ner.templates import template
from tests.export.corpus import CORPUS

pytest.importorskip("faker", reason="Faker is not installed: the extra `data`")
from realsam.ner.synthesis import fakes
from realsam.ner.synthesis.fakes import Fakes

GUIDE = Path(__file__).parents[3] / "docs" / "ner.md"
PRESIDIO = CORPUS.parent / "data" / "ner" / "presidio_synth_v2.json.xz"


def written(path: Path, text: str) -> Path:
    """A file of templates."""
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", Fakes.kinds)
def test_a_kind_has_many_values(kind: str) -> None:
    """None is empty or has white space around it, or an unfilled part."""
    drawn = Fakes(1)
    values = [drawn.value(kind) for _ in range(200)]

    assert all(value and value == value.strip() and "<" not in value for value in values)
    assert len(set(values)) >= 10


def test_values_look_like_what_they_are() -> None:
    """As far as a pattern can tell."""
    drawn = Fakes(2)
    shapes = {
        "AGE": r"\d{1,2}",
        "EMAIL_ADDRESS": r"[^@\s]+@[^@\s]+\.\w+",
        "CREDIT_CARD": r"[\d ]{11,24}",
        "US_SSN": r"\d{3}-\d\d-\d{4}",
        "IP_ADDRESS": r"(\d{1,3}(\.\d{1,3}){3})|([0-9a-fA-F:]+)",
    }
    for kind, shape in shapes.items():
        for value in (drawn.value(kind) for _ in range(100)):
            assert re.fullmatch(shape, value), (kind, value)


def test_entities_stand_where_the_slots_were(tmp_path: Path) -> None:
    """Between the words of the template, in each copy with other values."""
    path = written(tmp_path / "t.txt", "# none\n\n{PERSON}, {JOB}\\nof {GPE}.\nNo slot\n")

    found = list(filled(read_templates(path), 3, 0))

    assert len(found) == 6
    for one in found[::2]:
        assert [span.kind for span in one.spans] == ["PERSON", "TITLE", "GPE"]
        values = [one.text[span.start : span.end] for span in one.spans]
        assert one.text == "{}, {}\nof {}.".format(*values)
    assert {one.text for one in found[1::2]} == {"No slot"}
    assert len({one.text for one in found[::2]}) == 3


def test_a_seed_gives_the_same_sentences(tmp_path: Path) -> None:
    """Another seed gives others."""
    path = written(tmp_path / "t.txt", "{PERSON} {STREET_ADDRESS} {DATE_TIME} {ORGANIZATION}\n")

    texts = read_templates(path)
    assert list(filled(texts, 5, 7)) == list(filled(texts, 5, 7)) != list(filled(texts, 5, 8))


def test_a_seed_gives_them_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No value asks what time it is."""
    from faker.providers.date_time import Provider

    end_of = Provider._parse_end_datetime

    def refusing_now(value: Any) -> int:
        assert value is not None
        return int(end_of(value))

    monkeypatch.setattr(Provider, "_parse_end_datetime", staticmethod(refusing_now))

    made = Fakes(0)

    assert all(made.value(kind) for _ in range(60) for kind in Fakes.kinds)


def test_kinds_get_the_names_of_another_corpus(tmp_path: Path) -> None:
    """Templates that have others are left out; a job is a title."""
    path = written(
        tmp_path / "t.txt", "{PERSON} of {GPE}\nthe {JOB} {PERSON}\nNo slot\n{PERSON} at {AGE}\n"
    )
    names = marked_as(["PERSON=person", "GPE=location", "TITLE= work "])

    texts = of_kinds(read_templates(path), names)
    found = [[span.kind for span in one.spans] for one in filled(texts, 1, 0, names)]

    assert found == [["person", "location"], ["work", "person"], []]
    assert of_kinds(read_templates(path), {}) == ["No slot"]


@pytest.mark.parametrize("pair", ["PERSON", "PERSON=", "PERSON= ", "JOB=x", "person=x", "=x", ""])
def test_pairs_that_name_nothing_are_refused(pair: str) -> None:
    """With the kinds that there are."""
    with pytest.raises(DataError, match=re.escape(f"--kind {pair}: is no KIND=NAME; give a name")):
        marked_as([pair])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hi {PERSON}\nand {NAME}", "line 2: {NAME} is of no kind; use PERSON, TITLE"),
        ("Hi {}", "line 1: {} is of no kind"),
        ("Hi {person}", "line 1: {person} is of no kind"),
        ("Hi {first-name}", "line 1: {first-name} is of no kind"),
        ("Hi { GPE }", "line 1: { GPE } is of no kind"),
        ("\n# only this\n", "no template in it; give at least one line"),
    ],
)
def test_bad_templates_are_named(tmp_path: Path, text: str, message: str) -> None:
    """With their line."""
    path = written(tmp_path / "bad.txt", text)

    with pytest.raises(DataError, match=re.escape(f"{path}: {message}")):
        read_templates(path)


def test_without_faker_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.setattr(fill, "find_spec", lambda _: None)

    with pytest.raises(BackendUnavailableError, match="need Faker; install the extra `data`"):
        read_templates()


def test_our_own_templates_are_many_and_all_different() -> None:
    """Every kind is in 35 of them at least, and one in ten has no slot at all."""
    found = read_templates()

    slots = [set(re.findall(r"\{(\w+)\}", one)) for one in found]
    spread = Counter(kind for kinds in slots for kind in kinds)
    assert min(spread[kind] for kind in Fakes.kinds) >= 35
    assert sum(not kinds for kinds in slots) > len(found) / 10
    assert len({" ".join(one.casefold().split()) for one in found}) == len(found)


def test_the_guide_counts_what_there_is() -> None:
    """Templates, countries, kinds, and the sentences of six copies."""
    found = read_templates()
    kinds = {span.kind for one in filled(read_templates(), 1, 0) for span in one.spans}
    countries = {locale.rpartition("_")[2] for locale in fakes._LOCALES}

    guide = " ".join(GUIDE.read_text(encoding="utf-8").split())

    for told in (
        f"the {len(found):,} that come with Real Sam",
        f"of {len(countries)} countries,",
        f"all {len(kinds)} kinds,",
        f"# {6 * len(found):,} marked sentences about nobody",
    ):
        assert told in guide


@pytest.mark.skipif(not PRESIDIO.is_file(), reason="presidio's sentences are not here")
def test_our_own_templates_are_not_those_of_the_test() -> None:
    """But for the shortest, which `train --also` leaves out when they are held out."""
    theirs = {template(one) for one in read_sentences(PRESIDIO)}
    ours = {template(one) for one in filled(read_templates(), 1, 0)}

    common = {name for name in ours & theirs if name.strip("{} ")}

    assert common == {"i work for {}", "my iban is {}", "zip: {}"}
