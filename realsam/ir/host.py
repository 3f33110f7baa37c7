"""Host: what runs beside the chip. Tokens to input spikes, readout voltages to logits.

The host is integer too: logits are exact int64 sums, so every backend sees the same ones.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realsam.arrays import F64, I8, I64, U8, frozen
from realsam.errors import NetworkError
from realsam.fixedpoint import STATE_SHIFT

Product = Callable[[I8, I64], I64]  # [V, D] int8 times [D] integers, |y| <= 2**17: exact
MAX_READOUT = 256  # keeps the partial sums of every product exact


def exact_product(matrix: I8, y: I64) -> I64:
    """Multiply [V, D] int8 by [D] integers in float64, which holds every partial sum exactly."""
    product: I64 = (matrix.astype(np.float64) @ y.astype(np.float64)).astype(np.int64)
    return product


def perplexity(nats_per_token: float) -> float:
    """exp(nats per token), at most 1e300: a number in every report."""
    return math.exp(min(nats_per_token, 690.0))


@dataclass(frozen=True, eq=False)
class Host:
    """Encoder and decoder of a spiking language model with vocabulary V, or of a tagger.

    input[t] = code[token[t]]
    logit[t] = decode @ (v_readout[t] >> 6) + bias          in units of `nats_per_logit`

    The logits are those of the next token, or of the tags of the token `delay` tokens ago.
    """

    code: U8  # [V, M] input spikes of each token, always-on lines included
    decode: I8  # [V, D] decoder weights; of a tagger [tags, D]
    bias: I64  # [V] added to the logits; of a tagger [tags]
    nats_per_logit: float  # one logit unit in nats
    end_of_text: int  # the token that starts and ends a document
    tags: tuple[str, ...] = ()  # of a tagger
    delay: int = 0  # tokens that a tagger looks ahead
    product: Product = exact_product  # how decode meets a readout; all give the same integers

    def __post_init__(self) -> None:
        for field, dtype in (("code", np.uint8), ("decode", np.int8), ("bias", np.int64)):
            object.__setattr__(self, field, frozen(getattr(self, field), dtype))
        outputs = len(self.tags) or len(self.code)
        rows = {outputs, len(self.decode), len(self.bias)}
        if len(rows) != 1 or self.code.ndim != 2 or self.decode.ndim != 2:
            raise NetworkError(
                f"host: code, decode and bias have {sorted(rows)} rows",
                "give each one row per token, a tagger's decode and bias one per tag",
            )
        if self.delay < 0 or (self.delay and not self.tags):
            raise NetworkError(
                f"host: delay = {self.delay} is negative, or of no tagger", "use 0 without tags"
            )
        if self.decode.shape[1] > MAX_READOUT:
            raise NetworkError(
                f"host: {self.decode.shape[1]} readout neurons are more than {MAX_READOUT}",
                "use a smaller readout",
            )
        if np.any(self.code > 1):
            raise NetworkError("host: code is not binary", "store spikes as 0 and 1")
        if not 0 <= self.end_of_text < self.vocab_size:
            raise NetworkError(
                f"host: end_of_text = {self.end_of_text} is no token",
                f"use one in 0..{self.vocab_size - 1}",
            )
        if not (np.isfinite(self.nats_per_logit) and self.nats_per_logit > 0):
            raise NetworkError(
                f"host: nats_per_logit = {self.nats_per_logit} is not positive",
                "store the size of a logit unit in nats",
            )

    @property
    def vocab_size(self) -> int:
        """Number of tokens."""
        return len(self.code)

    def logits(self, voltage: I64) -> I64:
        """[V] logits for the readout voltages [D]; of a tagger [tags]."""
        return self.product(self.decode, voltage >> STATE_SHIFT) + self.bias

    def nats(self, voltage: I64, token: I64) -> F64:
        """[K] negative log-likelihood of the tokens or tags [K] that follow voltages [K, D]."""
        logits = np.array([self.logits(row) for row in voltage])
        below = (logits - logits.max(axis=1, keepdims=True)) * self.nats_per_logit
        chosen = np.take_along_axis(below, token[:, None], axis=1)[:, 0]
        result: F64 = np.log(np.exp(below).sum(axis=1)) - chosen
        return result
