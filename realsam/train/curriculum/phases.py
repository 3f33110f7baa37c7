"""The phases of a curriculum, and what each of them trains with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realsam.train.config import TrainConfig
from realsam.train.lesson import BLENDED, CONVERSATIONS, STORIES

PATIENCE = 3  # validations, where nothing else is said
_VALIDATIONS = 5  # of a phase, at least
_WARMUP = 5  # a phase warms up for at most one part in so many of its steps


@dataclass(frozen=True)
class Phase:
    """One run of a curriculum."""

    name: str
    lesson: str
    window: int  # tokens
    weight: int  # its share of the steps is its weight over that of all phases


PHASES = (
    Phase("words", "words", 8, 1),
    Phase("phrases", "phrases", 16, 1),
    Phase("sentences", "sentences", 32, 2),
    Phase("stories", STORIES, 64, 8),
    Phase("conversations-32", CONVERSATIONS, 32, 2),
    Phase("conversations-128", CONVERSATIONS, 128, 2),
    Phase("blended", BLENDED, 128, 4),
)


def phases(conversations: bool) -> tuple[Phase, ...]:
    """All phases, or those that need no conversations."""
    needing = () if conversations else (CONVERSATIONS, BLENDED)
    return tuple(phase for phase in PHASES if phase.lesson not in needing)


def options(
    whole: TrainConfig, given: dict[str, Any], left: int, rest: Sequence[Phase]
) -> dict[str, Any]:
    """What the first of the phases that are left trains with, besides the preset.

    It takes its share of the steps that are left, so that what a phase did not need goes to those
    after it. A step hears as many tokens in every phase: shorter windows come in more streams.

    Args:
        whole: configuration of the same training without a curriculum.
        given: options of the user.
        left: steps of the curriculum that are left, at least one for each phase.
        rest: the phases that are left.
    """
    phase, *others = rest
    share = round(left * phase.weight / sum(p.weight for p in rest))
    steps = min(max(1, share), left - len(others))
    return {
        "eval_every": min(whole.eval_every, -(-steps // _VALIDATIONS)),
        "patience": PATIENCE,
        **given,
        "window": phase.window,
        "batch": max(1, whole.batch * whole.window // phase.window),
        "warmup": min(whole.warmup, -(-steps // _WARMUP)),
        "steps": steps,
    }
