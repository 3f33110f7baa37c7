"""Texts that end before their end: interrupted, failed, while something loads."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from realsam.arrays import I64
from realsam.cli import main as main_module
from realsam.cli.backends import BACKENDS
from realsam.errors import BackendFailedError
from realsam.ir import Driver, Network, Run
from sim import reference
from tests.realsam.cli.conftest import call, error, generate, needs_lava, parsed

ROOT = Path(__file__).parents[3]
PROMPT = ("--prompt", "One day")
Patch = pytest.MonkeyPatch


def stopping(after: int, stop: BaseException) -> Callable[..., Run]:
    """A backend that stops when it has chosen so many tokens."""

    def play(network: Network, driver: Driver, strict: bool = False) -> Run:
        take = driver.take

        def counted(voltage: I64) -> None:
            take(voltage)
            if len(driver.generated) == after:
                raise stop

        driver.take = counted
        return reference.run(network, driver, strict)

    return play


def first_words(small: Path, n_tokens: int) -> str:
    """The text of that many tokens."""
    words = ("generate", small, *PROMPT, "--tokens", n_tokens, "--format", "json")
    return parsed(call(*words))["text"]


@pytest.mark.parametrize("after", [1, 7])
def test_interrupted_text_ends_its_line(small: Path, monkeypatch: Patch, after: int) -> None:
    """The text so far, a line break, nothing else; exit code 130."""
    monkeypatch.setitem(BACKENDS, "sim", stopping(after, KeyboardInterrupt()))

    result = call("generate", small, *PROMPT, "--tokens", 20)

    monkeypatch.undo()
    assert result.exit_code == 130
    assert result.stdout == f"{first_words(small, after)}\n"
    assert "Error" not in result.stderr


def test_interrupted_json_is_empty(small: Path, monkeypatch: Patch) -> None:
    """Half an object is none."""
    monkeypatch.setitem(BACKENDS, "sim", stopping(3, KeyboardInterrupt()))

    result = call("generate", small, *PROMPT, "--format", "json")

    assert (result.exit_code, result.stdout) == (130, "")


def test_failed_text_ends_its_line(small: Path, monkeypatch: Patch) -> None:
    """The error stands on a line of its own."""
    monkeypatch.setitem(BACKENDS, "sim", stopping(3, BackendFailedError("sim: died", "restart")))

    result = call("generate", small, *PROMPT)

    monkeypatch.undo()
    assert result.exit_code == 1
    assert result.stdout == f"{first_words(small, 3)}\n"
    assert result.stderr == "Error: sim: died; restart\n"


def interrupt(*_: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def test_interrupt_while_a_command_loads(monkeypatch: Patch) -> None:
    """One line, exit code 130."""
    monkeypatch.setattr(main_module, "import_module", interrupt)

    line = error(call("generate", *PROMPT), 130)

    assert line.endswith("was interrupted; nothing half-written is left, run it again")


@pytest.mark.lava
@needs_lava
def test_interrupt_while_lava_loads(monkeypatch: Patch) -> None:
    """The same for Lava's command."""
    monkeypatch.setattr("export.bundle.load_bundle", interrupt)

    assert "was interrupted; " in error(generate(*PROMPT), 130)


@pytest.mark.skipif(sys.platform == "win32", reason="has no Ctrl-C to send")
@pytest.mark.parametrize(
    "command",
    [
        "from realsam.cli.main import main; main(['generate', *sys.argv[1:]])",
        pytest.param(
            "from lava_runtime.generate import main; main(['--model', *sys.argv[1:]])",
            marks=[pytest.mark.lava, needs_lava],
        ),
    ],
    ids=["sim", "lava"],
)
def test_ctrl_c_ends_clean(small: Path, command: str) -> None:
    """In a process of its own, in the middle of an endless text."""
    program = f"import signal, sys; signal.signal(2, signal.default_int_handler); {command}"
    child = subprocess.Popen(
        [sys.executable, "-c", program, small, *PROMPT, "--tokens", str(10**6)],
        cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.read(200).startswith(b"One day")

    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)

    assert child.returncode == 130
    assert out.endswith(b"\n")
    assert err == b""
