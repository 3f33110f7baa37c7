"""`realsam generate`: one text from one seed on every backend, and what is refused."""

import re
from pathlib import Path

import pytest

from export.bundle import SHIPPED
from realsam.cli import backends
from realsam.cli.backends import BACKENDS, installed
from realsam.ir import Driver, Network, Run
from tests.realsam.cli.conftest import call, error, generate, needs_lava, parsed

PROMPT = ("--prompt", "One day")
Patch = pytest.MonkeyPatch
every_backend = pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)
shipped_backends = pytest.mark.parametrize(
    "backend", ["sim", pytest.param("lava-fused", marks=pytest.mark.lava)]
)


def require(backend: str) -> None:
    """Skip where its libraries are not installed."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")


def played(backend: str, monkeypatch: Patch, *words: object) -> tuple[str, Run]:
    """What is on stdout before the report, and the run."""
    runs, play = [], BACKENDS[backend]

    def record(network: Network, driver: Driver, strict: bool = False) -> Run:
        runs.append(play(network, driver, strict))
        return runs[-1]

    monkeypatch.setitem(BACKENDS, backend, record)
    result = call("generate", *words, "--backend", backend)
    assert result.exit_code == 0, result.output
    return result.stdout.partition("\n\npopulation ")[0], runs[0]


@every_backend
def test_one_seed_writes_one_text(backend: str, small: Path, monkeypatch: Patch) -> None:
    """The text, the spikes and the readout voltages of the reference."""
    require(backend)
    words = (small, *PROMPT, "--tokens", 12, "--temperature", 2, "--seed", 5)
    text, truth = played("reference", monkeypatch, *words)

    written, run = played(backend, monkeypatch, *words)

    assert text.startswith("One day")
    assert text == written
    assert truth.digests() == run.digests()


@pytest.mark.skipif(not SHIPPED.exists(), reason="no model is shipped")
@shipped_backends
def test_the_shipped_model_writes_one_text(backend: str, monkeypatch: Patch) -> None:
    """What a user of the default model sees, against the reference."""
    require(backend)
    words = ("--prompt", "Once upon a time", "--tokens", 20)
    text, truth = played("reference", monkeypatch, *words)

    written, run = played(backend, monkeypatch, *words)

    assert text.startswith("Once upon a time, there was")
    assert text == written
    assert truth.digests() == run.digests()


@pytest.mark.lava
@needs_lava
@pytest.mark.parametrize("mode", ["fused", "graph"])
def test_both_commands_print_the_same(small: Path, mode: str) -> None:
    """Text and report of Lava's own command, but for the speed in the last line."""
    words = (*PROMPT, "--tokens", 6, "--seed", 3)

    lava = generate("--model", small, *words, "--mode", mode)
    ours = call("generate", small, *words, "--backend", f"lava-{mode}")

    assert lava.stdout.splitlines()[:-1] == ours.stdout.splitlines()[:-1]
    assert f"tokens/s on Lava 0.10.0 ({mode}, " in ours.stdout.splitlines()[-1]


@pytest.mark.lava
@needs_lava
def test_both_commands_have_the_same_keys(small: Path) -> None:
    """A program reads either."""
    words = (*PROMPT, "--tokens", 4, "--format", "json")

    lava, ours = (
        parsed(generate("--model", small, *words)),
        parsed(call("generate", small, *words, "--backend", "lava-fused")),
    )

    assert list(lava) == list(ours)
    assert lava["text"] == ours["text"]


@every_backend
def test_the_report_names_its_backend(backend: str, small: Path) -> None:
    """In the last line for people, under `backend` for programs."""
    require(backend)
    words = ("generate", small, *PROMPT, "--tokens", 2, "--backend", backend)

    last = call(*words).stdout.splitlines()[-1]

    name = backend.replace("lava-", "Lava 0.10.0 (") if backend.startswith("lava") else backend
    assert last.startswith("speed ")
    assert f" tokens/s on {name}" in last
    assert parsed(call(*words, "--format", "json"))["backend"] == backend


def test_the_simulator_is_the_default(small: Path) -> None:
    """The fast one."""
    values = parsed(call("generate", small, *PROMPT, "--tokens", 2, "--format", "json"))

    assert values["backend"] == "sim"


def test_a_run_writes_what_its_bundle_writes(trained: Path, bundle: Path) -> None:
    """A training run is a model, too."""
    words = (*PROMPT, "--tokens", 6, "--format", "json")

    of_run, of_bundle = (parsed(call("generate", model, *words)) for model in (trained, bundle))

    assert of_run["token_ids"] == of_bundle["token_ids"]
    assert of_run["populations"] == of_bundle["populations"]


@every_backend
def test_all_sampling_options_write_one_text(backend: str, small: Path, monkeypatch: Patch) -> None:
    """Top-p, the penalty and a stop are integers, too."""
    require(backend)
    options = ("--temperature", 2, "--top-p", 0.8, "--repetition-penalty", 1.4)
    words = (small, *PROMPT, "--tokens", 40, *options, "--stop", "e")
    text, truth = played("reference", monkeypatch, *words)

    written, run = played(backend, monkeypatch, *words)

    assert "e" not in text.removeprefix("One day")
    assert text == written
    assert truth.digests() == run.digests()


def test_text_ends_before_a_stop(small: Path) -> None:
    """The same for people and programs; the tokens that held it are counted."""
    words = ("generate", small, *PROMPT, "--tokens", 40, "--temperature", 2)
    whole = parsed(call(*words, "--format", "json"))["text"].removeprefix("One day")
    stop = re.findall("[a-z]{2}", whole)[2]

    values = parsed(call(*words, "--stop", "\U0001f98a", "--stop", stop, "--format", "json"))
    shown = call(*words, "--stop", stop).stdout

    assert values["text"] == f"One day{whole.split(stop)[0]}"
    assert shown.startswith(f"{values['text']}\n\npopulation")
    assert 0 < values["tokens"] < 40


def test_penalty_and_top_p_change_the_text(small: Path) -> None:
    """Each does something of its own."""
    words = ("generate", small, *PROMPT, "--tokens", 30, "--temperature", 2, "--format", "json")
    options = ((), ("--top-p", 0.5), ("--repetition-penalty", 3))

    texts = [parsed(call(*words, *option))["text"] for option in options]

    assert len(set(texts)) == 3


def test_tokens_that_memory_cannot_hold_are_named(small: Path) -> None:
    """Although the text may end before: it also may not."""
    line = error(call("generate", small, *PROMPT, "--tokens", 10**12))

    assert line.startswith("tokens = 1,000,000,000,000: their record takes ")


def test_unknown_backend_is_named(small: Path) -> None:
    """With the ones there are."""
    line = error(call("generate", small, *PROMPT, "--backend", "loihi3"), exit_code=2)

    assert line.endswith(f"'loihi3' is not one of {', '.join(map(repr, BACKENDS))}.")


@pytest.mark.parametrize("backend", ["torch", "lava-fused", "lava-graph"])
def test_missing_libraries_are_named(small: Path, monkeypatch: Patch, backend: str) -> None:
    """With what installs them."""
    monkeypatch.setattr(backends, "find_spec", lambda _: None)

    line = error(call("generate", small, *PROMPT, "--backend", backend))

    assert line.startswith(f"backend {backend} needs {backend.split('-', maxsplit=1)[0]}")
    assert "; run `make " in line


def test_a_run_without_torch_is_refused(tmp_path: Path, monkeypatch: Patch) -> None:
    """Only a bundle needs nothing."""
    monkeypatch.setattr(backends, "find_spec", lambda _: None)

    assert "backend torch needs torch" in error(call("generate", tmp_path, *PROMPT))


def test_torch_has_no_strict_mode(small: Path) -> None:
    """It would wrap in silence."""
    require("torch")

    line = error(call("generate", small, *PROMPT, "--backend", "torch", "--strict"))

    assert line == "backend torch has no strict mode; leave --strict out, or name another backend"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--prompt", " \n"), "the prompt is empty; give some text"),
        (("--prompt", "Once \udcff"), "the prompt is not UTF-8 at character 5"),
        (("--prompt", "! " * 5000), "tokens, more than 4096; shorten it"),
        ((*PROMPT, "--temperature", "nan"), "temperature = nan is outside 0..100"),
        ((*PROMPT, "--top-k", "-1"), "top_k = -1 is negative"),
        ((*PROMPT, "--top-p", "nan"), "top_p = nan is not above 0 and at most 1"),
        ((*PROMPT, "--repetition-penalty", "0"), "repetition_penalty = 0.0 is outside 1..100"),
        ((*PROMPT, "--stop", ""), "a stop text is empty; give it characters, or leave it out"),
        ((*PROMPT, "--seed", "-1"), "seed = -1 is outside 0..2**64-1"),
    ],
)
def test_generate_refuses_in_one_line(small: Path, words: tuple[str, ...], message: str) -> None:
    """Nothing is written before."""
    assert message in error(call("generate", small, *words))


def test_missing_model_is_named() -> None:
    """A path that leads nowhere."""
    assert error(call("generate", "nowhere", *PROMPT)).startswith("nowhere: no bundle there; ")


@pytest.mark.parametrize(
    "words", [(), (*PROMPT, "--tokens", "0"), (*PROMPT, "--format", "xml"), (*PROMPT, "a", "b")]
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    """The prompt is required; choices are choices."""
    result = call("generate", *words)

    assert (result.exit_code, result.stdout) == (2, "")


def test_help_shows_an_example() -> None:
    """And the backends."""
    result = call("generate", "--help")

    assert "Example: " in result.stdout
    for name in BACKENDS:
        assert name in result.stdout
