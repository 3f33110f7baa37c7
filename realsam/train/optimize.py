"""Optimizers and their schedule: Muon for the weight matrices, Adam for everything else.

Sources: Jordan et al. 2024 (Muon, through `torch.optim.Muon`); Kingma and Ba 2015 (Adam).
"""

import math

import torch
from torch import nn
from torch.optim import Optimizer

from realsam.nn.model import SpikingLM
from realsam.train.config import TrainConfig


def optimizers(model: SpikingLM, config: TrainConfig) -> list[Optimizer]:
    """One optimizer for the matrices of the layers and readout, one for the rest."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_matrix = parameter.ndim == 2 and name != "embedding"
        (matrices if is_matrix else rest).append(parameter)
    return [
        torch.optim.Muon(
            matrices,
            lr=config.matrix_lr,
            weight_decay=config.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(rest, lr=config.lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, config: TrainConfig) -> float:
    """Factor on the learning rates: linear warm-up, then a cosine down to zero."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def set_rates(pair: list[Optimizer], step: int, config: TrainConfig) -> None:
    """Set the learning rates of a step."""
    factor = schedule(step, config)
    for optimizer, lr in zip(pair, (config.matrix_lr, config.lr), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = lr * factor


def clip_gradients(model: nn.Module, limit: float) -> None:
    """Scale all gradients so that their joint norm is at most limit."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), limit, foreach=None)
