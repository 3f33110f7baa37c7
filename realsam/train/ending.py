"""When a run ends: at its last step, or where its validations have stopped to improve."""

from collections.abc import Mapping
from math import inf

from realsam.train.config import TrainConfig


def ended(config: TrainConfig, step: int, scores: Mapping[int, float]) -> str:
    """Why a run is over at a step, or nothing if it is not.

    Args:
        config: of the run.
        step: that it has reached.
        scores: validation loss in nats per token, by step, in the order of the steps.
    """
    if step >= config.steps:
        return f"all {config.steps} steps done"
    best, best_step, waited = inf, 0, 0
    for at, nats in scores.items():
        if nats <= best - config.min_gain:
            best, best_step, waited = nats, at, 0
        else:
            waited += 1
    if not 0 < config.patience <= waited:
        return ""
    return (
        f"patience of {waited} used up, no gain of {config.min_gain:g} nats since the {best:.4f} "
        f"of step {best_step}"
    )
