"""Sampler: logits to a token, in integers, so that a seed gives one text on every backend.

Order of the operations: top-k (largest logits first, lower id wins a tie),
temperature, weights 2**-x from a table of 1/256 octaves, one draw per position. Random numbers
come from Philox4x64-10 keyed by the seed: the first word of the block after that numbered by the
position, as numpy counts.

Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox).
"""

import math
from dataclasses import dataclass

import numpy as np

from realsam.arrays import I64
from realsam.errors import PromptError

_OCTAVE_STEPS = 256  # resolution of the exponent: 1/256 octave, 0.27 % of a probability
_WEIGHT_BITS = 40  # the likeliest token weighs 2**40, one 40 octaves below weighs 1
_SCALE_MAX = 2.0**62  # the tiniest temperatures: one logit unit already is out of sight
_POWERS = np.array(
    [round(2 ** (_WEIGHT_BITS - i / _OCTAVE_STEPS)) for i in range(_OCTAVE_STEPS)], np.int64
)


@dataclass(frozen=True)
class Sampler:
    """Temperature and top-k sampling; temperature 0 takes the likeliest token."""

    temperature: float = 0.8  # 0..100
    top_k: int = 40  # 0: all tokens
    seed: int = 0  # 0..2**64-1

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise PromptError(
                f"temperature = {self.temperature} is outside 0..100", "try one between 0.5 and 1.2"
            )
        if self.top_k < 0:
            raise PromptError(f"top_k = {self.top_k} is negative", "use 0 to keep all tokens")
        if not 0 <= self.seed < 1 << 64:
            raise PromptError(f"seed = {self.seed} is outside 0..2**64-1", "choose one in it")

    def pick(self, logits: I64, nats_per_logit: float, position: int) -> int:
        """Choose the token that follows `position` from its [V] logits."""
        if self.temperature == 0:
            return int(np.argmax(logits))
        order = self._likeliest(logits)
        total = np.cumsum(self._weights(logits[order], nats_per_logit))
        draw = int(np.random.Philox(key=self.seed, counter=position).random_raw())
        target = draw * int(total[-1]) >> 64
        return int(order[np.searchsorted(total, target, side="right")])

    def _likeliest(self, logits: I64) -> I64:
        """The top_k tokens, the likeliest first; of equal ones the lower id first."""
        k = min(self.top_k or logits.size, logits.size)
        smallest = np.partition(logits, logits.size - k)[logits.size - k]
        candidates = np.flatnonzero(logits >= smallest)
        order: I64 = candidates[np.argsort(-logits[candidates], kind="stable")][:k]
        return order

    def _weights(self, logits: I64, nats_per_logit: float) -> I64:
        octaves_per_unit = nats_per_logit / (math.log(2) * self.temperature)
        # 2**-20 units: exact products for differences below 2**63 / scale, clipped far before.
        scale = max(1, round(min(octaves_per_unit * _OCTAVE_STEPS * 2**20, _SCALE_MAX)))
        below = np.minimum(logits[0] - logits, (_WEIGHT_BITS * _OCTAVE_STEPS << 20) // scale + 1)
        steps = below * scale >> 20
        weights: I64 = _POWERS[steps % _OCTAVE_STEPS] >> np.minimum(steps // _OCTAVE_STEPS, 62)
        return weights
