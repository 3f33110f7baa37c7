"""What can go wrong while training, recognised early and said by name.

A loss counts as exploded above three times ln(vocab_size). A model that knows nothing scores
ln(vocab_size), and an untrained one starts within a few percent of it; three times that is only
reached by being sure of wrong tokens, with weights far out of range.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite, log

import torch
from torch import nn

from realsam.errors import TrainingError
from realsam.train.config import TrainConfig
from realsam.train.parallel import Processes

DEAD, SATURATED = 0.001, 0.6  # spikes per neuron and token
EXPLODED = 3.0  # times the loss of a model that knows nothing
_FULL = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")


def check_losses(losses: Sequence[float], first_step: int, vocab_size: int, cure: str) -> None:
    """Refuse losses that are not finite, or whose mean has exploded.

    Args:
        losses: nats per token of consecutive optimizer steps.
        first_step: number of the first of them.
        vocab_size: of the model.
        cure: what to do about it.

    Raises:
        TrainingError: names the step.
    """
    for step, nats in enumerate(losses, first_step):
        if not isfinite(nats):
            raise TrainingError(f"step {step}: the loss is {nats}", cure)
    mean, limit = sum(losses) / len(losses), EXPLODED * log(vocab_size)
    if mean > limit:
        last = first_step + len(losses) - 1
        raise TrainingError(
            f"step {last}: the loss is {mean:.1f} nats per token, above 3 ln({vocab_size}) = "
            f"{limit:.1f}",
            cure,
        )


def check_parameters(model: nn.Module, step: int, cure: str) -> None:
    """Refuse parameters that are not finite.

    Raises:
        TrainingError: names the step and the parameter.
    """
    for name, parameter in model.named_parameters():
        if not parameter.isfinite().all():
            raise TrainingError(f"step {step}: {name} is not finite", cure)


class LayerWatch:
    """Remembers which layers are dead or saturated, so that each change is told once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def changes(self, rates: Sequence[float]) -> dict[str, str]:
        """Layers that became "dead", "saturated" or "firing" again, with these firing rates."""
        found = {f"layer{i}": _condition(rate) for i, rate in enumerate(rates, 1)}
        changed = {n: now for n, now in found.items() if now != self._known.get(n, "firing")}
        self._known = found
        return changed


def _condition(rate: float) -> str:
    if rate < DEAD:
        return "dead"
    return "saturated" if rate > SATURATED else "firing"


def warning(layer: str, condition: str, rate: float) -> str:
    """One line about a layer that changed."""
    if condition == "firing":
        return f"{layer}: firing again, {rate:.2%} spikes per neuron and token"
    side = f"below {DEAD:.1%}" if condition == "dead" else f"above {SATURATED:.0%}"
    return (
        f"{layer}: {condition}, {rate:.2%} spikes per neuron and token is {side}; "
        "if it stays so, start a new run with a lower --lr and --matrix-lr"
    )


@contextmanager
def enough_memory(
    config: TrainConfig, batch: int, processes: Processes, device: torch.device
) -> Iterator[None]:
    """Turn a lack of memory into one line that names the batch to try.

    Raises:
        TrainingError: if the block ran out of memory.
    """
    where = f"{device}" + (f" of process {processes.rank}" if processes.n > 1 else "")
    cure = f"start a new run with {_smaller(config, batch, processes.n)}"
    with shortage_named(where, f"batch = {batch}, window = {config.window}", cure):
        yield


@contextmanager
def shortage_named(where: str, what: str, cure: str) -> Iterator[None]:
    """Turn a lack of memory into one line: where it was, with what, and what to do.

    Raises:
        TrainingError: if the block ran out of memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise TrainingError(f"{where}: out of memory with {what}", cure) from error


def _is_out_of_memory(error: BaseException | None) -> bool:
    if error is None:
        return False
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    if any(words in str(error).lower() for words in _FULL):
        return True
    return _is_out_of_memory(error.__context__)  # a graph's capture fails with another error


def _smaller(config: TrainConfig, batch: int, n_processes: int) -> str:
    """Options of half the size and as many tokens per step."""
    each, twice = batch // n_processes, 2 * config.accumulate
    if each > 1:
        return f"--batch {each // 2 * n_processes} --accumulate {twice}"
    return f"--window {max(1, config.window // 2)} --accumulate {twice}"
