"""`realsam teach`, and `realsam train --teacher` with what it left."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.realsam.cli.conftest import call, error, everything, parsed

pytestmark = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("snntorch")), reason="the train extra is not installed"
)
SIZES = ("--vocab-size", "300", "--width", "16", "--layers", "1", "--epochs", "2")
TRAINING = ("--steps", "6", "--eval-every", "3", "--batch", "4", "--window", "16")
JSON = ("--format", "json")


@pytest.fixture(scope="module")
def taught(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a teacher of two members."""
    folder = tmp_path_factory.mktemp("taught") / "teacher"
    values = parsed(call("teach", text, *SIZES, "--members", 2, "--out", folder, *JSON))
    assert values["teacher"] == str(folder)
    return folder


@pytest.fixture
def teacher(taught: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(shutil.copytree(taught, tmp_path / "teacher"))


@pytest.fixture(scope="module")
def pupil(taught: Path, text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that learned from it, with 400 tokens of its stories."""
    folder = tmp_path_factory.mktemp("pupil") / "run"
    words = ("--teacher", taught, "--teacher-share", 0.5, "--teacher-top", 32, "--sampled", 400)
    parsed(call("train", text, *TRAINING, *words, "--out", folder, *JSON))
    return folder


def test_eval_scores_a_teacher(taught: Path, text: Path) -> None:
    """Every token of every story, as `realsam teach` does, and with the same names."""
    values = parsed(call("eval", taught, "--data", text, *JSON))

    assert values["members"] == len(values["member_nats_per_token"]) == 2
    assert values["nats_per_token"] < max(values["member_nats_per_token"])
    assert values["tokens_per_second"] > 0
    assert "member_nats_per_token" in call("eval", taught, "--data", text).stdout


def test_teach_reports_its_score(text: Path, tmp_path: Path) -> None:
    """Under the names of `realsam eval`, and of each member."""
    values = parsed(call("teach", text, *SIZES, "--out", tmp_path / "teacher", *JSON))

    assert set(values) == {
        "teacher",
        "members",
        "documents",
        "tokens",
        "bytes",
        "vocab_size",
        "nats_per_token",
        "member_nats_per_token",
        "perplexity",
        "bits_per_byte",
        "bytes_per_token",
    }
    assert (values["members"], values["documents"], values["vocab_size"]) == (1, 2, 300)


def test_teach_leaves_a_folder(taught: Path) -> None:
    """Configuration, vocabulary, weights; nothing half-written."""
    assert sorted(everything(taught)) == [
        "config.json",
        "member0.safetensors",
        "member1.safetensors",
        "tokenizer.json",
    ]


def test_teach_tells_people_on_stderr(text: Path, tmp_path: Path) -> None:
    """Each epoch of each member; the result on stdout."""
    words = (*SIZES, "--epochs", 1, "--members", 2, "--out", tmp_path / "teacher")

    result = call("teach", text, *words)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"teacher {tmp_path / 'teacher'}: held-out ")
    assert "; members alone " in result.stdout
    for member in (1, 2):
        assert f"member {member}, epoch 1: loss " in result.stderr


def test_run_takes_over_the_vocabulary(pupil: Path, taught: Path) -> None:
    """To the byte; the stories lie beside it."""
    tokenizers = ((folder / "tokenizer.json").read_bytes() for folder in (pupil, taught))

    assert len(set(tokenizers)) == 1
    assert (pupil / "sampled.npz").stat().st_size < 2000


def test_resume_goes_on_with_the_teacher(pupil: Path, tmp_path: Path) -> None:
    """From step 6 to step 8."""
    run = Path(shutil.copytree(pupil, tmp_path / "run"))

    values = parsed(call("train", "--resume", run, "--steps", 8, *JSON))

    assert values["step"] == 8


@pytest.mark.usefixtures("two_backends")
def test_manifest_names_the_teacher(pupil: Path, taught: Path, tmp_path: Path) -> None:
    """How it was trained and what was taken from it, and no folder of this machine."""
    parsed(call("export", pupil, "--format", "netx", "--out", tmp_path / "bundle", "--json"))

    text = (tmp_path / "bundle" / "manifest.json").read_text()
    provenance = json.loads(text)["provenance"]
    assert provenance["teacher"]["members"] == 2
    assert provenance["teacher"]["train"]["epochs"] == 2
    assert provenance["teacher"]["data"]["files"] == ["stories.txt"]
    assert provenance["train"]["teacher_share"] == 0.5
    assert provenance["n_sampled"] >= 400
    assert str(taught.parent) not in text


def test_vocabulary_of_a_run_can_be_taught(pupil: Path, text: Path, tmp_path: Path) -> None:
    """And of a bundle or a teacher: whatever holds a tokenizer.json."""
    words = ("--tokenizer", pupil, *SIZES[2:], "--out", tmp_path / "teacher")

    values = parsed(call("teach", text, *words, *JSON))

    assert values["vocab_size"] == 300


def half(path: Path) -> None:
    """Keep the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [half, Path.unlink], ids=["half", "gone"])
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "member1.safetensors"])
def test_damaged_teacher_names_the_file(
    teacher: Path, text: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """And no run is begun."""
    damage(teacher / name)

    line = error(call("train", text, *TRAINING, "--teacher", teacher, "--out", tmp_path / "run"))

    assert line.startswith(f"{teacher / name}: ")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--vocab-size", 512), "vocab_size = 512 is not the teacher's 300; leave --vocab-size"),
        (("--teacher-top", 48), "teacher_top = 48 is no power of two, as the GPU needs it; use 32"),
        (("--teacher-share", "nan"), "teacher_share = nan is outside 0..1"),
        (("--sampled", -1), "sampled = -1 is negative"),
        (("--teacher", "nowhere"), "nowhere/config.json: no teacher there; give the folder that"),
    ],
)
def test_train_refuses_in_one_line(
    taught: Path, text: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    """And leaves no run folder behind."""
    run = tmp_path / "run"

    line = error(call("train", text, *TRAINING, "--teacher", taught, *words, "--out", run))

    assert message in line
    assert not run.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", 0), "epochs = 0 is below 1"),
        (("--lr", "nan"), "lr = nan is not positive"),
        (("--seconds", 0), "seconds = 0.0 is not positive"),
        (("--width", 33), "width = 33 is no multiple of 2 * heads = 2"),
        (("--layers", 0), "layers = 0 is below 1"),
        (("--vocab-size", 9), "vocabulary size 9 is below 257"),
        (("--valid", "nowhere.txt"), "nowhere.txt: not readable"),
        (("--tokenizer", "nowhere"), "nowhere: not readable"),
    ],
)
def test_teach_refuses_in_one_line(
    text: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    """And leaves nothing behind."""
    line = error(call("teach", text, *SIZES, *words, "--out", tmp_path / "teacher"))

    assert message in line
    assert everything(tmp_path) == {}


def test_teach_keeps_what_is_there(pupil: Path, text: Path) -> None:
    """A run is no place for a teacher."""
    before = everything(pupil)

    line = error(call("teach", text, *SIZES, "--out", pupil))

    assert line == f"{pupil}: already holds a teacher or a run; give another --out"
    assert before == everything(pupil)


def test_teach_runs_in_one_process(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several would write into one folder."""
    monkeypatch.setenv("WORLD_SIZE", "2")

    line = error(call("teach", text, *SIZES, "--out", tmp_path / "teacher"))

    assert line == "realsam teach runs in one process; start it without torchrun"


def test_ctrl_c_keeps_the_best_copy(text: Path, tmp_path: Path) -> None:
    """Exit code 130, one line, and a teacher that can be learned from."""
    folder = tmp_path / "teacher"
    words = ("teach", text, *SIZES, "--epochs", 100_000, "--out", folder)
    child = subprocess.Popen(
        [sys.executable, "-m", "realsam.cli", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    seen = []
    for line in child.stderr:
        seen.append(line)
        if "epoch 2" in line:
            child.send_signal(signal.SIGINT)
            break
    seen += child.stderr.readlines()
    child.stderr.close()

    assert child.wait(60) == 130, seen
    assert seen[-1].startswith(f"Error: teaching was interrupted; {folder} keeps the best of 1 of ")
    parsed(call("train", text, *TRAINING, "--teacher", folder, "--out", tmp_path / "run", *JSON))
