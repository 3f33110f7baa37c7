"""Real Sam: the model, the back-propagation and the optimizers of `realsam train`.

As shipped, a neuron hears a block of its layer; with `full` it hears all of it, as in the peers.
"""

from dataclasses import replace
from itertools import count
from math import gcd

import torch
from torch import Tensor

from benchmarks.training.frame import n_weights
from benchmarks.training.protocol import END_OF_TEXT, Sizes, Training
from realsam.arrays import I64
from realsam.nn.config import ModelConfig
from realsam.nn.model import SpikingLM
from realsam.train.backprop import Backprop
from realsam.train.config import PRESETS
from realsam.train.data import Position, Window
from realsam.train.objective import Objective
from realsam.train.optimize import Update
from realsam.train.parallel import ALONE, Processes

_NOWHERE = Position(0, 0)


def build(
    sizes: Sizes, device: torch.device, variant: str, processes: Processes = ALONE
) -> Training:
    """Variants: shipped, full. The step of `realsam.train.loop` without logs and checkpoints."""
    base = PRESETS["base"]
    config = replace(base.train, batch=sizes.batch, window=sizes.window, warmup=1)
    # gcd: layers narrower than a shipped block are one block.
    block = sizes.width if variant == "full" else gcd(sizes.width, base.model.recurrent_block or 0)
    model = SpikingLM(
        ModelConfig.of(
            layers=sizes.layers,
            width=sizes.width,
            vocab_size=sizes.vocab_size,
            code_bits=sizes.code_bits,
            recurrent_block=block,
            dropout=base.model.dropout,
        )
    )
    model.to(device).train()
    objective = processes.wrap(Objective(model, config, processes))
    backprop = Backprop(objective, model, config, sizes.batch, END_OF_TEXT, device)
    update, done = Update(model, config), count()

    def step(tokens: I64, targets: I64) -> Tensor:
        i = next(done)
        window = Window(tokens, targets, places=tokens, fresh=i == 0, after=_NOWHERE)
        measures = backprop(window, seed=i)
        update(i)
        return measures[0]

    return Training(step, n_weights(model), f"integer forward, recurrence in blocks of {block}")
