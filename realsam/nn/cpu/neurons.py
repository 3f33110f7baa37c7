"""Layers as the kernels take them: half weights by source, registers as numbers of units of v."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import F32, F64, I8, I32
from realsam.fixedpoint import DECAY_ONE
from realsam.nn.cpu.forward import code_sums
from realsam.nn.cpu.sparse import halve
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import Population


class WideWeightError(Exception):
    """A weight is not even or not in -256..254: parallel synapses can add up to more."""


@dataclass(frozen=True)
class Sums:
    """Weights of everything that a population hears, apart from itself."""

    code_rows: I8  # [M, N] half weights from the input lines, source by target
    rows: I8  # [M, N] half weights from earlier layers
    codes: I32  # [U, N] what each code of the window gives, the constant included

    @staticmethod
    def of(weight: Tensor, constant: Tensor | None, codes: F32) -> "Sums":
        """Weights [N, M] and codes [U, M]."""
        n, inputs = len(weight), codes.shape[1]
        rows = half_rows(weight)
        first = np.zeros(n, np.int32)
        if constant is not None:
            first = constant.detach().to(torch.int32).numpy()
        found = Sums(
            rows[:inputs], rows[inputs:], torch.empty(len(codes), n, dtype=torch.int32).numpy()
        )
        code_sums(found.code_rows, first, codes, found.codes)
        return found


@dataclass(frozen=True)
class Neurons:
    """A LIF layer."""

    sums: Sums
    own_rows: I8  # [N, n] half recurrent weights, source by target; [0, 0] for none
    own: F32  # [G, n, n] recurrent weights, target by source; [0, 0, 0] for none
    keep: F64  # [N] share of v that one decay keeps
    threshold: F64  # [N] in units of v
    steps: int  # P, chip steps per token
    key: int  # of the dropout
    limit: int  # of the dropout

    @staticmethod
    def of(layer: Population, codes: F32, steps: int, limit: int, key: int) -> "Neurons":
        """A layer, with its share of the dropout."""
        own, own_rows = np.empty((0, 0, 0), np.float32), np.empty((0, 0), np.int8)
        if layer.recurrent is not None:
            own = layer.recurrent.detach().contiguous().numpy()
            own_rows = np.concatenate([half_rows(block) for block in layer.recurrent])
        return Neurons(
            Sums.of(layer.weight, layer.constant, codes),
            own_rows,
            own,
            ((DECAY_ONE - layer.dv.detach().double()) / DECAY_ONE).numpy(),
            (layer.vth.detach().double() * STATE_ONE).numpy(),
            steps,
            key,
            limit,
        )

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.keep)


def half_rows(weight: Tensor) -> I8:
    """Half the weights [N, M] as [M, N]."""
    halves = torch.empty(weight.shape, dtype=torch.int8)
    if halve(weight.detach().flatten().numpy(), halves.view(-1).numpy()):
        raise WideWeightError
    return halves.T.contiguous().numpy()
