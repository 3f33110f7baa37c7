"""One story to its conversations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

from realsam.data.conversation import Turn, is_message
from realsam.data.converse.follow import followed
from realsam.data.converse.questions import answered
from realsam.data.converse.requests import told
from realsam.data.converse.smalltalk import chat, framed
from realsam.data.converse.speech import talks
from realsam.data.converse.story import Story

STORY, FOLLOW, SPEECH, QUESTION, SMALLTALK = "story", "follow", "speech", "question", "smalltalk"
KINDS = (STORY, FOLLOW, SPEECH, QUESTION, SMALLTALK)
# How often each is drawn from a story that gives it; of speeches, the share that is kept.
SHARES = {STORY: 0.5, FOLLOW: 0.25, SPEECH: 1.0, QUESTION: 0.4, SMALLTALK: 0.5}


@dataclass(frozen=True)
class Conversation:
    """Turns of one kind."""

    kind: str  # one of KINDS
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Drawing:
    """What is drawn of every story; a story gives the same whatever stands before and behind it."""

    seed: int = 0
    longest: int = 120  # words of a story that is told as a whole
    shares: Mapping[str, float] = field(default_factory=dict)  # by kind, in place of those above

    def __call__(self, story: Story) -> Iterator[Conversation]:
        """All conversations of a story."""
        text = blake2b(story.text.encode("utf-8"), digest_size=8).hexdigest()
        for kind in KINDS:
            draw = Random(f"{self.seed} {kind} {text}")
            for turns in self._drawn(kind, story, draw):
                # Small talk has its own first and last turns; speakers may be in the middle of it.
                whole = kind in {SMALLTALK, SPEECH}
                talk = turns if whole else framed(turns, draw, kind in {STORY, FOLLOW})
                # A sentence may begin as a turn does where no line of the story did.
                if all(is_message(turn.text) for turn in talk):
                    yield Conversation(kind, tuple(talk))

    def _drawn(self, kind: str, story: Story, draw: Random) -> Iterator[list[Turn]]:
        share = self.shares.get(kind, SHARES[kind])
        if kind == SPEECH:
            yield from (talk for talk in talks(story) if draw.random() < share)
            return
        for _ in range(int(share + draw.random())):
            if turns := self._one(kind, story, draw):
                yield turns

    def _one(self, kind: str, story: Story, draw: Random) -> list[Turn] | None:
        if kind == STORY:
            return told(story, draw, self.longest)
        if kind == FOLLOW:
            return followed(story, draw)
        return answered(story, draw) if kind == QUESTION else chat(draw)
