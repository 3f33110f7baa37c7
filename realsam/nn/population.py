"""What is played in torch: integer parameters of a token-clock network, its state, its results."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PARAMETERS = ("weight", "constant", "recurrent", "dv", "vth")  # of a Population, in this order


@dataclass(frozen=True)
class Population:
    """Integer parameters of one LIF layer, as float32 tensors."""

    weight: Tensor  # [N, M] from the input lines and all earlier layers
    constant: Tensor | None  # [N] weight from an always-on line, if it is kept apart
    recurrent: Tensor | None  # [G, n, n] target by source: blocks of n neurons hear each other
    dv: Tensor  # [N]
    vth: Tensor  # [N]

    @property
    def own(self) -> Tensor | None:
        """[N, N] recurrent weights, target by source."""
        if self.recurrent is None:
            return None
        dense: Tensor = torch.block_diag(*self.recurrent)  # type: ignore[no-untyped-call]
        return dense


@dataclass(frozen=True)
class ReadoutWeights:
    """Integer parameters of the readout."""

    weight: Tensor  # [D, M] from the input lines and all layers
    constant: Tensor | None  # [D]


@dataclass(frozen=True)
class State:
    """What a network carries from token to token."""

    v: tuple[Tensor, ...]  # [B, N] per layer
    s: tuple[Tensor, ...]  # [B, N] per layer, spikes of the last token

    @staticmethod
    def zeros(layers: Sequence[Population], batch: int, device: torch.device) -> "State":
        """The state after a reset."""
        shapes = [(batch, len(p.dv)) for p in layers]
        v, s = (tuple(torch.zeros(shape, device=device) for shape in shapes) for _ in range(2))
        return State(v, s)


@dataclass(frozen=True)
class Played:
    """What a network did in T tokens of B documents."""

    voltage: Tensor  # [T, B, D] register values of the readout
    rates: Tensor  # [L] spikes per neuron and token of each layer
    state: State  # after the last token
    fired: tuple[Tensor, ...]  # [T, B, N] spikes per layer, if they were to be recorded

    @staticmethod
    def of(layers: int, voltage: Tensor, rates: Tensor, *rest: Tensor) -> "Played":
        """From one flat row of tensors, as autograd functions return: then v, s and spikes."""
        state = State(rest[:layers], rest[layers : 2 * layers])
        return Played(voltage, rates, state, rest[2 * layers :])
