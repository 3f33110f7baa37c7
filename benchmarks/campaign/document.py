"""Input drawn at random for a network: spikes, or payloads where its lines are graded."""

import numpy as np

from realsam.arrays import Spikes
from realsam.ir import Input, Network

STEPS = 130  # chip steps of a case, about


def document(rng: np.random.Generator, network: Network) -> Spikes:
    """[K, M] input: mixed, silent, saturated, prefixes of lines, single lines, a pulse."""
    lines = network.input.size
    tokens = max(3, int(rng.integers(STEPS // 2, STEPS)) // network.steps_per_token)
    match rng.choice(6, p=[0.35, 0.05, 0.2, 0.2, 0.1, 0.1]):
        case 0:
            on = rng.random((tokens, lines)) < rng.choice([0.0, 0.1, 0.5, 1.0], (tokens, 1))
        case 1:
            on = np.zeros((tokens, lines), bool)
        case 2:
            on = np.ones((tokens, lines), bool)
        case 3:
            counts = rng.choice([0, 1, lines // 2, lines - 1, lines, 511, 512, 513, 516], tokens)
            on = np.arange(lines) < counts[:, None]
        case 4:
            on = np.arange(lines) == rng.integers(0, lines, (tokens, 1))
        case _:
            on = np.arange(tokens)[:, None] == np.zeros(lines)
    return messages(rng, network.input, on)


def messages(rng: np.random.Generator, lines: Input, on: np.ndarray) -> Spikes:
    """[K, M] spikes, or payloads, on the lines that are on [K, M].

    Every magnitude comes alike often, the ends of the range in half of all documents:
    more of them would only overflow.
    """
    if not lines.message_bits:
        return on.astype(np.uint8)
    low, high = lines.payloads
    ones = np.ones(on.shape, np.int64)
    small = np.clip(rng.integers(-2, 3, on.shape), low, high)
    scaled = np.exp2(rng.random(on.shape) * (lines.message_bits - 1)).astype(np.int64)
    edges = rng.choice([low, low + 1, -1, 0, 1, high - 1, high], on.shape)
    odds = [0.2, 0.3, 0.2, 0.3] if rng.random() < 0.5 else [0.3, 0.5, 0.2, 0]
    kind = rng.choice(4, (len(on), 1), p=odds)
    drawn = np.choose(kind, [ones, small, scaled * rng.choice([-1, 1], on.shape), edges])
    return (np.clip(drawn, low, high) * on).astype(np.int32)
