"""`realsam train --curriculum`, `--from` and `--patience` as users call them."""

import json
from pathlib import Path
from typing import Any

import pytest

from realsam.cli import curriculum
from tests import tiny
from tests.realsam.cli.conftest import TRAINING, call, error, everything, parsed

SMALL = ("--steps", 8, "--batch", 4, "--eval-every", 2, "--vocab-size", 300, "--device", "cpu")


@pytest.fixture(scope="module")
def learned(text: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of a curriculum of four phases, and what the command said."""
    folder = tmp_path_factory.mktemp("curriculum") / "run"
    options = ("--curriculum", *SMALL, "--out", folder, "--format", "json")
    return folder, parsed(call("train", text, *options))


def test_json_is_the_stored_table(learned: tuple[Path, dict[str, Any]]) -> None:
    """One object: the folder, and a row for each phase."""
    folder, told = learned
    stored = json.loads((folder / "curriculum.json").read_text())

    assert told == {"run": str(folder), "phases": stored["phases"]}
    assert [row["phase"][2:] for row in told["phases"]] == [
        *("words", "phrases", "sentences", "stories")
    ]
    assert (folder / "curriculum.svg").read_text().startswith("<svg ")


def test_people_see_the_table(text: Path, tmp_path: Path) -> None:
    """With conversations: seven phases, why each ended, and where all of it is."""
    talks = tiny.conversations(tmp_path)
    options = ("--curriculum", *SMALL, "--conversations", talks, "--out", tmp_path / "run")

    result = call("train", text, *options)

    assert result.exit_code == 0, result.output
    head, *rows, last = result.stdout.splitlines()
    assert head.split()[:4] == ["phase", "window", "epochs", "steps"]
    assert [row.split()[1] for row in rows] == ["8", "16", "32", "64", "32", "128", "128"]
    assert rows[0].endswith("  all 1 steps done")
    assert last == f"run {tmp_path / 'run'}: curriculum.json, curriculum.svg"
    assert "phase 7-blended: window 128, " in result.stderr


def test_table_stays_aligned() -> None:
    """Whatever the width of the numbers."""
    row = {
        "phase": "4-stories",
        "window": 64,
        "epochs": 12.345,
        "steps": 57400,
        "train_nats_per_token": 2.0,
        "nats_per_token": 1.98766,
        "perplexity": 1234.5,
        "firing_rate": 0.0853,
        "ended": "all 57400 steps done",
    }

    assert curriculum.table([row]).splitlines() == [
        "phase         window     epochs      steps train loss   val loss perplexity     firing  "
        "ended",
        "4-stories         64      12.35     57,400     2.0000     1.9877    1234.50       8.5%  "
        "all 57400 steps done",
    ]


@pytest.mark.usefixtures("two_backends")
def test_folder_is_exported_scored_and_asked_as_its_last_phase(
    learned: tuple[Path, dict[str, Any]], text: Path
) -> None:
    """Three commands take it; the bundle lies in the last phase and tells of the others."""
    folder, told = learned

    scored = parsed(call("eval", folder, "--data", text, "--format", "json"))
    written = call("generate", folder, "--prompt", "Once", "--tokens", 3)
    exported = parsed(call("export", folder, "--json"))

    assert scored["vocab_size"] == 300
    assert written.exit_code == 0, written.output
    assert exported["bundle"] == str(folder / "4-stories" / "bundle")
    manifest = json.loads((folder / "4-stories" / "bundle" / "manifest.json").read_text())
    assert manifest["validation"]["nats_per_token"] == told["phases"][-1]["nats_per_token"]
    assert manifest["provenance"]["from"]["from"]["from"]["lesson"] == "words"


def test_from_begins_with_the_weights(trained: Path, text: Path, tmp_path: Path) -> None:
    """An ordinary run, which says where it came from."""
    options = (*TRAINING, "--steps", 1, "--from", trained, "--out", tmp_path / "run")

    values = parsed(call("train", text, *options, "--format", "json"))

    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["from"]["folder"] == str(trained)
    assert values["step"] == 1


def test_patience_tells_why_it_ends(text: Path, tmp_path: Path) -> None:
    """And with which checkpoint."""
    impatient = ("--eval-every", 1, "--patience", 1, "--min-gain", 9)

    result = call("train", text, *TRAINING, *impatient, "--out", tmp_path / "run")

    assert result.exit_code == 0, result.output
    assert (
        "ends with the checkpoint of step 2, patience of 1 used up, no gain of 9 nats since the"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--curriculum", "--window", 8), "--window is chosen by the phases of --curriculum"),
        (("--curriculum", "--teacher", "t"), "--curriculum learns from text alone"),
        (("--curriculum", "--steps", 3), "3 steps are fewer than 4 phases"),
        (("--curriculum", "--conversations", "gone.txt"), "gone.txt: not readable"),
        (("--conversations", "talks.txt"), "--conversations is for --curriculum"),
        (("--from", "gone"), "gone/config.json: missing or damaged"),
        (("--patience", -1), "patience = -1 is negative"),
        (("--min-gain", "nan"), "min_gain = nan is no number from 0"),
    ],
)
def test_refusals_are_one_line(
    text: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    """Before anything is written."""
    assert message in error(call("train", text, *words, "--out", tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lr", 0.1), "--resume keeps the curriculum's own --lr"),
        (("--from", "x"), "--resume keeps the run's own text and folder"),
        ((), "all of its phases are done"),
    ],
)
def test_resume_refuses_changes(
    learned: tuple[Path, dict[str, Any]], words: tuple[object, ...], message: str
) -> None:
    """Nothing in the folder changes."""
    before = everything(learned[0])

    assert message in error(call("train", "--resume", learned[0], *words))
    assert everything(learned[0]) == before


def test_several_processes_are_refused() -> None:
    """The cure is to start one."""
    with pytest.raises(curriculum.DataError, match="runs in one process; start it without torch"):
        curriculum.refuse_options({}, None, None, 2)


def test_interruption_names_the_cure(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 130 and one line; --resume goes on with the phase that was cut."""
    from realsam.train.loop import Trainer

    train = Trainer.train

    def stop(trainer: Trainer, on_progress: Any) -> None:
        if trainer.config.window == 32:
            raise KeyboardInterrupt
        train(trainer, on_progress)

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train", stop)
        line = error(call("train", text, "--curriculum", *SMALL, "--out", run), 130)
    assert line == f"training was interrupted; go on with --resume {run}"

    values = parsed(call("train", "--resume", run, "--device", "cpu", "--format", "json"))

    assert [row["window"] for row in values["phases"]] == [8, 16, 32, 64]
