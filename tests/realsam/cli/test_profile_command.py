"""`realsam profile` and `realsam report`: from a model to what it cost, as a user would."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from export.bundle import SHIPPED, load_bundle
from realsam.cli.backends import BACKENDS, installed
from realsam.ir import ClosedLoop, Driver, Network, Run, Sampler, load_run, save_run
from realsam.report import load_profile
from realsam.vocab import END_OF_TEXT, prompt_tokens
from sim import reference
from tests.realsam.cli.conftest import call, error, everything, parsed

PROMPT = ("--prompt", "One day")
Patch = pytest.MonkeyPatch


@pytest.fixture
def recorded(small: Path, tmp_path: Path) -> Path:
    """A run of the small model: a prompt and twelve tokens."""
    out = tmp_path / "a.run"
    result = call("profile", small, *PROMPT, "--tokens", 12, "--seed", 5, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def shown(*words: object) -> dict[str, Any]:
    """The report as JSON."""
    return parsed(call("report", *words, "--format", "json"))


def test_profile_is_the_run_of_generate(small: Path, recorded: Path) -> None:
    """One seed gives one text, whichever command samples it."""
    words = ("generate", small, *PROMPT, "--tokens", 12, "--seed", 5, "--format", "json")
    text, report = parsed(call(*words)), shown(recorded)

    assert report["run"]["text"] == END_OF_TEXT + text["text"]
    assert [t["id"] for t in report["tokens"]] == text["token_ids"][:-1]
    assert report["run"]["nats_per_token"] == pytest.approx(text["nats_per_token"])
    assert report["totals"]["synops"] == text["synops_per_token"]
    assert report["energy"]["tables"][0]["total_pj"]["mid"] == text["energy_pj_per_token"]
    assert report["run"]["prompt_tokens"] == text["prompt_tokens"]
    assert (report["run"]["seed"], report["run"]["differences"]) == (5, 0)
    assert report["model"]["name"] == "model"


def test_profile_says_what_it_wrote(small: Path, tmp_path: Path) -> None:
    """And how to show it."""
    out = tmp_path / "a.run"

    text = call("profile", small, *PROMPT, "--tokens", 3, "--out", out).stdout
    about = parsed(call("profile", small, *PROMPT, "--tokens", 3, "--out", out, "--format", "json"))

    assert f" tokens of sim in {out} (" in text
    assert "; 0 differences from the simulator\n" in text
    assert text.endswith(f"show it with: realsam report {out}\n")
    assert (about["out"], about["bytes"]) == (str(out), out.stat().st_size)
    assert list(everything(tmp_path)) == ["a.run"]


def test_data_is_read_end_to_end(small: Path, text: Path, tmp_path: Path) -> None:
    """Stories with the end of text between them; every token but the first is scored."""
    bundle, out = load_bundle(small), tmp_path / "a.run"
    call("profile", small, "--data", text, "--tokens", 150, "--out", out)

    profile = load_profile(out)

    stories = [s.strip() for s in text.read_text(encoding="utf-8").split(END_OF_TEXT)]
    tokens = [bundle.host.end_of_text]
    for story in stories:
        tokens += [*bundle.vocabulary.encode(story), bundle.host.end_of_text]
    assert profile.text.tokens == tuple(tokens[:151])
    assert (profile.run.n_tokens, profile.text.n_prompt, profile.text.nats.size) == (150, 150, 150)
    assert shown(out)["run"]["seed"] is None


def test_all_of_a_short_text_is_read(small: Path, tmp_path: Path) -> None:
    """Its closing end of text is scored, too."""
    (tmp_path / "a.txt").write_text("Hi", encoding="utf-8")
    call("profile", small, "--data", tmp_path / "a.txt", "--out", tmp_path / "a.run")

    profile = load_profile(tmp_path / "a.run")

    end = load_bundle(small).host.end_of_text
    assert profile.text.tokens[0] == profile.text.tokens[-1] == end
    assert profile.run.n_tokens == len(profile.text.tokens) - 1 == profile.text.nats.size


@pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)
def test_every_backend_is_reported_alike(
    backend: str, small: Path, recorded: Path, tmp_path: Path
) -> None:
    """All counts are equal, and the two runs differ in no spike."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    out = tmp_path / "b.run"
    words = (*PROMPT, "--tokens", 12, "--seed", 5, "--backend", backend, "--out", out)
    assert call("profile", small, *words).exit_code == 0

    mine, other = shown(recorded), shown(out, "--against", recorded)

    assert (other["run"]["backend"], other["run"]["differences"]) == (backend, 0)
    assert other["against"]["differences"] == 0
    assert other["against"]["first_difference"] is None
    assert other["against"]["totals"] == mine["totals"]
    for part in ("populations", "links", "groups", "totals", "energy", "events", "model"):
        assert mine[part] == other[part]


def test_a_wrong_spike_is_told(small: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    """A backend that is not the simulator's equal is seen in the report."""

    def wrong(network: Network, driver: Driver, strict: bool = False) -> Run:
        run = reference.run(network, driver, strict)
        run.spikes["layer1"][2, 1] ^= 1
        return run

    monkeypatch.setitem(BACKENDS, "sim", wrong)
    out = tmp_path / "a.run"

    text = call("profile", small, *PROMPT, "--tokens", 3, "--out", out).stdout

    assert "; 1 differences from the simulator" in text
    assert shown(out)["run"]["differences"] == 1


def test_against_counts_what_differs(small: Path, recorded: Path, tmp_path: Path) -> None:
    """Another seed goes another way; totals stand side by side."""
    call("profile", small, *PROMPT, "--tokens", 12, "--seed", 6, "--out", tmp_path / "b.run")

    values = shown(recorded, "--against", tmp_path / "b.run")
    text = call("report", recorded, "--against", tmp_path / "b.run").stdout

    assert values["against"]["differences"] > 0
    assert values["against"]["first_difference"] in text
    assert "this run" in text


def test_ablation_is_scored(small: Path, tmp_path: Path) -> None:
    """The group, with and without."""
    out = tmp_path / "a.run"
    words = ("profile", small, *PROMPT, "--tokens", 12, "--out", out, "--ablate", "layer2")

    text = call(*words).stdout
    found = shown(out)["ablation"]

    assert found["group"] == "layer2"
    assert found["nats_per_token"] == shown(out)["run"]["nats_per_token"]
    assert f"without layer2: {found['nats_per_token_without']:.4f} nats per token" in text
    assert "without layer2: " in call("report", out).stdout


@pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")
def test_shipped_model_by_default(tmp_path: Path) -> None:
    """Its first layers matter."""
    out = tmp_path / "a.run"
    words = ("--prompt", "Once upon a time", "--tokens", 40, "--ablate", "layer1", "--out", out)

    about = parsed(call("profile", *words, "--format", "json"))

    assert about["differences"] == 0
    assert about["ablation"]["nats_per_token_without"] > about["ablation"]["nats_per_token"] + 1
    assert shown(out)["model"]["name"] == SHIPPED.name


def test_report_is_text_by_default(recorded: Path) -> None:
    """Everything that was counted."""
    text = call("report", recorded).stdout

    for part in ("layer1", "activation sparsity", "event-wise", "loihi2", "CPU, sim (this run)"):
        assert part in text


@pytest.mark.parametrize(("name", "start"), [("a.json", '{"format": 1'), ("a.csv", "token,id,")])
def test_ending_chooses_the_format(recorded: Path, tmp_path: Path, name: str, start: str) -> None:
    """What `--format` prints is what `--out` holds."""
    result = call("report", recorded, "--out", tmp_path / name)

    assert (result.exit_code, result.stdout) == (0, "")
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert written.startswith(start)
    style = name.partition(".")[2]
    assert written == call("report", recorded, "--format", style).stdout


def test_csv_is_a_table(recorded: Path) -> None:
    """A row per token and population."""
    rows = list(csv.DictReader(io.StringIO(call("report", recorded, "--format", "csv").stdout)))

    totals = shown(recorded)
    assert len(rows) == totals["run"]["n_tokens"] * len(totals["populations"])
    synops = sum(int(row["synops"]) for row in rows) / totals["run"]["n_tokens"]
    assert synops == totals["totals"]["synops"]


def test_costs_are_those_that_are_named(recorded: Path, tmp_path: Path) -> None:
    """In their order; the first prices the tokens. One's own is a file."""
    table = json.loads((SHIPPED.parents[1] / "report/costs/loihi1.json").read_text())
    table |= {"name": "mine", "terms": {"spikes": {"pj": 2}}}
    (tmp_path / "mine.json").write_text(json.dumps(table))

    values = shown(recorded, "--costs", tmp_path / "mine.json", "--costs", "loihi2")

    assert [t["name"] for t in values["energy"]["tables"]] == ["mine", "loihi2"]
    assert all(t["energy_pj"] == 2 * t["spikes"] for t in values["tokens"])
    assert values["comparison"][0]["source"].startswith("cost table mine: ")


def test_profile_serves_the_map(small: Path, recorded: Path) -> None:
    """It is a run like any other."""
    about = parsed(call("map", small, "--run", recorded, "--format", "json"))

    assert about["traffic"]["tokens"] == load_run(recorded).n_tokens


# Bad input


def test_run_without_facts_is_named(small: Path, tmp_path: Path) -> None:
    """What `realsam run --out` writes."""
    save_run(load_bundle(small).record, tmp_path / "a.run")

    line = error(call("report", tmp_path / "a.run"))

    assert line.startswith(f"{tmp_path / 'a.run'}: is a run without the facts of its network; ")


@pytest.mark.parametrize("place", ["nowhere.run", "."])
def test_no_file_is_named(tmp_path: Path, place: str) -> None:
    """A path that leads nowhere, a folder."""
    line = error(call("report", tmp_path / place))

    assert line.startswith(f"{tmp_path / place}: not a readable profile (")


def test_truncated_file_is_named(recorded: Path) -> None:
    """Half of it."""
    recorded.write_bytes(recorded.read_bytes()[: recorded.stat().st_size // 2])

    assert error(call("report", recorded)).startswith(f"{recorded}: not a readable profile (")


def test_run_of_another_network_is_named(small: Path, recorded: Path, tmp_path: Path) -> None:
    """Their neurons are not the same."""
    if not SHIPPED.exists():
        pytest.skip("no model is shipped")
    call("profile", *PROMPT, "--tokens", 2, "--out", tmp_path / "b.run")

    line = error(call("report", recorded, "--against", tmp_path / "b.run"))

    assert line.startswith(f"{SHIPPED.name}: network ")
    assert line.endswith("; compare two runs of one network")


def test_unknown_costs_are_named(recorded: Path) -> None:
    """With those that there are."""
    line = error(call("report", recorded, "--costs", "loihi3"))

    assert line.startswith("loihi3: no readable cost table (")
    assert line.endswith("; name a file, or one of loihi1, loihi2, cmos45")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*PROMPT, "--ablate", "layer9"), "'layer9' is no group; name one of layer1, layer2"),
        (("--prompt", " "), "the prompt is empty"),
        ((*PROMPT, "--temperature", "-1"), "temperature = -1.0 is outside 0..100"),
        ((*PROMPT, "--tokens", 10**12), "tokens = 1,000,000,000,000: their record takes"),
        (("--data", "nowhere.txt"), "nowhere.txt: not readable"),
    ],
)
def test_profile_refuses_in_one_line(
    small: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    """Nothing is written."""
    assert message in error(call("profile", small, *words, "--out", tmp_path / "a.run"))
    assert everything(tmp_path) == {}


def test_no_model_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere."""
    line = error(call("profile", tmp_path / "x", *PROMPT, "--out", tmp_path / "a.run"))

    assert line.startswith(f"{tmp_path / 'x'}: no bundle there")


def test_profile_replaces_nothing_that_it_reads(small: Path, text: Path) -> None:
    """Neither the model nor the text."""
    before = everything(small)

    for words, out in (
        (PROMPT, small / "network.net"),
        (("--data", text), text),
        (PROMPT, small),
        (PROMPT, small / "gone" / "a.run"),
    ):
        error(call("profile", small, *words, "--out", out))

    assert before == everything(small)


def test_report_replaces_nothing_that_it_reads(recorded: Path) -> None:
    """Not its run."""
    before = recorded.read_bytes()

    line = error(call("report", recorded, "--out", recorded))

    assert line.startswith(f"{recorded}: is what the run reads")
    assert before == recorded.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("profile", "--out", "a.run"),
        ("profile", *PROMPT),
        ("profile", *PROMPT, "--data", "a.txt", "--out", "a.run"),
        ("profile", *PROMPT, "--tokens", "0", "--out", "a.run"),
        ("report",),
        ("report", "a.run", "--format", "xml"),
        ("report", "a.run", "--against", "b.run", "--format", "csv"),
        ("report", "a.run", "--against", "b.run", "--out", "c.csv"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """Nothing on stdout."""
    result = call(*words)

    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("command", ["profile", "report"])
def test_help_shows_an_example(command: str) -> None:
    """For everybody."""
    assert "Example: " in call(command, "--help").stdout


def test_prompt_of_a_closed_loop_is_what_was_given(small: Path, recorded: Path) -> None:
    """The end of text and the prompt's own tokens."""
    bundle = load_bundle(small)
    prompt = prompt_tokens(bundle.vocabulary, "One day")
    loop = ClosedLoop(bundle.host, prompt, Sampler(0.7, 40, 5), 12)
    truth = reference.run(bundle.network, loop)

    profile = load_profile(recorded)

    assert profile.text.n_prompt == len(prompt)
    assert profile.run.digests() == truth.digests()
