"""The page as text: complete, escaped, and unable to ask for anything."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from realsam.report import html
from tests.realsam.report.html.reports import HOSTILE, report


class Page(HTMLParser):
    """What a browser would take the page for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Elements with their attributes."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text, and apart from it what is in script elements."""
        (self.scripts if self.cdata_elem == "script" else self.texts).append(data)

    @property
    def data(self) -> dict[str, Any]:
        """What the scripts read."""
        return dict(json.loads(self.scripts[0]))


HOSTILE_REPORT = report(HOSTILE, layers=HOSTILE[:3])
FOREIGN = {"src", "href", "srcset", "action", "data", "poster", "background"}


def test_asks_for_nothing() -> None:
    """No element names another file, and the policy forbids every request."""
    page = Page(html.render(report()))

    assert not [(tag, FOREIGN & set(attributes)) for tag, attributes in page.elements
                if FOREIGN & set(attributes)]  # fmt: skip
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy


def test_policy_names_the_scripts_of_the_page_and_no_other() -> None:
    """By their hashes."""
    page = Page(html.render(report()))
    policy = next(a["content"] or "" for t, a in page.elements if a.get("http-equiv"))

    hashes = [b64encode(sha256(s.encode()).digest()).decode() for s in page.scripts[1:]]
    assert hashes == re.findall(r"'sha256-([^']+)'", policy)
    assert len(hashes) == 2


def test_hostile_text_makes_no_elements() -> None:
    """The page has the elements of one with harmless text."""
    harmless = Page(html.render(report(["word"] * len(HOSTILE), layers=["a", "b", "c"])))

    hostile = Page(html.render(HOSTILE_REPORT))

    assert [tag for tag, _ in harmless.elements] == [tag for tag, _ in hostile.elements]
    assert [set(a) for _, a in harmless.elements] == [set(a) for _, a in hostile.elements]
    assert harmless.scripts[1:] == hostile.scripts[1:]


def test_hostile_text_is_shown_as_it_is() -> None:
    """Nothing of it is lost but what no file can hold."""
    page = Page(html.render(HOSTILE_REPORT))

    for text in HOSTILE[:6]:
        assert text in page.texts
    assert page.data["tokens"][0]["label"] == HOSTILE[0].replace(" ", "␣")
    assert "[U+202E]live" in page.texts


def test_page_can_be_written() -> None:
    """Half a character is no UTF-8."""
    html.render(HOSTILE_REPORT).encode("utf-8")


def test_data_are_those_of_the_report() -> None:
    """The raster reads the spikes as they were recorded."""
    told = report()

    data = Page(html.render(told)).data

    assert told["events"] == data["events"]
    activity = data["charts"]["activity"]["datasets"]["rows"]
    assert [p["spikes"] for p in told["populations"] if p["kind"] == "lif"] == [
        [row["spikes"] for row in activity if row["population"] == name]
        for name in ("layer1", "memory.core")
    ]
    energy = data["charts"]["energy"]["datasets"]["rows"]
    assert [t["pj"] * 1e-12 for t in told["energy"]["tables"][0]["terms"]] == [
        row["joules"] for row in energy if row["table"] == "loihi1"
    ]


def test_links_between_the_same_populations_are_one_cell() -> None:
    """Two projections from one population to another are summed."""
    told = report()
    told["links"] = 2 * told["links"][:1]

    (cell,) = Page(html.render(told)).data["charts"]["projections"]["datasets"]["rows"]

    assert sum(told["links"][0]["synops"]) * 2 / len(told["tokens"]) == cell["synops"]


def test_what_is_not_measured_says_so() -> None:
    """In the table, and the chart has no mark of it."""
    page = Page(html.render(report()))

    assert "not measured here" in page.texts
    marks = page.data["charts"]["comparison"]["datasets"]["rows"]
    assert [row["where"] for row in marks] == ["Loihi 1", "GPU, batched"]


def test_ablation_and_other_run_are_shown() -> None:
    """Where they are in the report."""
    told = report()
    told["ablation"] = {"group": "memory", "nats_per_token": 2.07, "nats_per_token_without": 3.5}
    told["against"] = {
        "run": {**told["run"], "backend": "lava-fused"},
        "differences": 3,
        "first_difference": "token 5, layer1[3]: spikes 0 (sim) and 1 (lava-fused)",
        "totals": told["totals"],
    }

    text = " ".join("".join(Page(html.render(told)).texts).split())

    assert "With memory silenced the text costs 3.50 nats per token instead of 2.07." in text
    assert "3 spikes differ, first at token 5, layer1[3]" in text


@pytest.mark.parametrize("texts", [(), ("one",)])
@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("layers", [(), ("only",)])
def test_extremes_are_drawn(texts: tuple[str, ...], share: float, layers: tuple[str, ...]) -> None:
    """No tokens, silence, all neurons, no layer: a page without NaN."""
    page = html.render(report(texts, share, layers))

    told = "".join(Page(page).texts)
    assert "nan" not in told.lower().split()
    assert ("This run has no tokens." in told) == (texts == ())


def test_bare_report_is_drawn() -> None:
    """Whatever may be absent is."""
    told = report([])
    told["run"] |= {"seed": None, "temperature": None, "nats_per_token": None, "versions": {}}
    told["energy"]["tables"], told["comparison"], told["groups"] = [], [], []
    told["populations"], told["links"], told["events"] = [], [], {}

    assert Page(html.render(told)).data["charts"] == {}


def test_same_report_gives_the_same_bytes() -> None:
    """Reports can be compared."""
    assert html.render(report()) == html.render(report())
