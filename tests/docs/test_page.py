"""docs/index.html: every number, text and spike in it is what records and runs say."""

import json
import re
import shlex
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from export.bundle import SHIPPED, TALKS
from realsam.cli.main import main as realsam
from realsam.report.html.units import quantity, span
from tests.docs import reading
from tests.test_readme import command_of

EXACTNESS = reading.DOCS / "exactness"
EXPERIMENTS = reading.DOCS / "experiments"


def record(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.lava
@pytest.mark.skipif(
    not all(map(find_spec, ("lava", "torch", "jinja2"))), reason="not all backends are installed"
)
def test_the_page_is_what_its_program_makes() -> None:
    """From the templates, records and runs of now."""
    from benchmarks.page.document import page

    is_current = page() == reading.source()  # not compared by pytest, which would show 200 kB

    assert is_current, "run `python -m benchmarks.page` and look at the page"


def test_it_is_one_small_file_that_asks_for_nothing() -> None:
    """No address of the network in it, and a policy that would forbid the request."""
    page = reading.source()

    assert reading.PAGE.stat().st_size < 300_000
    assert not re.search(
        r"https?://|url\((?!#)|@import|@font-face|<script src|<link rel=.styl", page
    )
    assert "default-src 'none'" in page


@pytest.mark.parametrize("seed", range(4))
def test_samples_are_what_the_shipped_model_writes(seed: int, tmp_path: Path) -> None:
    """The command below the sample, on the simulator: same text, same spikes of every token."""
    found, tokens = reading.samples()[seed]
    command = f'realsam generate --prompt "Once upon a time" --seed {seed}'
    assert command in unescape(reading.section("samples"))
    told = tmp_path / "told.json"

    options = [*shlex.split(command)[1:], "--format", "json", "--report", str(told)]
    result = CliRunner().invoke(realsam, options)

    assert result.exit_code == 0, result.output
    layers = [p for p in record(told)["populations"] if p["kind"] == "lif"]
    spikes = [sum(each) for each in zip(*(p["spikes"] for p in layers), strict=True)]
    texts = [token["text"] for token in record(told)["tokens"]]
    assert json.loads(result.stdout)["text"] == found
    assert list(zip(texts, spikes, strict=True))[1:] == tokens[: len(texts) - 1]
    # The token that was chosen last is fed to nobody.
    assert [n for _, n in tokens[len(texts) - 1 :]] == [None]
    assert "".join(token for token, _ in tokens) == found


@pytest.mark.parametrize("seed", range(3))
def test_talks_are_what_the_model_that_talks_answers(seed: int) -> None:
    """The command below the talks, with the same lines through a pipe; so does its card."""
    told = reading.talks()[seed]
    lines = "".join(f"{line}\n" for line, _ in told)

    options = ["chat", "--seed", str(seed), "--format", "json"]
    result = CliRunner().invoke(realsam, options, input=lines)

    assert result.exit_code == 0, result.output
    answers = [json.loads(one)["sam"] for one in result.stdout.splitlines()]
    assert [answer for _, answer in told] == answers
    card = (TALKS / "MODEL_CARD.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("| ")]
    in_card = {row[0]: row[1:] for row in rows}
    assert [in_card[line][seed] for line, _ in told] == [a.replace("\n", " / ") for a in answers]


def test_versions_are_those_of_their_records() -> None:
    """Nats, firing and parameters; and the page beside them says the same."""
    _, *rows = reading.table("versions-table")
    guide = {row[0].partition(",")[0]: row for row in reading.markdown_rows("versions.md", "V")}

    for row, name in zip(rows, ("v1", "v2", "v3", "v4"), strict=True):
        stored = record(EXPERIMENTS / "versions" / f"{name}.json")
        ours, original = stored["rows"]
        first, last = (text["name"] for text in (stored["texts"][0], stored["texts"][-1]))
        nats = [way["scores"][first]["nats_per_token"] for way in (ours, original)]
        difference = f"{nats[0] - nats[1]:+.3f}"
        firing = f"{100 * ours['scores'][last]['firing_rate']:.1f} %"
        model = stored["model"]
        assert row[:3] == [
            name.upper(),
            f"{model['layers']} × {model['width']}",
            f"{model['vocab_size']:,}",
        ]
        numbers = [f"{ours['n_parameters']:,}", *(f"{n:.3f}" for n in nats), difference, firing]
        assert [cell.replace("−", "-") for cell in row[5:]] == numbers
        beside = guide[name.upper()]
        assert [beside[1], beside[2], beside[5], beside[6]] == numbers[1:]


def test_the_curriculum_is_that_of_its_record() -> None:
    """The phases of the first seed, the training without, and what all seeds say."""
    from benchmarks.curriculum import compared

    stored = record(EXPERIMENTS / "curriculum.json")
    _, *rows = reading.table("curriculum-table")
    with_it, without = (row for row in stored["rows"] if row["seed"] == 0)
    expected = [
        [
            *(phase["phase"], str(phase["window"]), f"{phase['epochs']:.2f}"),
            *(f"{phase[name]:.3f}" for name in ("train_nats_per_token", "nats_per_token")),
            *(f"{phase['perplexity']:,.2f}", f"{100 * phase['firing_rate']:.1f} %"),
        ]
        for phase in with_it["phases"]
    ]
    nats, firing = f"{without['nats_per_token']:.3f}", f"{100 * without['firing_rate']:.1f} %"
    last = ["without", "", "", "", nats, f"{without['perplexity']:,.2f}", firing]
    assert [*expected, last] == rows

    found = compared(stored["rows"])
    low, high = found["interval"]
    told = reading.text(reading.section("versions")).replace("−", "-")
    assert f"{found['difference']:+.3f} nats per token" in told
    assert f"interval {low:+.3f} to {high:+.3f}, {found['verdict']}" in told


def test_exactness_is_that_of_its_records() -> None:
    """How many networks, tokens and spikes were compared, and that none differs."""
    fuzz, lava, exact = (record(EXACTNESS / f"{name}.json") for name in ("fuzz", "lava", "exact"))
    found_after = record(EXACTNESS / "planted.json")["found_after"]
    found = [n for n in found_after.values() if n]

    assert reading.figures() == [
        *(
            cell
            for campaign in (fuzz["totals"], lava["totals"])
            for cell in (
                f"{campaign['networks']:,}",
                f"{campaign['networks that differ']} differ; "
                f"{campaign['spikes of neurons']:,} spikes",
            )
        ),
        f"{exact['totals']['tokens']:,}",
        f"{len(exact['differences'])} differences; {exact['totals']['spikes of neurons']:,} spikes",
        f"{len(found_after)}",
        f"{len(found)} found by the same campaign",
    ]


def test_energies_are_those_of_the_profile_that_is_named(tmp_path: Path) -> None:
    """And of what a meter has read, by `realsam report`; each with how it is known."""
    _, *rows = reading.table("energy-table")
    command = 'realsam profile --prompt "Once upon a time" --out a.run'
    told = reading.text(reading.section("energy"))
    run = tmp_path / "a.run"
    runner = CliRunner()
    played = runner.invoke(realsam, [*shlex.split(command)[1:-1], str(run)])
    assert played.exit_code == 0, played.output

    report = json.loads(runner.invoke(realsam, ["report", str(run), "--format", "json"]).stdout)

    assert f"{report['run']['n_tokens']} tokens of {command}" in told
    energies = {(row["where"], row["batch"]): row for row in report["comparison"]}
    assert len(rows) == 6
    for where, streams, energy, ends, seconds, known in rows:
        key = f"{where} (estimated)" if known == "estimated" else where
        row = energies[key, int(streams.replace(",", ""))]
        joules = row["energy_j_per_token"]
        low, high = row["energy_low_j"], row["energy_high_j"]
        assert known == row["energy_is"]
        assert energy == (quantity(joules, "J") if joules else "")
        assert ends == (span(low, high, "J") if joules else "")
        assert seconds == (quantity(row["seconds_per_token"], "s") if "Loihi" not in where else "")


def test_the_commands_parse() -> None:
    """Each names a command and options that there are."""
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code>", reading.section("use"), re.DOTALL)
    assert len(blocks) == 3

    for block in blocks:
        line = unescape(block).replace("\\\n", " ")
        command, arguments = command_of(shlex.split(line))
        command.make_context("test", arguments).close()


def test_links_lead_somewhere() -> None:
    """To files that exist, and to places of the page."""
    page = reading.source()
    targets = set(re.findall(r'href="([^"]*)"', page)) - {"data:,"}
    assert len(targets) > 20

    for target in targets:
        if target.startswith("#"):
            assert f'id="{target[1:]}"' in page
        else:
            assert (reading.DOCS / target).exists(), target


def test_the_model_is_the_shipped_one() -> None:
    """By the name of its folder."""
    assert f"<code>{SHIPPED.name}</code>" in reading.section("architecture")
