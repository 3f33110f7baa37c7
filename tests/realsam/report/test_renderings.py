"""The whole report as JSON, text, CSV and a page; of nothing, of silence, of everything."""

import csv
import io
import json
import re
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from realsam.errors import ReportError
from realsam.report import (
    STYLES,
    Ablation,
    Report,
    load_costs,
    render,
    require_style,
    set_against,
    to_json,
)
from tests.realsam.report.profiles import EVERYTHING, SILENCE, named, profile, report

KEYS = {
    "": [
        *("format", "kind", "model", "run", "tokens", "populations", "links", "groups", "totals"),
        *("energy", "comparison", "ablation", "against", "events"),
    ],
    "model": [
        *("name", "network", "neurons", "synapses", "steps_per_token", "vocab_size", "readout"),
    ],
    "run": [
        *("backend", "versions", "n_tokens", "prompt_tokens", "tokens_per_second", "seconds"),
        *("seed", "temperature", "top_k", "top_p", "repetition_penalty", "text"),
        *("nats_per_token", "differences"),
    ],
    "tokens": [
        *("id", "text", "generated", "nats", "spikes", "synops", "updates", "updates_event"),
        *("messages", "host_macs", "energy_pj", "seconds"),
    ],
    "populations": [
        *("name", "kind", "group", "neurons", "synapses", "firing_rate", "activation_sparsity"),
        *("connection_sparsity", "spikes", "synops", "synops_dense", "updates", "updates_event"),
        "messages",
    ],
    "links": [
        *("source", "target", "projection", "synapses", "stored", "synops", "synops_dense"),
    ],
    "groups": [
        *("name", "populations", "neurons", "firing_rate", "activation_sparsity"),
        *("spikes_share", "synops_share"),
    ],
    "totals": [
        *("spikes", "firing_rate", "activation_sparsity", "connection_sparsity", "synops"),
        *("synops_dense", "updates", "updates_event", "messages", "host_macs", "footprint_bytes"),
    ],
    "comparison": [
        *("where", "seconds_per_token", "energy_j_per_token", "energy_low_j", "energy_high_j"),
        *("energy_is", "batch", "differences", "source"),
    ],
}
CASES = {
    "no tokens": [],
    "silence": [SILENCE, SILENCE],
    "everything": [EVERYTHING, EVERYTHING],
    "more than once": [[255] * 6],
}
every_case = pytest.mark.parametrize("tokens", CASES.values(), ids=CASES)


@pytest.mark.parametrize("part", KEYS)
def test_json_keys_are_stable(part: str) -> None:
    """Programs and the page read them; a change needs a new format number."""
    values: Any = to_json(report(EVERYTHING))
    found = values[part] if part else values

    assert KEYS[part] == list(found[0] if isinstance(found, list) else found)
    assert (values["format"], values["kind"]) == (1, "report")


@every_case
@pytest.mark.parametrize("style", ["text", "json", "csv"])
def test_no_output_holds_what_is_no_number(style: str, tokens: list[list[int]]) -> None:
    """Nothing is NaN or infinite, whatever the neurons did."""
    other = set_against(profile(*tokens), profile(*tokens), [load_costs()])

    text = render(style, report(*tokens), other)

    assert not re.search(r"\b(nan|inf|infinity)\b", text, re.IGNORECASE)


@every_case
def test_json_is_plain(tokens: list[list[int]]) -> None:
    """No numpy numbers; lists as long as the run."""
    values = to_json(report(*tokens))

    assert values == json.loads(json.dumps(values, allow_nan=False))
    assert len(values["tokens"]) == len(tokens)
    for part in (*values["populations"], *values["links"]):
        assert {len(v) for v in part.values() if isinstance(v, list)} == {len(tokens)}


def test_rates_are_rates() -> None:
    """0 of silence, 1 of everything."""
    silent, full = (to_json(report(tokens))["totals"] for tokens in (SILENCE, EVERYTHING))

    assert (silent["firing_rate"], silent["activation_sparsity"]) == (0, 1)
    assert (full["firing_rate"], full["activation_sparsity"]) == (1, 0)


def test_tokens_add_up() -> None:
    """Populations, links and tokens are three views of the same counts."""
    values = to_json(report(EVERYTHING, [0, 1, 3, 0, 0, 1], SILENCE))
    tokens = values["tokens"]

    for name in ("synops", "messages", "updates_event"):
        each = zip(*(p[name] for p in values["populations"]), strict=True)
        assert [t[name] for t in tokens] == [sum(column) for column in each]
    links = zip(*(q["synops"] for q in values["links"]), strict=True)
    assert [t["synops"] for t in tokens] == [sum(column) for column in links] == [6, 7, 0]
    spiking = zip(*(p["spikes"] for p in values["populations"][1:]), strict=True)
    assert [t["spikes"] for t in tokens] == [sum(column) for column in spiking]


def test_first_token_has_no_nats() -> None:
    """Nothing came before it; the second was sampled after a prompt of one."""
    tokens = to_json(report(EVERYTHING, SILENCE))["tokens"]

    assert [(t["nats"], t["generated"], t["text"]) for t in tokens] == [
        (None, False, "a"),
        (0.5, True, "b"),
    ]


def test_events_name_the_neurons() -> None:
    """Once each, however often they fired."""
    events = to_json(report([1, 0, 0, 3, 1, 1], SILENCE))["events"]

    assert events == {"in": [[0], []], "a": [[1], []], "b": [[0, 1], []]}


def test_energy_moves_with_its_terms() -> None:
    """Each table has a range, the dominant term, and what each term does to the total."""
    for table in to_json(report(EVERYTHING))["energy"]["tables"]:
        total = table["total_pj"]
        assert total["low"] <= total["mid"] <= total["high"]
        middle = pytest.approx(total["mid"])
        assert table["dominant"] in [term["name"] for term in table["terms"]]
        for term in table["terms"]:
            low, high = term["total_pj"]["low"], term["total_pj"]["high"]
            assert low + term["pj"] - term["pj_low"] == middle
            assert high - term["pj_high"] + term["pj"] == middle


def test_text_has_all_parts() -> None:
    """For people; the groups only where there are some."""
    given = replace(profile(EVERYTHING, network=named("memory.core", "memory.gate")))
    given = replace(given, ablation=Ablation("memory", 1.0, 2.5))
    other = set_against(given, given, [load_costs()])

    text = render("text", Report(given, (load_costs(),)), other)

    assert "tiny: 1 tokens, 1 given" in text
    assert "1 tokens/s on reference (" in text
    assert "unlike the simulator's: 0" in text
    assert re.search(r"^memory +2 +4 +100.00% +100.0% +66.7%$", text, re.MULTILINE)
    assert "neuron updates        16 clocked, 1.0 event-wise" in text
    assert re.search(r"^loihi1 +synops +6 +23.6 \(23.6..27.1\)", text, re.MULTILINE)
    assert "Loihi 1 (estimated)" in text
    assert "not measured here" in text
    assert "without memory: 2.5000 nats per token, with it 1.0000" in text
    assert text.endswith("spikes and voltages that differ: 0\n")


def test_text_leaves_out_what_is_not_there() -> None:
    """No groups, no ablation, no other run."""
    text = render("text", report(EVERYTHING))

    assert not re.search("^group |^without |that differ", text, re.MULTILINE)


def test_csv_has_a_row_per_token_and_population() -> None:
    """Whatever the text holds."""
    given = profile(EVERYTHING, [0, 1, 3, 0, 0, 1])
    given = replace(given, text=replace(given.text, pieces=('a,"\n', "=1")))

    rows = list(csv.DictReader(io.StringIO(render("csv", Report(given, (load_costs(),))))))

    assert len(rows) == 2 * 3
    assert rows[0]["text"] == 'a,"\n'
    assert rows[4] | {"token": "1", "population": "a", "spikes": "3", "synops": "6"} == rows[4]
    assert (rows[4]["updates"], rows[4]["updates_event"], rows[4]["messages"]) == ("8", "1", "6")


def test_page_is_built_from_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """And from nothing else."""
    page = ModuleType("page")
    page.render = lambda values: f"<html>{values['totals']['synops']}</html>"
    monkeypatch.setitem(sys.modules, "realsam.report.html", page)

    assert render("html", report(EVERYTHING)) == "<html>6.0</html>"


def test_missing_library_of_the_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the work."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'plotter'", name="plotter")

    monkeypatch.setattr("realsam.report.styles.import_module", missing)

    with pytest.raises(ReportError, match="html needs plotter; install realsam with its extra"):
        require_style("html")
    for style in set(STYLES) - {"html"}:
        require_style(style)
