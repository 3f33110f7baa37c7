"""Bad input: one error line, exit code 1, no traceback, nothing half-written."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from lava_runtime.compat import load_lava
from tests.realsam.cli.conftest import call, error, everything, generate

needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
PROMPT = ("--prompt", "One day")


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


def test_toy_corpus_into_a_missing_folder(tmp_path: Path) -> None:
    """Nothing is made."""
    line = error(call("data", "toy", "--out", tmp_path / "nowhere" / "toy.txt"))

    assert "No such file or directory" in line
    assert everything(tmp_path) == {}


@pytest.mark.lava
@needs_lava
def test_chip_is_never_replaced_by_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Intel's extension is there, the refusal is another, and nothing runs."""
    load_lava()
    from lava.utils import loihi

    monkeypatch.setattr(loihi, "is_installed", lambda *_: True)

    line = error(generate(*PROMPT, "--target", "loihi2"))

    assert line.startswith("Loihi 2: this version has not been connected to a chip")
