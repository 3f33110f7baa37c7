"""Sessions: what the network hears of a talk, to the letter, and what is kept of it."""

import gc
import json
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from realsam.arrays import I64, Spikes
from realsam.chat.screen import JsonScreen
from realsam.chat.session import Session, Setting
from realsam.data.conversation import Turn, parse
from realsam.errors import PromptError
from realsam.ir import Host, Input, Motion, Network, Sampler, Snapshot, play, to_network
from realsam.ir.token_clock import TokenClock, readout_layer
from tests import tiny

BITS = 9  # of a token of the tiny vocabulary
VOCABULARY = tiny.vocabulary()


def host() -> Host:
    """Token i lights the lines of its bits, and is elected by its bits as signs."""
    bits = (np.arange(VOCABULARY.size)[:, None] >> np.arange(BITS)) & 1
    return Host(bits, 2 * bits - 1, np.zeros(len(bits)), 1.0, VOCABULARY.end_of_text)


def network() -> Network:
    """As many lines and readout neurons as bits."""
    weight = np.eye(BITS, dtype=np.int16) * 2
    layers = (readout_layer("readout", ("in",), weight),)
    return to_network(TokenClock(Input("in", BITS), layers, 3))


class Speaker:
    """An engine that gives prepared answers whenever it is asked, and remembers what it heard."""

    def __init__(self, *answers: str) -> None:
        self.heard: list[int] = []
        self._answers = list(answers)
        self._saying: list[int] = []

    @property
    def text(self) -> str:
        """What it heard."""
        return VOCABULARY.decode(self.heard)

    def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
        """See Engine."""
        self.heard.append(int(spikes @ (1 << np.arange(BITS))))
        if self.text.endswith("\nSam:"):
            self._saying = [*VOCABULARY.encode(self._answers.pop(0)), VOCABULARY.end_of_text]
        elected = self._saying.pop(0) if self._saying else 0
        signs = 2 * ((elected >> np.arange(BITS)) & 1) - 1
        return np.concatenate([spikes, np.zeros(BITS, np.uint8)]), signs * 64

    def snapshot(self) -> Snapshot:
        """See Engine."""
        return {}

    def restore(self, snapshot: Snapshot) -> None:
        """See Engine."""


class Script:
    """Prepared lines."""

    interrupted = False

    def __init__(self, lines: Sequence[str], is_terminal: bool = False) -> None:
        self.is_terminal = is_terminal
        self._lines = list(lines)

    def read(self) -> str | None:
        """See Lines."""
        return self._lines.pop(0) if self._lines else None


def talked(
    answers: Sequence[str], lines: Sequence[str], n_tokens: int = 99, is_terminal: bool = False
) -> Speaker:
    """An engine after a talk."""
    speaker = Speaker(*answers)

    def begin() -> Motion:
        return Motion(lambda driver, hear: play(speaker, driver, hear), speaker)

    setting = Setting(network(), host(), VOCABULARY, "sim", begin, n_tokens)
    Session(setting, Sampler(0), Script(lines, is_terminal), JsonScreen()).run()
    return speaker


@pytest.mark.parametrize("ending", ["", "\nUser:"])
def test_network_hears_a_conversation_as_it_is_written(ending: str) -> None:
    """Whether the model begins the next turn or ends the text."""
    speaker = talked([f" Hello.{ending}", f" A fox.{ending}"], ["Hi!", "  Who is it? "])

    said = "User: Hi!\nSam: Hello.\nUser: Who is it?\nSam: A fox."
    assert speaker.text == said + ending
    assert speaker.heard.count(VOCABULARY.end_of_text) == 1  # the beginning
    assert parse(said) == [
        Turn("User", "Hi!"),
        Turn("Sam", "Hello."),
        Turn("User", "Who is it?"),
        Turn("Sam", "A fox."),
    ]


def test_answer_that_is_cut_is_followed_by_a_turn() -> None:
    """At the most tokens."""
    speaker = talked([" one two three", " four"], ["Hi!", "Go on."], n_tokens=3)

    first = VOCABULARY.decode(VOCABULARY.encode(" one two three")[:3])
    assert speaker.text.startswith(f"User: Hi!\nSam:{first}\nUser: Go on.\nSam:")


def test_turns_tell_why_they_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """And what was said without its form."""
    answers = [
        " Hello.\nUser:",
        " A fox.",
        " Hi.\nSam:",
        "unheard",
        " far too long to be said " * 9,
    ]
    speaker = talked(answers, ["a", "b", "c", "d"], n_tokens=40)

    turns = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [turn["ended_by"] for turn in turns] == ["turn", "text", "reply", "tokens"]
    assert [turn["sam"] for turn in turns[:3]] == ["Hello.", "A fox.", "Hi."]
    assert turns[3]["tokens"] == 40
    assert "Sam: Hi.\nSam:\nUser: d\nSam:" in speaker.text


def test_mistakes_of_a_person_leave_the_talk_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A program's end it."""
    speaker = talked([" Hello."], ["/fly", "Sam: no", "Hi!"], is_terminal=True)

    assert speaker.text == "User: Hi!\nSam: Hello."
    assert capsys.readouterr().out.count('"error"') == 2
    with pytest.raises(PromptError, match="/fly is no command"):
        talked([], ["/fly"])


def test_memory_of_a_session_does_not_grow() -> None:
    """What it keeps after two hundred turns is what it kept after fifty."""
    kept, turns = {50: 0, 100: 0, 200: 0}, iter(range(201))

    class Endless(Speaker):
        def token(self, spikes: Spikes) -> tuple[Spikes, I64]:
            told = super().token(spikes)
            del self.heard[:-20]
            return told

    class Watched(Script):
        def read(self) -> str | None:
            if (turn := next(turns)) in kept:
                gc.collect()
                kept[turn] = tracemalloc.get_traced_memory()[0]
            return super().read()

    speaker = Endless(*[" Hello there."] * 200)
    motion = Motion(lambda driver, hear: play(speaker, driver, hear), speaker)
    setting = Setting(network(), host(), VOCABULARY, "sim", lambda: motion, 99)
    tracemalloc.start()
    try:
        Session(setting, Sampler(0), Watched(["Hi!"] * 200), Blank()).run()
    finally:
        tracemalloc.stop()

    assert max(kept[100], kept[200]) - kept[50] < 2048


class Blank(JsonScreen):
    """Shows nothing."""

    def end(self, *_: object) -> None:
        """See Screen."""
