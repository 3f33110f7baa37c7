"""What `realsam generate` tells of the chip: a report beside the text, and who fires meanwhile."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console

from realsam import generation
from realsam import live as live_module
from tests.realsam.cli.conftest import call, error, everything, generate, needs_lava, parsed

PROMPT = ("--prompt", "One day")
Patch = pytest.MonkeyPatch


@pytest.mark.parametrize(
    "command",
    [
        lambda small, *words: call("generate", small, *words),
        pytest.param(
            lambda small, *words: generate("--model", small, *words),
            marks=[pytest.mark.lava, needs_lava],
        ),
    ],
    ids=["realsam", "lava"],
)
def test_report_is_written_beside_the_text(
    small: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """The same counts; stdout stays what it is without."""
    path = tmp_path / "a.json"
    words = (*PROMPT, "--tokens", 6, "--seed", 3)

    with_report = command(small, *words, "--report", path)
    plain = command(small, *words)

    assert with_report.exit_code == 0, with_report.output
    assert with_report.stdout.splitlines()[:-1] == plain.stdout.splitlines()[:-1]
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["kind"], report["run"]["seed"], report["run"]["differences"]) == ("report", 3, 0)
    flat = parsed(command(small, *words, "--format", "json"))
    assert report["totals"]["synops"] == flat["synops_per_token"]
    assert report["run"]["text"].endswith(flat["text"])


def test_report_place_is_refused_before_the_text(small: Path, tmp_path: Path) -> None:
    """Nothing is written, nothing is said."""
    line = error(call("generate", small, *PROMPT, "--report", tmp_path / "gone" / "a.json"))

    assert line.startswith(f"{tmp_path / 'gone' / 'a.json'}: cannot be written; give --report")


def test_report_replaces_nothing_of_the_model(small: Path) -> None:
    """Whose folder it may name."""
    before = everything(small)

    line = error(call("generate", small, *PROMPT, "--report", small / "manifest.json"))

    assert line == f"{small / 'manifest.json'}: is what the run reads; give another --report"
    assert before == everything(small)


def test_unknown_ending_of_a_report_is_wrong_usage(small: Path) -> None:
    """With those that there are."""
    line = error(call("generate", small, *PROMPT, "--report", "a.pdf"), 2)

    assert line.endswith("'a.pdf' ends in none of .txt, .json, .html, .csv")


def test_live_without_a_terminal_is_plain(small: Path) -> None:
    """Not a character more."""
    words = ("generate", small, *PROMPT, "--tokens", 6)

    live, plain = call(*words, "--live"), call(*words)

    assert live.stdout.splitlines()[:-1] == plain.stdout.splitlines()[:-1]
    assert live.stderr == plain.stderr == ""


def test_live_in_a_terminal_ends_in_the_same_text(small: Path, monkeypatch: Patch) -> None:
    """Bars on stderr while it runs; on stdout what is there without."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    words = ("generate", small, *PROMPT, "--tokens", 6)
    plain = call(*words)
    for module in (generation, live_module):
        monkeypatch.setattr(module, "STDERR", console)

    live = call(*words, "--live")

    assert live.stdout.splitlines()[:-1] == plain.stdout.splitlines()[:-1]
    assert "layer2" in console.file.getvalue()
    assert "(estimated, loihi1)" in console.file.getvalue()


def test_live_json_is_json(small: Path, monkeypatch: Patch) -> None:
    """A program reads it, also from a terminal."""
    console = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setattr(generation, "STDERR", console)

    values = parsed(call("generate", small, *PROMPT, "--tokens", 2, "--live", "--format", "json"))

    assert values["tokens"] == 2
    assert "layer1" not in console.file.getvalue()
