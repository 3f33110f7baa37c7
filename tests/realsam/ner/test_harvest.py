"""Templates of prose: each rule on a little text, and what holds for all that is written."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("faker", reason="Faker is not installed: the extra `data`")
from realsam.ner.synthesis.capitals import Capitals
from realsam.ner.synthesis.fill import filled, read_templates
from realsam.ner.synthesis.harvest import Harvest, sentences
from realsam.ner.synthesis.known import FIRST, Known

NAMES = ("Anna", "Adam", "Mary", "Tom", "Zorgon", "Elsa", "Atlantis")
WORDS = (
    *("a", "the", "he", "she", "they", "we", "it", "in", "on", "at", "and", "go", "then", "polish"),
    *("turkey", "rose", "may", "yellow", "bear", "street", "to", "king", "north", "is", "native"),
)


def capitals() -> Capitals:
    """What a text says in which NAMES are names and WORDS are none."""
    counted = Capitals()
    for name in NAMES:
        counted.add(f"and {name} ran, " * 3)
    for word in WORDS:
        counted.add(f"so {word} is, " * 60)
    counted.add("so santa is, " * 60 + "so Santa is, " * 1300)
    counted.add("so Canadian is, " * 3)
    return counted


CAPITALS = capitals()


def templates(sentence: str, n: int = 1000) -> Counter[str | None]:
    """What becomes of a sentence, over and over."""
    harvest = Harvest(CAPITALS, 0)
    return Counter(harvest.template(sentence) for _ in range(n))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("They saw Anna run.", "They saw {PERSON} run."),
        ("Anna's dog ran to Adam.", "{PERSON}'s dog ran to {PERSON}."),
        ("They saw Mary B. Smith run.", "They saw {PERSON} run."),
        ("They saw Tom Zorgon run.", "They saw {PERSON} run."),
        ("Then Anna and I ran.", "Then {PERSON} and I ran."),
        ('She said, "Go to Anna."', 'She said, "Go to {PERSON}."'),
        ("They saw Mr. Zorgon run.", "They saw {TITLE} {PERSON} run."),
        ("They saw Mrs Bear run.", "They saw {TITLE} {PERSON} run."),
        ("We saw Dr. Anna Smith.", "We saw {TITLE} {PERSON}."),
        ("They left New York City.", "They left {GPE}."),
        ("We left Boston, Massachusetts.", "We left {GPE}."),
        ("We left Boston, and Texas.", "We left {GPE}, and {GPE}."),
        ("We left the U.S. and St. Louis.", "We left the {GPE} and {GPE}."),
        ("We went to Turkey.", "We went to {GPE}."),
        ("They live in Paris now.", "They live in {GPE} now."),
        ("They gave Anna Canadian bears.", "They gave {PERSON} {NRP} bears."),
        ("We met two Canadians.", "We met two {NRP}."),
        ("It is a Polish song.", "It is a {NRP} song."),
        ("They work at Google now.", "They work at {ORGANIZATION} now."),
        ("The University of Chicago it is.", "The {ORGANIZATION} it is."),
        ("The Boston University team.", "The {ORGANIZATION} team."),
        ("We met on Friday.", "We met on {DATE_TIME}."),
        ("We met on Friday, June 3rd, 1987.", "We met on {DATE_TIME}."),
        ("We met on 3 May 1987.", "We met on {DATE_TIME}."),
        ("We met in May, in rain.", "We met in {DATE_TIME}, in rain."),
        ("We met on March 3.", "We met on {DATE_TIME}."),
        ("It was in 1987.", "It was in {DATE_TIME}."),
        ("We met at 5:30 pm.", "We met at {DATE_TIME}."),
        ("We met at 5 p.m. or so.", "We met at {DATE_TIME} or so."),
        ("She is 9 years old.", "She is {AGE} years old."),
        ("Adam, aged 9, ran.", "{PERSON}, aged {AGE}, ran."),
        ("Adam turned 19 today.", "{PERSON} turned {AGE} today."),
        ("Then at age 9 Adam ran.", "Then at age {AGE} {PERSON} ran."),
        # Numbers that are no dates, and words that are no names.
        ("It was 1500 miles to go.", "It was 1500 miles to go."),
        ("It is $1987 in all.", "It is $1987 in all."),
        ("Go to page 7 now, Adam.", "Go to page 7 now, {PERSON}."),
        ("It was 1850 sheep to go.", "It was 1850 sheep to go."),
        ("They saw 1 to 1800 kg of bears.", "They saw 1 to 1800 kg of bears."),
        ("Go to page 3:16 now, Adam.", "Go to page 3:16 now, {PERSON}."),
        ("We met at 5:30 to go.", "We met at {DATE_TIME} to go."),
        ("The car turned 90 bears.", "The car turned 90 bears."),
        ("Then Adam turned 90.", "Then {PERSON} turned {AGE}."),
        ("We met in June.", "We met in {DATE_TIME}."),
        ("They left from 1987 to 1992.", "They left from {DATE_TIME} to {DATE_TIME}."),
        ("May Adam go in 5 days?", "May {PERSON} go in 5 days?"),
        ("Polish the 2 shoes.", "Polish the 2 shoes."),
        ('"Turkey is fine," he said.', '"Turkey is fine," he said.'),
    ],
)
def test_known_names_are_slots(sentence: str, expected: str) -> None:
    """Of every kind; the rest stays as it is."""
    found = set(templates(sentence, 50))

    if sentence.startswith("She"):  # may be {PERSON}
        found = {text.replace("{PERSON} ", "She ", 1) if text else text for text in found}
    assert found == {expected}


@pytest.mark.parametrize(
    "sentence",
    [
        "They saw Xylo run.",  # never seen
        "They saw Elsa and Adam.",  # a name of the text that is no first name
        "Zorgon ran to Adam.",
        "They saw Santa and Adam.",  # a name that is also a word
        "Then Adam left Atlantis.",
        "They saw Rose run.",  # a first name that the text has as a word
        "They saw April and Adam.",  # person or month
        "Her name is June.",
        "It is 1987 in all.",  # year or number
        "It is a 2000-bear song.",
        "Rose ran to Adam.",
        "They met Sydney and Adam.",  # place or person
        "They met Christian and Adam.",
        "They live on Boston Street.",  # a part of a name
        "They live at 12 Street.",
        "It is the Yellow American bear.",
        "North Boston is big.",
        "They saw Anna Bear run.",
        "They saw Anna-bear run.",
        "It is the Native American way.",
        "Native Americans it is.",
        "They saw 3 iPhones.",
        "They saw the McBear.",
        "They saw Élan and Adam.",
        "Adam, go to {PERSON}.",
        "Adam said a\\nb to it.",
        "Adam is ben@bear.org now.",
        "Adam is at bear.com now.",
        "Adam has 555-1234 now.",
        "Adam has 12345 bears.",
        "Adam has\0two bears.",
    ],
)
def test_what_is_not_sure_is_left_out(sentence: str) -> None:
    """Always."""
    assert set(templates(sentence)) == {None}


@pytest.mark.parametrize(
    ("sentence", "changed", "share"),
    [
        ("Adam is in the Yellow street.", "{PERSON} is in the Yellow street.", 0.15),
        ("They go to the north.", "They go to the north.", 0.15),
        ("They go, and I go.", "They go, and I go.", 1),
        ("They go to 3 bears.", "They go to 3 bears.", 1),
        ('"It is the bear!"', '"It is the bear!"', 1),
        ("She left in 1987.", "{PERSON} left in {DATE_TIME}.", 0.3),
        ("She left in 1987.", "She left in {DATE_TIME}.", 0.7),
        ("He and Adam left.", "He and {PERSON} left.", 1),
        ("She's in 3 bears.", "She's in 3 bears.", 1),
        ("He is in the street.", "{PERSON} is in the street.", 0.15 * 0.3),
    ],
)
def test_shares_are_drawn(sentence: str, changed: str, share: float) -> None:
    """Of works, of sentences without slot, of pronouns: within four deviations."""
    n = 4000
    deviation = (n * share * (1 - share)) ** 0.5

    assert abs(templates(sentence, n)[changed] - n * share) <= 4 * deviation


def test_a_name_has_a_capital_twenty_times_as_often() -> None:
    """At least three times, inside sentences."""
    counted = Capitals()
    counted.add("so Adam, so Adam. Adam ran. Mary ran. " + "so Anna, " * 20 + "so Tom, " * 21)
    counted.add("so anna, so tom, so Elsa, so Elsa, so Elsa.")

    assert counted.proper == {"tom", "elsa"}


def test_sentences_end_where_they_end() -> None:
    """Not behind titles and initials, but in the next line; without Markdown."""
    text = (
        '## We met **Mr. Bear** here.\n- He met J. B. Bear, and\nhe ran. "Go on, bear!" '
        "He ran off then!"
        "\n1. It was I. They laughed.\nShort.\n" + 25 * "far too long "
    )

    assert list(sentences(text)) == [
        "We met Mr. Bear here.",
        "He met J. B. Bear, and he ran.",
        '"Go on, bear!"',
        "He ran off then!",
        "They laughed.",
    ]


def test_what_is_written_is_read_and_names_nobody(tmp_path: Path) -> None:
    """Of random sentences: every line is a template, and no known name is left in one."""
    rng, harvest, known = random.Random(0), Harvest(CAPITALS, 0), Known(CAPITALS)
    places = ("Boston", "Texas", "New York", "American", "Mr.", "Google", "Friday", "May", "1987")
    odd = ("{", "#", "\\", "“", ",", ".", '"', "9 years old", "I", "5 pm", "Xylo", "Sydney")
    pool = (*NAMES, *WORDS, *WORDS, *WORDS, *places, *odd)
    lines = {}
    for _ in range(20_000):
        sentence = " ".join(rng.choices(pool, k=rng.randint(3, 8)))
        if template := harvest.template(sentence):
            lines[template] = sentence
    path = tmp_path / "t.txt"
    path.write_text("".join(f"{line}\n" for line in lines if not line.startswith("#")))

    found = read_templates(path)

    assert len(found) > 1000
    first = FIRST.intersection(NAMES)
    for line in found:
        rest = re.sub(r"\{\w+\}", "\0", line)
        assert not first & set(re.findall("[A-Za-z]+", rest)), (lines[line], line)
        assert not known.spans(rest), (lines[line], line)
    kinds = {span.kind for one in filled(found, 1, 0) for span in one.spans}
    assert len(kinds) == 7
