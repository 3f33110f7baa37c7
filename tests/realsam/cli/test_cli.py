"""The commands end to end: train, export, eval, verify, generate, on a tiny run."""

import json
import shutil
from importlib.util import find_spec
from math import exp
from pathlib import Path

import pytest
from click.testing import Result

from export.bundle import load_bundle
from realsam import __version__
from realsam.cli.backends import installed
from tests.realsam.cli.conftest import TRAINING, call, everything, generate, parsed

needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
JSON = ("--format", "json")
EVALUATION = {
    "documents",
    "tokens",
    "bytes",
    "vocab_size",
    "nats_per_token",
    "nats_per_token_streamed",
    "perplexity",
    "bits_per_byte",
    "bytes_per_token",
    "firing_rate",
    "populations",
}


def test_train_reports_its_last_validation(training: tuple[Path, Result]) -> None:
    """The keys of an evaluation, the folder, the step, the speed."""
    values = parsed(training[1])

    assert set(values) == EVALUATION - {"nats_per_token_streamed"} | {
        "run",
        "step",
        "tokens_per_second",
    }
    assert (values["run"], values["step"]) == (str(training[0]), 6)


def test_train_fills_its_run_folder(trained: Path) -> None:
    """Configuration, vocabulary, checkpoint, metrics; nothing half-written."""
    assert sorted(p.name for p in trained.iterdir()) == [
        "checkpoint",
        "config.json",
        "metrics.jsonl",
        "tokenizer.json",
    ]
    config = json.loads((trained / "config.json").read_text())
    assert (config["train"]["steps"], config["model"]["vocab_size"]) == (6, 300)


@needs_torch
def test_train_tells_people_on_stderr(text: Path, tmp_path: Path) -> None:
    """And the result on stdout."""
    result = call("train", text, *TRAINING, "--out", tmp_path / "run", "--steps", 1)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"run {tmp_path / 'run'}: validation ")
    assert "step 1: loss " in result.stderr


@needs_torch
def test_train_warns_of_layers(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on stderr for each that became dead, and not again."""
    monkeypatch.setattr("realsam.train.watch.DEAD", 0.5)

    result = call("train", text, *TRAINING, "--out", tmp_path / "run")

    assert result.exit_code == 0, result.output
    lines = [line for line in result.stderr.splitlines() if ": dead, " in line]
    assert [line[:21] for line in lines] == ["step 3: layer1: dead,", "step 3: layer2: dead,"]


@needs_torch
def test_train_without_arguments_uses_the_toy_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, into runs/TIME-PRESET."""
    monkeypatch.chdir(tmp_path)

    values = parsed(call("train", *TRAINING, "--steps", 1, "--format", "json"))

    assert values["documents"] == 40
    assert values["run"].startswith("runs/")
    assert values["run"].endswith("-tiny")


def test_resume_goes_on(run: Path) -> None:
    """From step 6 to step 8."""
    values = parsed(call("train", "--resume", run, "--steps", 8, "--format", "json"))

    assert (values["run"], values["step"]) == (str(run), 8)


def test_export_reports_its_proof(export: tuple[Path, Result]) -> None:
    """Files, backends, tokens, neurons, parity."""
    folder, result = export
    values = parsed(result)

    assert values["bundle"] == str(folder)
    assert values["files"] == ["network.net", "network.nir"]
    assert values["backends"] == installed()
    assert values["n_neurons"] == 65 + 64 + 64 + 64
    assert values["parity"]["n_fixed"] == 0
    assert {"n_tokens", "peaks"} <= set(values)


def test_export_leaves_only_the_bundle(bundle: Path) -> None:
    """Six files and nothing beside the folder."""
    assert sorted(everything(bundle)) == [
        "host.safetensors",
        "manifest.json",
        "network.net",
        "network.nir",
        "record.safetensors",
        "tokenizer.json",
    ]
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_manifest_names_no_folder_of_this_machine(bundle: Path, text: Path) -> None:
    """Provenance without paths."""
    manifest = (bundle / "manifest.json").read_text()

    assert json.loads(manifest)["provenance"]["data"] == [text.name]
    assert str(text.parent) not in manifest


@pytest.mark.usefixtures("two_backends")
@pytest.mark.parametrize(
    ("file_format", "files"), [("nir", ["network.nir"]), ("netx", ["network.net"])]
)
def test_export_of_one_format_stands_alone(
    bundle: Path, run: Path, monkeypatch: pytest.MonkeyPatch, file_format: str, files: list[str]
) -> None:
    """By default the newest run, into the run; the network is the same one."""
    monkeypatch.chdir(run.parent)
    Path("runs").mkdir()
    shutil.move(run, "runs/newest")

    values = parsed(call("export", "--format", file_format, "--json"))

    assert values["bundle"] == "runs/newest/bundle"
    assert values["files"] == files
    assert load_bundle(Path("runs/newest/bundle")).network == load_bundle(bundle).network


@pytest.mark.usefixtures("two_backends")
def test_export_of_the_spec_profile(run: Path) -> None:
    """The standard to the letter reads back equal, too."""
    result = call("export", run, "--format", "nir", "--profile", "spec")

    assert result.exit_code == 0, result.output
    assert "0 differences from training" in result.stdout


@pytest.mark.usefixtures("two_backends")
def test_export_replaces_an_older_bundle(run: Path, bundle: Path) -> None:
    """In one piece."""
    shutil.copytree(bundle, run / "bundle")

    assert parsed(call("export", run, "--format", "nir", "--json"))["files"] == ["network.nir"]
    assert "network.net" not in everything(run / "bundle")


def test_eval_of_a_run_is_eval_of_its_bundle(trained: Path, bundle: Path, text: Path) -> None:
    """Every number."""
    of_run = parsed(call("eval", trained, "--data", text, "--format", "json"))
    of_bundle = parsed(call("eval", bundle, "--data", text, "--format", "json"))

    del of_run["tokens_per_second"], of_bundle["tokens_per_second"]  # of the machine
    assert of_run == of_bundle
    assert set(of_run) == EVALUATION


def test_eval_is_the_same_on_every_backend(bundle: Path, text: Path) -> None:
    """Spikes to the last one, nats up to the accuracy of float32; torch plays no long streams."""
    on_torch = parsed(call("eval", bundle, "--data", text, "--backend", "torch", *JSON))
    on_sim = parsed(call("eval", bundle, "--data", text, *JSON))

    assert on_torch["populations"] == on_sim["populations"]
    assert on_torch["nats_per_token"] == pytest.approx(on_sim["nats_per_token"], rel=1e-5)
    assert set(on_sim) - set(on_torch) == {"nats_per_token_streamed"}


def test_eval_for_people_names_every_number(bundle: Path, text: Path) -> None:
    """One per line."""
    result = call("eval", bundle, "--data", text)

    names = {line.split()[0] for line in result.stdout.splitlines()}
    assert names == EVALUATION | {"tokens_per_second"}


def test_verify_is_exact(bundle: Path) -> None:
    """All installed backends against the record."""
    values = parsed(call("verify", bundle, "--format", "json"))

    assert values["exact"] is True
    assert values["differences"] == 0
    assert values["backends"] == ["record", *installed()]
    assert values["neurons"] == 257


@pytest.mark.parametrize("n_tokens", [1, 5, 200])
def test_verify_plays_as_many_tokens_as_asked(bundle: Path, n_tokens: int) -> None:
    """Fewer than the record, or more: then the model's own."""
    result = call("verify", bundle, "--tokens", n_tokens, "--backends", "reference, sim")

    assert result.exit_code == 0, result.output
    assert result.stdout == f"exact: {n_tokens} tokens x 257 neurons, 3 backends, 0 differences\n"


def test_data_toy_writes_stories(tmp_path: Path) -> None:
    """As many as asked, the same for the same seed; stdout stays empty."""
    results = [call("data", "toy", "--out", tmp_path / n, "--stories", 7) for n in ("a", "b")]

    assert [r.exit_code for r in results] == [0, 0]
    assert [r.stdout for r in results] == ["", ""]
    files = everything(tmp_path)
    assert list(files) == ["a", "b"]
    assert files["a"] == files["b"]
    assert files["a"].count(b"<|endoftext|>") == 7


@pytest.mark.lava
@needs_lava
def test_generate_keys_are_stable(bundle: Path) -> None:
    """Of the text, the model, and every population."""
    words = ("--model", bundle, "--prompt", "One day", "--tokens", 6, "--format", "json")

    values = parsed(generate(*words))

    assert {
        "text",
        "tokens",
        "tokens_per_second",
        "nats_per_token",
        "perplexity",
        "bits_per_byte",
        "bytes_per_token",
        "vocab_size",
        "firing_rate",
        "populations",
        "energy_pj_per_token",
        "energy_is",
        "synops_per_token",
        "activation_sparsity",
        "seed",
        "versions",
        "backend",
    } <= set(values)
    assert values["text"].startswith("One day")
    assert 1 <= values["tokens"] <= 6
    assert values["tokens"] == len(values["token_ids"]) - values["prompt_tokens"]
    assert values["perplexity"] == pytest.approx(exp(values["nats_per_token"]))
    assert [p["name"] for p in values["populations"]] == ["input", "layer1", "layer2", "readout"]
    assert {len(p["spikes"]) for p in values["populations"]} == {len(values["token_ids"]) - 1}


@pytest.mark.lava
@needs_lava
def test_both_modes_write_the_same(bundle: Path) -> None:
    """Fused and graph, from the same seed; another seed writes something else."""
    words = ("--model", bundle, "--prompt", "One day", "--tokens", 8, "--format", "json")

    fused, graph, other = (
        parsed(generate(*words, "--temperature", 2, *more))
        for more in ((), ("--mode", "graph"), ("--seed", 1))
    )

    assert fused["token_ids"] == graph["token_ids"] != other["token_ids"]
    assert fused["populations"] == graph["populations"]
    assert (fused["backend"], graph["backend"]) == ("lava-fused", "lava-graph")


@pytest.mark.lava
@needs_lava
def test_generated_text_is_that_of_the_json(bundle: Path) -> None:
    """Streamed words, then the table."""
    words = ("--model", bundle, "--prompt", "One day", "--tokens", 6)
    text = parsed(generate(*words, "--format", "json"))["text"]

    result = generate(*words)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{text}\n\npopulation ")
    assert "energy per token" in result.stdout


HELP = [
    ([], call),
    (["train"], call),
    (["teach"], call),
    (["eval"], call),
    (["export"], call),
    (["verify"], call),
    (["data"], call),
    (["data", "toy"], call),
    (["data", "prepare"], call),
    (["data", "info"], call),
    (["data", "download"], call),
    ([], generate),
]


@pytest.mark.parametrize(
    ("words", "command"), HELP, ids=[f"{c.__name__}-{'-'.join(w)}" for w, c in HELP]
)
def test_help_shows_an_example(words: list[str], command: object) -> None:
    """Of every command."""
    result = command(*words, "--help")

    assert result.exit_code == 0
    assert "Example: " in result.stdout


def test_version_is_printed() -> None:
    """Of the package."""
    assert __version__ in call("--version").stdout
