"""`realsam chat` as a user has it: at a terminal, through a pipe, on every backend."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realsam.cli import backends
from realsam.cli.backends import BACKENDS, ENGINES, installed
from realsam.cli.main import main as realsam
from realsam.errors import BackendFailedError
from tests.realsam.cli.conftest import error

ROOT = Path(__file__).parents[3]
needs_lava = pytest.mark.skipif(find_spec("lava") is None, reason="Lava is not installed")
every_backend = pytest.mark.parametrize(
    "backend",
    [pytest.param(n, marks=[pytest.mark.lava] * n.startswith("lava")) for n in BACKENDS],
)


def chat(lines: str | bytes, *words: object) -> Result:
    """Pipe lines into `realsam chat`, in this process."""
    given = [str(word) for word in ("chat", *words)]
    return CliRunner().invoke(realsam, given, input=lines)


def objects(lines: str, *words: object) -> list[dict]:
    """The JSON objects of a chat that went well."""
    result = chat(lines, *words, "--format", "json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def answers(lines: str, *words: object) -> list[str]:
    """What Sam said."""
    return [values["sam"] for values in objects(lines, *words) if "sam" in values]


@every_backend
def test_one_seed_gives_one_talk(backend: str, small: Path) -> None:
    """Three turns, a reset in between, and the first one again."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    lines = "Hi!\nWho are you?\n/reset\nHi!\n"
    words = (small, "--tokens", 7, "--temperature", 2, "--top-p", 0.9, "--seed", 5)

    said = answers(lines, *words, "--backend", backend)

    assert answers(lines, *words, "--backend", "reference") == said
    assert said[0] == said[2] != said[1]


def test_turns_are_told_apart_for_programs(small: Path) -> None:
    """One object a turn, one a command, in order."""
    turn, temp, stats, again = objects(
        "Hi!\n/temp 0\n\n/stats\n  Who?  \n", small, "--tokens", 3, "--temperature", 1
    )

    assert [turn["turn"], turn["user"], turn["tokens"], turn["ended_by"]] == [1, "Hi!", 3, "tokens"]
    assert turn["first_token_seconds"] > 0 < turn["tokens_per_second"]
    assert temp == {"command": "/temp", "temperature": 0.0}
    assert stats["command"] == "/stats"
    assert (stats["backend"], stats["turns"]) == ("sim", 1)
    assert set(stats["firing_rates"]) == {"layer1", "layer2"}
    assert (again["turn"], again["user"]) == (2, "Who?")


def test_text_is_what_the_network_hears(small: Path) -> None:
    """Answers by their speaker, one after the other; nothing on stderr."""
    said = answers("Hi!\nWho?\n", small, "--tokens", 4)

    result = chat("Hi!\nWho?\n", small, "--tokens", 4)

    assert [line.removeprefix("Sam:").strip() for line in result.stdout.split("\nSam:")] == said
    assert result.stderr == ""


def test_state_is_the_context(small: Path) -> None:
    """The second answer depends on the first turn."""
    words = (small, "--tokens", 12, "--temperature", 1)

    assert answers("Hi!\nWho?\n", *words)[1] != answers("Ho!\nWho?\n", *words)[1]


@pytest.mark.parametrize("backend", ENGINES)
def test_saved_talk_goes_on_as_if_nothing_had_been(
    backend: str, small: Path, tmp_path: Path
) -> None:
    """In another process, or later in the same one; settings and place come with it."""
    if backend not in installed():
        pytest.skip(f"{backend} is not installed")
    kept = tmp_path / "kept.talk"
    words = (small, "--tokens", 9, "--backend", backend)
    begin = (*words, "--temperature", 1.5, "--repetition-penalty", 1.2, "--seed", 3)
    expected = answers("One\nTwo\nThree\nFour\n", *begin)

    first = answers(f"One\nTwo\n/save {kept}\nOther\n/load {kept}\nThree\nFour\n", *begin)
    second = answers(f"/load {kept}\nThree\nFour\n", *words)

    assert expected == [*first[:2], *first[3:]]
    assert expected[2:] == second


def test_load_shows_the_latest_text(small: Path, tmp_path: Path) -> None:
    """So that a person knows where the talk was."""
    kept = tmp_path / "kept.talk"

    turn, saved, loaded = objects(f"Hi!\n/save {kept}\n/load {kept}\n", small, "--tokens", 3)

    assert saved["saved"] == loaded["loaded"] == str(kept)
    assert saved["tokens"] == loaded["tokens"] > 3
    assert loaded["latest"].startswith("User: Hi!\nSam:")
    assert loaded["latest"].rstrip().endswith(turn["sam"])


@pytest.mark.lava
@needs_lava
def test_lava_keeps_its_state(small: Path, tmp_path: Path) -> None:
    """And says so."""
    result = chat(f"/save {tmp_path / 'a'}\n", small, "--backend", "lava-fused")

    assert error(result) == "backend lava-fused keeps its state to itself; talk on sim to save it"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("/fly\n", "/fly is no command; use one of /reset, /temp, "),
        ("/temp\n", "temperature = '' is no number; try /temp 0.7"),
        ("/temp warm\n", "temperature = 'warm' is no number"),
        ("/temp nan\n", "temperature = nan is outside 0..100"),
        ("/temp -1\n", "temperature = -1.0 is outside 0..100"),
        ("/save\n", "/save names no file; try /save talk.safetensors"),
        ("/save /nowhere/a\n", "/nowhere/a: cannot be written ("),
        ("/save a\0b\n", "/save names no file"),
        ("/load ~nobody-here/a\n", "~nobody-here/a: not a readable talk (No such file"),
        ("/save /tmp\n", "/tmp: holds something else than a talk"),
        ("/load\n", "/load names no file"),
        ("/load /nowhere/a\n", "/nowhere/a: not a readable talk (No such file or directory"),
        ("User: hi\n", "'User: hi' begins as a turn does; say it in another way"),
        ("<|endoftext|>\n", "the message contains <|endoftext|>"),
        ("! " * 5000, "tokens, more than 4096; shorten it"),
        (b"\n\xff\n", "line 2: byte 0 is not UTF-8; convert it to UTF-8"),
        ("/live\n", "/live needs a terminal"),
    ],
)
def test_line_that_cannot_be_used_ends_a_piped_talk(
    small: Path, lines: str | bytes, message: str
) -> None:
    """In one line, exit code 1."""
    assert message in error(chat(lines, small))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--temperature", "nan"), "temperature = nan is outside 0..100"),
        (("--top-p", "0"), "top_p = 0.0 is not above 0 and at most 1"),
        (("--repetition-penalty", "0.5"), "repetition_penalty = 0.5 is outside 1..100"),
        (("--seed", "-1"), "seed = -1 is outside"),
        (("--backend", "torch", "--strict"), "backend torch has no strict mode"),
    ],
)
def test_setting_out_of_range_is_refused(small: Path, words: tuple[str, ...], message: str) -> None:
    """Before anything is read."""
    if "torch" in words and "torch" not in installed():
        pytest.skip("torch is not installed")

    assert message in error(chat("Hi!\n", small, *words))


def test_talk_of_another_network_is_refused(small: Path, tmp_path: Path) -> None:
    """It would be noise."""
    from export.bundle import SHIPPED

    if not SHIPPED.exists():
        pytest.skip("no model is shipped")
    kept = tmp_path / "kept.talk"
    chat(f"Hi!\n/save {kept}\n", small, "--tokens", 2)

    assert "the talk is that of another network" in error(chat(f"/load {kept}\n"))


def test_quit_ends_before_what_follows(small: Path) -> None:
    """Exit code 0, as at the end of the lines."""
    assert len(answers("Hi!\n/quit\nWho?\n", small, "--tokens", 2)) == 1
    assert chat("", small).output == ""


def test_failed_backend_ends_its_line(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error stands on a line of its own."""

    class Failing:
        def __init__(self, *_: object) -> None:
            self.engine = backends._reference_engine(*_)
            self.n = 0

        def token(self, spikes: object) -> object:
            self.n += 1
            if self.n > 20:
                raise BackendFailedError("sim: died", "restart")
            return self.engine.token(spikes)

    monkeypatch.setitem(ENGINES, "sim", Failing)

    result = chat("Hi!\n", small)

    assert result.exit_code == 1
    assert result.stdout.startswith("Sam:")
    assert result.stdout.endswith("\n")
    assert result.stderr == "Error: sim: died; restart\n"


def program(*words: object) -> list[str]:
    """The command in a process of its own."""
    return [sys.executable, "-m", "realsam.cli", "chat", *map(str, words)]


def test_reader_that_goes_ends_the_talk(small: Path) -> None:
    """As `| head` does: no traceback."""
    child = subprocess.Popen(
        program(small, "--tokens", 10**6), cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(b"Hi!\n")
    child.stdin.close()
    assert child.stdout.read(40).startswith(b"Sam:")

    child.stdout.close()

    assert child.wait(30) == 1
    assert child.stderr.read() == b""
    child.stderr.close()


class Person:
    """Somebody at a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._unread = ""

    def types(self, keys: str | bytes) -> None:
        """Press keys."""
        self.hesitates()
        os.write(self._terminal, keys.encode() if isinstance(keys, str) else keys)

    def hesitates(self) -> None:
        """Be slower than the microseconds from a prompt to the wait for keys, deaf to signals."""
        time.sleep(0.5)

    def waits_for(self, text: str) -> str:
        """Read until a text has come, and return what came before it."""
        while text not in self._unread:
            ready, _, _ = select.select([self._terminal], [], [], 60)
            assert ready, self._unread
            self._unread += os.read(self._terminal, 4096).decode(errors="replace")
        before, _, self._unread = self._unread.partition(text)
        return before


@contextmanager
def at_a_terminal(*words: object) -> Iterator[tuple[Person, subprocess.Popen]]:
    """`realsam chat` at a pseudo-terminal of its own."""
    ours, theirs = pty.openpty()
    owning = (  # it is the terminal of the command, which Ctrl-C is sent to
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "from realsam.cli.main import main; main(['chat', *sys.argv[1:]])"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", owning, *map(str, words)], cwd=ROOT, stdin=theirs, stdout=theirs,
        stderr=theirs, env=os.environ | {"TERM": "xterm"}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Person(ours), child
    finally:
        child.kill()
        child.wait(10)
        os.close(ours)


def test_person_talks_mends_and_leaves(small: Path) -> None:
    """A prompt, an answer, a mistake that ends nothing, Ctrl-D."""
    with at_a_terminal(small, "--tokens", 3) as (person, child):
        person.waits_for("User: ")
        person.types("Hi!\n")
        assert "Sam:" in person.waits_for("User: ")
        person.types("/fly\n")
        assert "Error: /fly is no command" in person.waits_for("User: ")
        person.types("\x04")

        assert child.wait(30) == 0


@pytest.mark.parametrize(
    "backend", ["sim", pytest.param("lava-fused", marks=[pytest.mark.lava, needs_lava])]
)
def test_ctrl_c_stops_the_answer_and_keeps_the_talk(small: Path, backend: str) -> None:
    """At a line that is being typed it gives up the line."""
    words = (small, "--tokens", 10**6, "--backend", backend)
    with at_a_terminal(*words) as (person, child):
        person.waits_for("User: ")
        person.types("Hi!\n")
        person.waits_for("Sam:")
        person.types("\x03")
        person.waits_for("User: ")
        person.types("/stats\n")
        assert "turns              1" in person.waits_for("firing")
        person.waits_for("User: ")
        person.types("gone\x03")
        person.waits_for("User: ")
        person.types("/quit\n")

        assert child.wait(30) == 0


def test_line_of_other_bytes_is_mended(small: Path) -> None:
    """What the terminal sends is no UTF-8: named, and the talk goes on."""
    with at_a_terminal(small, "--tokens", 3) as (person, child):
        person.waits_for("User: ")
        person.types(b"gr\xfc\xdfe\n")
        assert "Error: the line is not UTF-8" in person.waits_for("User: ")
        person.types("/quit\n")

        assert child.wait(30) == 0


def test_closed_stdin_is_no_line(small: Path) -> None:
    """As after `<&-`."""
    line = " ".join([*program(small), "<&-"])

    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, timeout=60, check=True)

    assert (done.stdout, done.stderr) == (b"", b"")


def test_live_view_shows_who_fires_and_leaves_the_answer(small: Path) -> None:
    """On, and off again: then the words come as they are."""
    with at_a_terminal(small, "--tokens", 400) as (person, child):
        person.waits_for("User: ")
        person.types("/live\n")
        assert "live               on" in person.waits_for("User: ")
        person.types("Hi!\n")
        assert "mean" in person.waits_for("Sam:")
        person.waits_for("User: ")
        person.types("/live\nHi!\n/quit\n")
        assert "mean" not in person.waits_for("Sam:")

        assert child.wait(30) == 0


def test_terminate_ends_a_waiting_talk(small: Path) -> None:
    """A polite request to end is no Ctrl-C."""
    with at_a_terminal(small) as (person, child):
        person.waits_for("User: ")
        person.hesitates()

        child.send_signal(signal.SIGTERM)

        assert child.wait(30) == 130


def test_help_shows_an_example_and_the_backends() -> None:
    """As other commands do."""
    result = CliRunner().invoke(realsam, ["chat", "--help"])

    assert "Example: realsam chat" in result.stdout
    assert all(name in result.stdout for name in BACKENDS)


def test_without_a_model_it_is_the_one_that_talks() -> None:
    """It greets, and says who it is; the one that writes stories would go on with a story."""
    from export.bundle import TALKS

    if not TALKS.exists():
        pytest.skip("no model is shipped")

    hello, name, good_night = answers(
        "Hello!\nWho are you?\nGood night!\n", "--temperature", 0, "--tokens", 30
    )

    assert "Hello" in hello or "Hi" in hello
    assert "Sam" in name
    assert "night" in good_night
