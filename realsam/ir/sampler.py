"""Sampler: logits to a token, in integers, so that a seed gives one text on every backend.

Order of the operations: repetition penalty, top-k (largest logits first, lower id wins a tie),
temperature, weights 2**-x from a table of 1/256 octaves, top-p, one draw per position. Temperature
0 takes the likeliest token after the penalty. Random numbers come from Philox4x64-10 keyed by the
seed: the first word of the block after that numbered by the position, as numpy counts.

Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox); Holtzman et al.
2020, "The curious case of neural text degeneration" (top-p). The penalty of Keskar et al. 2019
("CTRL") depends on where a model's logits have their zero; ours divides probabilities.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from realsam.arrays import I64
from realsam.errors import PromptError

OCTAVE_STEPS = 256  # resolution of the exponent: 1/256 octave, 0.27 % of a probability
WEIGHT_BITS = 40  # the likeliest token weighs 2**40, one 40 octaves below weighs 1
SHARE_BITS = 30  # top-p is a multiple of 2**-30
SETTINGS = ("seed", "temperature", "top_k", "top_p", "repetition_penalty")
PENALTY_WINDOW = 64  # latest tokens, prompt included, that a repetition penalty knows
_PENALTY_MAX = 2.0**40  # logit units: out of sight, and far from what 64 bits hold
_SCALE_MAX = 2.0**62  # the tiniest temperatures: one logit unit already is out of sight
POWERS = np.array(
    [round(2 ** (WEIGHT_BITS - i / OCTAVE_STEPS)) for i in range(OCTAVE_STEPS)], np.int64
)


# Logits [V], top_k, 2**-20 of a table step per logit unit, top-p in 2**-30, seed, position;
# returns a token.
Choose = Callable[[I64, int, int, int, np.uint64, int], int]


def choose(logits: I64, top_k: int, scale: int, share: int, seed: np.uint64, position: int) -> int:
    """Draw one of the likeliest tokens; see the module for the order of the operations."""
    order = _likeliest(logits, top_k)
    total = np.cumsum(_weights(logits[order], scale))
    # The fewest tokens that have this share of the weight.
    needed = -(-int(total[-1]) * share >> SHARE_BITS)
    kept = int(total[np.searchsorted(total, needed)])
    draw = int(np.random.Philox(key=int(seed), counter=position).random_raw())
    return int(order[np.searchsorted(total, draw * kept >> 64, side="right")])


@dataclass(frozen=True)
class Sampler:
    """Temperature, top-k and top-p sampling; temperature 0 takes the likeliest token."""

    temperature: float = 0.8  # 0..100
    top_k: int = 40  # 0: all tokens
    seed: int = 0  # 0..2**64-1
    top_p: float = 1.0  # above 0, up to 1: all of them
    repetition_penalty: float = 1.0  # 1..100: divides the odds of the latest PENALTY_WINDOW tokens
    choose: Choose = field(default=choose, compare=False)  # all give the same tokens

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise PromptError(
                f"temperature = {self.temperature} is outside 0..100", "try one between 0.5 and 1.2"
            )
        if self.top_k < 0:
            raise PromptError(f"top_k = {self.top_k} is negative", "use 0 to keep all tokens")
        if not 0 < self.top_p <= 1:
            raise PromptError(
                f"top_p = {self.top_p} is not above 0 and at most 1", "use 1 to keep all tokens"
            )
        if not 1 <= self.repetition_penalty <= 100:
            raise PromptError(
                f"repetition_penalty = {self.repetition_penalty} is outside 1..100",
                "use 1 for none, or try 1.2",
            )
        if not 0 <= self.seed < 1 << 64:
            raise PromptError(f"seed = {self.seed} is outside 0..2**64-1", "choose one in it")

    @property
    def settings(self) -> dict[str, float]:
        """All that decides its tokens, by the names of its fields."""
        return {name: getattr(self, name) for name in SETTINGS}

    def pick(
        self, logits: I64, nats_per_logit: float, position: int, past: Sequence[int] = ()
    ) -> int:
        """Choose the token that follows `position` from its [V] logits and the tokens before."""
        logits = self._penalized(logits, nats_per_logit, past)
        if self.temperature == 0:
            return int(np.argmax(logits))
        octaves_per_unit = nats_per_logit / (math.log(2) * self.temperature)
        # 2**-20 units: exact products for differences below 2**63 / scale, clipped far before.
        scale = max(1, round(min(octaves_per_unit * OCTAVE_STEPS * 2**20, _SCALE_MAX)))
        share = max(1, round(self.top_p * 2**SHARE_BITS))
        k = min(self.top_k or logits.size, logits.size)
        return self.choose(logits, k, scale, share, np.uint64(self.seed), position)

    def _penalized(self, logits: I64, nats_per_logit: float, past: Sequence[int]) -> I64:
        if self.repetition_penalty == 1 or not past:
            return logits
        logits = logits.copy()
        units = math.log(self.repetition_penalty) / nats_per_logit
        # Once per token, however often it came.
        logits[list(set(past[-PENALTY_WINDOW:]))] -= round(min(units, _PENALTY_MAX))
        return logits


def _likeliest(logits: I64, k: int) -> I64:
    """The k tokens, the likeliest first; of equal ones the lower id first."""
    smallest = np.partition(logits, logits.size - k)[logits.size - k]
    candidates = np.flatnonzero(logits >= smallest)
    order: I64 = candidates[np.argsort(-logits[candidates], kind="stable")][:k]
    return order


def _weights(logits: I64, scale: int) -> I64:
    below = np.minimum(logits[0] - logits, (WEIGHT_BITS * OCTAVE_STEPS << 20) // scale + 1)
    steps = below * scale >> 20
    weights: I64 = POWERS[steps % OCTAVE_STEPS] >> np.minimum(steps // OCTAVE_STEPS, 62)
    return weights
