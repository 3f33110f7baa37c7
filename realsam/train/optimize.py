"""The optimizer step: Muon for the weight matrices, Adam for everything else.

Sources: Jordan et al. 2024 (Muon); Kingma and Ba 2015 (Adam).
"""

import math
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from realsam.nn.cpu.pool import one_torch_thread
from realsam.nn.model import SpikingLM
from realsam.train.config import TrainConfig
from realsam.train.muon import Muon

_EAGER = 2  # steps before a capture, in which the optimizers make their state


class Update:
    """Clips the gradients, applies them and sets them to zero; on CUDA one captured graph."""

    def __init__(self, model: SpikingLM, config: TrainConfig) -> None:
        self._config = config
        self._parameters = list(model.parameters())
        matrices, rest = split(model)
        device = rest[0].device
        self._on_cuda = device.type == "cuda"
        # A captured step reads its learning rates from the device.
        self._rates = [torch.tensor(0.0, device=device) for _ in range(2)]
        self._optimizers = [
            Muon(matrices, self._rates[0], weight_decay=config.weight_decay),
            torch.optim.AdamW(
                rest,
                self._rates[1],
                betas=(0.9, 0.98),
                weight_decay=0.0,
                fused=True,
                capturable=self._on_cuda,
            ),
        ]
        self._done = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, step: int) -> None:
        """Apply the gradients at the learning rates of that step."""
        factor = schedule(step, self._config)
        for rate, lr in zip(self._rates, (self._config.matrix_lr, self._config.lr), strict=True):
            rate.fill_(lr * factor)
        if self._on_cuda and self._graph is None and self._done >= _EAGER:
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._apply()
        with nullcontext() if self._on_cuda else one_torch_thread():
            self._graph.replay() if self._graph else self._apply()
        self._done += 1

    def _apply(self) -> None:
        torch.nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        for optimizer in self._optimizers:
            optimizer.step()
        torch._foreach_zero_([p.grad for p in self._parameters if p.grad is not None])

    def state_dicts(self) -> list[dict[str, Any]]:
        """The state of the optimizers, for a checkpoint."""
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def load_state_dicts(self, stored: list[dict[str, Any]]) -> None:
        """Go back to a stored state."""
        for optimizer, state, rate in zip(self._optimizers, stored, self._rates, strict=True):
            optimizer.load_state_dict(state)
            for group in optimizer.param_groups:
                group["lr"] = rate


def split(model: SpikingLM) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The weight matrices, and all other parameters; the embedding is a table and no matrix."""
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim >= 2 and name != "embedding"]
    chosen = {id(p) for p in matrices}
    return matrices, [p for _, p in named if id(p) not in chosen]


def schedule(step: int, config: TrainConfig) -> float:
    """Factor on the learning rates: linear warm-up, then a cosine down to zero."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
