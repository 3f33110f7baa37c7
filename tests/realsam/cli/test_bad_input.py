"""Bad input: one error line, exit code 1, no traceback, nothing half-written."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from lava_runtime.compat import load_lava
from tests.realsam.cli.conftest import TRAINING, call, error, everything, generate

needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
PROMPT = ("--prompt", "One day")


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def truncate(path: Path) -> None:
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


FILES = ("network.net", "network.nir", "host.safetensors", "tokenizer.json", "record.safetensors")


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink], ids=["flip", "half", "gone"])
@pytest.mark.parametrize("name", FILES)
def test_damaged_bundle_names_the_file(
    broken: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """A bit, a half, or all of any file."""
    damage(broken / name)

    line = error(call("verify", broken))

    assert line.startswith(f"{broken / name}: ")
    assert line.endswith("; export it again, or restore the folder")


@pytest.mark.parametrize("damage", [truncate, Path.unlink], ids=["half", "gone"])
def test_damaged_manifest_is_named(broken: Path, damage: Callable[[Path], None]) -> None:
    """Without it the folder is no bundle."""
    damage(broken / "manifest.json")

    assert error(call("verify", broken)).startswith(f"{broken / 'manifest.json'}: missing or dam")


@pytest.mark.parametrize(
    ("key", "value"),
    [("files", None), ("files", []), ("network", None), ("probe", None), ("probe", {"text": "a"})],
)
def test_incomplete_manifest_is_named(broken: Path, key: str, value: object) -> None:
    """Each thing that a bundle cannot do without."""
    path = broken / "manifest.json"
    manifest = json.loads(path.read_text()) | {key: value}
    if value is None:
        del manifest[key]
    path.write_text(json.dumps(manifest))

    assert error(call("verify", broken)).startswith(f"{path}: missing or damaged")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 2, "bundle format 2 is not 1; export it again with this version"),
        ("network", "0" * 64, "holds another network than the manifest says"),
        ("files", {}, "does not list host.safetensors"),
    ],
)
def test_foreign_manifest_is_named(broken: Path, key: str, value: object, message: str) -> None:
    """Another version, another network, no network."""
    path = broken / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    assert message in error(call("verify", broken))


@pytest.mark.lava
@needs_lava
def test_generate_refuses_a_damaged_bundle(broken: Path) -> None:
    """Before Lava starts."""
    truncate(broken / "network.net")

    assert "damaged, its SHA-256" in error(generate("--model", broken, *PROMPT))


def test_missing_bundle_is_named(tmp_path: Path) -> None:
    """For every command that takes one; a file is no bundle either."""
    nowhere = tmp_path / "nowhere"
    file = tmp_path / "file"
    file.write_text("")
    cure = "no bundle there; give a folder that `realsam export` wrote"

    assert error(call("verify", nowhere)) == f"{nowhere}: {cure}"
    assert error(call("verify", file)) == f"{file}: {cure}"


@needs_torch
def test_eval_of_nothing_is_named(tmp_path: Path, text: Path) -> None:
    """Neither a bundle nor a run."""
    assert "no bundle there" in error(call("eval", tmp_path / "nowhere", "--data", text))
    assert "config.json: missing" in error(call("eval", tmp_path, "--data", text))


@pytest.mark.lava
@needs_lava
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--prompt", ""), "the prompt is empty; give some text"),
        (("--prompt", " \n"), "the prompt is empty; give some text"),
        (("--prompt", "Once \udcff"), "the prompt is not UTF-8 at character 5"),
        (("--prompt", "! " * 5000), "tokens, more than 4096; shorten it"),
        (("--prompt", "a <|endoftext|> b"), "the prompt contains <|endoftext|>; leave it out"),
        ((*PROMPT, "--temperature", "-1"), "temperature = -1.0 is outside 0..100"),
        ((*PROMPT, "--temperature", "nan"), "temperature = nan is outside 0..100"),
        ((*PROMPT, "--top-k", "-1"), "top_k = -1 is negative"),
        ((*PROMPT, "--seed", "-1"), "seed = -1 is outside 0..2**64-1"),
        ((*PROMPT, "--model", "nowhere"), "nowhere: no bundle there"),
        ((*PROMPT, "--model", "no\udcffwhere"), "where: no bundle there"),
    ],
)
def test_generate_refuses_in_one_line(bundle: Path, words: tuple[str, ...], message: str) -> None:
    """Nothing is written before."""
    assert message in error(generate("--model", bundle, *words))


@pytest.mark.lava
@needs_lava
def test_tiniest_temperature_is_no_error(bundle: Path) -> None:
    """It takes the likeliest."""
    words = ("--model", bundle, *PROMPT, "--tokens", 3)

    assert generate(*words, "--temperature", "1e-300").exit_code == 0


@pytest.mark.lava
@needs_lava
def test_chip_needs_intels_extension() -> None:
    """One clear message."""
    line = error(generate(*PROMPT, "--target", "loihi2"))

    assert line.startswith("Loihi 2: Intel's extension lava-loihi is not installed; it comes with")


@needs_torch
@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, (), "text.txt: not readable (No such file or directory); give a text file"),
        (b"", (), "text.txt: no text in it"),
        (b"Caf\xe9", (), "text.txt: byte 3 is not UTF-8; convert the file to UTF-8"),
        (b"Hi.\n<|endoftext|>\nHo.", (), "fewer than one window of 16 and its target; use more"),
        (b"Hi.", (), "the training text is a single document, none is left to validate on"),
        (b"Hi.", ("--vocab-size", 256), "single document"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--vocab-size", 256), "vocabulary size 256 is below 257"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--vocab-size", 10**23), "is above 1048576"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--dropout", "nan"), "dropout = nan is outside 0..1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--seed", -1), "seed = -1 is outside 0..2**63-1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--steps", 0), "steps = 0 is below 1"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--lr", 0), "lr = 0.0 is not positive"),
        (b"Hi.\n<|endoftext|>\nHo.", ("--lr", "nan"), "lr = nan is not positive"),
        (b"Hi.", ("--valid", "nowhere.txt"), "nowhere.txt: not readable"),
        (b"Hi.", ("--layers", 59), "layers = 59 take 63 chip steps per token, more than 62"),
        (b"Hi.", ("--width", 65), "width = 65 is no multiple of groups = 4"),
        (b"Hi.", ("--width", 68), "width = 68 is no multiple of recurrent_block = 64"),
    ],
)
def test_train_refuses_in_one_line(
    tmp_path: Path, content: bytes | None, words: tuple[object, ...], message: str
) -> None:
    """And leaves no run folder behind."""
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    before = everything(tmp_path)

    line = error(call("train", path, *TRAINING, *words, "--out", tmp_path / "run"))

    assert message in line
    assert before == everything(tmp_path)
    assert not (tmp_path / "run").exists()


@needs_torch
def test_train_ends_in_one_line_when_it_diverges(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step, the loss, the limit and the cure."""
    monkeypatch.setattr("realsam.train.watch.EXPLODED", 0.1)

    line = error(call("train", text, *TRAINING, "--out", tmp_path / "run"))

    assert line.startswith("step 3: the loss is 5.")
    assert line.endswith(" = 0.6; start a new run with a lower --lr and --matrix-lr")


def test_train_keeps_a_run_that_is_there(run: Path, text: Path) -> None:
    """A second run does not overwrite it."""
    before = everything(run)

    line = error(call("train", text, *TRAINING, "--out", run))

    assert line == f"{run}: already holds a run; give another --out, or use --resume"
    assert before == everything(run)


def test_train_into_a_file_is_refused(text: Path, tmp_path: Path, trained: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "run").write_text("mine")

    error(call("train", text, *TRAINING, "--out", tmp_path / "run"))

    assert everything(tmp_path) == {"run": b"mine"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lr", 1), "--resume keeps the run's own --lr; leave that option out"),
        (("--seed", 1, "--steps", 9), "--resume keeps the run's own --seed"),
        (("stories.txt",), "--resume keeps the run's own text and folder"),
        (("--out", "other"), "--resume keeps the run's own text and folder"),
        (("--valid", "other"), "--resume keeps the run's own text and folder"),
        (("--teacher", "other"), "--resume keeps the run's own --teacher"),
        (("--sampled", 9), "--resume keeps the run's own --sampled"),
        ((), "already stands at step 6; give more --steps"),
    ],
)
def test_resume_refuses_other_options(run: Path, words: tuple[object, ...], message: str) -> None:
    """A resumed run is the same run."""
    before = everything(run)

    assert message in error(call("train", "--resume", run, *words))
    assert before == everything(run)


def test_resume_of_another_configuration_is_named(run: Path) -> None:
    """The field, both values, and the run untouched."""
    config = json.loads((run / "config.json").read_text())
    config["model"]["width"] = 128
    (run / "config.json").write_text(json.dumps(config))
    before = everything(run)

    line = error(call("train", "--resume", run, "--steps", 9))

    assert line == (
        f"{run / 'checkpoint' / 'index.json'}: belongs to another configuration, width = 64 and "
        "not 128; restore config.json, or train again"
    )
    assert before == everything(run)


@pytest.mark.parametrize("damage", [truncate, Path.unlink], ids=["half", "gone"])
@pytest.mark.parametrize("name", ["checkpoint/index.json", "config.json", "tokenizer.json"])
def test_damaged_run_names_the_file(run: Path, name: str, damage: Callable[[Path], None]) -> None:
    """To resume it and to export it."""
    damage(run / name)

    for words in (("train", "--resume", run, "--steps", 9), ("export", run), ("eval", run)):
        more = ("--data", run / "metrics.jsonl") if words[0] == "eval" else ()
        assert error(call(*words, *more)).startswith(f"{run / name}: ")


@needs_torch
def test_commands_without_a_run_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)

    assert error(call("export")) == (
        "runs/: no training run there; run `realsam train` first, or name a run"
    )
    assert "config.json: missing" in error(call("train", "--resume", "nowhere"))


@pytest.mark.parametrize("content", [None, b"", b"\xff"])
def test_eval_refuses_unusable_text(bundle: Path, tmp_path: Path, content: bytes | None) -> None:
    """Absent, empty, not UTF-8."""
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)

    assert error(call("eval", bundle, "--data", path)).startswith(f"{path}: ")


def test_eval_refuses_a_missing_device(bundle: Path, text: Path) -> None:
    """The cure is to let it choose."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("CUDA is here")

    line = error(call("eval", bundle, "--data", text, "--backend", "torch", "--device", "cuda"))

    assert line == "device cuda is not available to torch here; use --device auto"


def test_eval_takes_a_device_for_torch_only(bundle: Path, text: Path) -> None:
    """The simulator runs on the CPU."""
    line = error(call("eval", bundle, "--data", text, "--device", "cuda"))

    assert line == "--device cuda is for torch; add --backend torch, or leave it out"


def test_unknown_backend_is_named(bundle: Path) -> None:
    """With the ones there are; as everywhere, it is wrong usage."""
    line = error(call("verify", bundle, "--backends", "reference,loihi3"), exit_code=2)

    assert "'--backends': 'loihi3' is not one of 'torch', 'reference', 'sim'" in line


@pytest.mark.parametrize("command", ["generate", "run", "eval", "verify"])
def test_unknown_backend_is_wrong_usage(command: str, tmp_path: Path) -> None:
    """The same exit code from every command, before anything is read."""
    option = {"generate": ("--prompt", "a"), "run": (tmp_path, "--input", "a")}.get(command, ())
    given = ("--data", "a") if command == "eval" else option
    name = "--backends" if command == "verify" else "--backend"

    line = error(call(command, *given, name, "loihi3"), exit_code=2)

    assert line.startswith(f"Invalid value for '{name}': 'loihi3' is not one of ")


def test_toy_corpus_into_a_missing_folder(tmp_path: Path) -> None:
    """Nothing is made."""
    line = error(call("data", "toy", "--out", tmp_path / "nowhere" / "toy.txt"))

    assert "No such file or directory" in line
    assert everything(tmp_path) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("fly",),
        ("train", "--wings"),
        ("train", "--preset", "huge"),
        ("train", "--steps", "many"),
        ("train", "--dropout", "1"),
        ("train", "--device", "abacus"),
        ("teach",),
        ("teach", "--out", "a", "--preset", "small"),
        ("teach", "--out", "a", "--members", "0"),
        ("eval",),
        ("export", "--format", "onnx"),
        ("export", "--profile", "own"),
        ("verify", "--tokens", "0"),
        ("verify", "--format", "xml"),
        ("data", "toy"),
        ("data", "toy", "--out", "a", "--stories", "0"),
        ("data", "prepare", "--out", "a"),
        ("data", "prepare", "a.txt"),
        ("data", "prepare", "a.txt", "--out", "b", "--valid-share", "1"),
        ("data", "download", "wikipedia", "--out", "a"),
    ],
    ids="-".join,
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """Unknown commands, options and choices; nothing on stdout."""
    result = call(*words)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        (*PROMPT, "--tokens", "0"),
        (*PROMPT, "--mode", "fast"),
        (*PROMPT, "--target", "brain"),
        (*PROMPT, "--format", "xml"),
        (*PROMPT, "story"),
    ],
)
def test_wrong_usage_of_generate_is_exit_code_2(words: tuple[str, ...]) -> None:
    """The prompt is required; choices are choices."""
    result = generate(*words)

    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.lava
@needs_lava
def test_chip_is_never_replaced_by_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Intel's extension is there, the refusal is another, and nothing runs."""
    load_lava()
    from lava.utils import loihi

    monkeypatch.setattr(loihi, "is_installed", lambda *_: True)

    line = error(generate(*PROMPT, "--target", "loihi2"))

    assert line.startswith("Loihi 2: this version has not been connected to a chip")
