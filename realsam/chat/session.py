"""Session: the turns of a talk, between a person or a program and a backend."""

from collections.abc import Callable
from dataclasses import dataclass

from realsam.arrays import I64, Spikes
from realsam.chat.answer import Answer
from realsam.chat.commands import obey
from realsam.chat.lines import Lines
from realsam.chat.saved import Saved, refuse_foreign
from realsam.chat.screen import Screen
from realsam.chat.talk import Place, Talk
from realsam.data.conversation import REPLY, STOP, USER, is_message
from realsam.errors import PromptError, RealSamError, RunError
from realsam.ir import Host, Motion, Network, Sampler
from realsam.live import Activity
from realsam.vocab import Vocabulary, given_tokens
from sim.simulator import fast_host, fast_sampler


@dataclass(frozen=True)
class Setting:
    """What is talked with."""

    network: Network
    host: Host
    vocabulary: Vocabulary
    backend: str
    begin: Callable[[], Motion]  # the network at rest on that backend
    n_tokens: int  # of an answer at most


class Session:
    """A talk on one backend, from its first line to its last."""

    def __init__(self, setting: Setting, sampler: Sampler, lines: Lines, screen: Screen) -> None:
        self.setting = setting
        self.screen = screen
        self._lines = lines
        self._host = fast_host(setting.host)
        self._goes_on = True
        self.begin(sampler)

    def begin(self, sampler: Sampler, saved: Saved | None = None) -> None:
        """Let the next run begin with the network at rest, or as it was saved.

        Raises:
            RunError: if the talk that was saved cannot go on here.
        """
        motion, place = self.setting.begin(), Place()
        if saved:
            refuse_foreign(saved, self.setting.network, self.setting.host, motion.engine)
            place = saved.place
            if motion.engine:
                motion.engine.restore(saved.state)
        self.activity, self._motion = Activity(self.setting.network), motion
        self.talk = Talk(self._host, place, fast_sampler(sampler), self._listen, self._say)
        self.n_turns, self._is_open = (saved.n_turns, saved.is_open) if saved else (0, False)

    def run(self) -> None:
        """Talk until nobody goes on.

        Raises:
            RealSamError: if a line cannot be used and nobody can mend it, or a backend fails.
        """
        try:
            while self._goes_on:
                self._motion.play(self.talk, self._hear)
        finally:
            self.screen.close()

    def end(self) -> None:
        """Let this line be the last one."""
        self._goes_on = False

    def saved(self) -> Saved:
        """The talk as it stands, to be asked for while it listens.

        Raises:
            RunError: if the backend keeps its state to itself.
        """
        setting, engine = self.setting, self._motion.engine
        if engine is None:
            raise RunError(
                f"backend {setting.backend} keeps its state to itself", "talk on sim to save it"
            )
        return Saved(
            setting.network.digest,
            setting.backend,
            self.talk.sampler,
            self.talk.place,
            self._is_open,
            self.n_turns,
            engine.snapshot(),
        )

    def _listen(self) -> list[int] | None:
        talk = self.talk
        while self._goes_on and self.talk is talk:  # a command may begin another one
            try:
                line = self._lines.read()
                if line is None:
                    self.end()
                elif line.startswith("/"):
                    obey(self, line)
                elif line.strip():
                    return self._asked(line.strip())
            except RealSamError as error:
                if not self._lines.is_terminal:
                    raise
                self.screen.complain(error)
        return None

    def _asked(self, message: str) -> list[int]:
        if not is_message(message):
            raise PromptError(f"{message[:20]!r} begins as a turn does", "say it in another way")
        beginning = "" if self._is_open else STOP if self.n_turns else f"{USER}:"
        text = f"{beginning} {message}{REPLY}"
        tokens = given_tokens(self.setting.vocabulary, text, "the message")
        self._answer = Answer(self.setting.vocabulary, message, self.setting.n_tokens)
        self.screen.begin(self.activity)
        return tokens

    def _hear(self, spikes: Spikes, _: I64) -> None:
        self.activity.hear(spikes)

    def _say(self, token: int) -> bool:
        answer = self._answer
        self.screen.add(answer.add(token, self._lines.interrupted))
        if answer.ended_by:
            self.n_turns += 1
            self._is_open = answer.ended_by == "turn"
            self.screen.end(answer.turn(self.n_turns))
        return not answer.ended_by
