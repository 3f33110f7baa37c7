"""Play a token-clock network in torch: batched over documents, exact, differentiable.

Training, evaluation and the torch backend all run this one function.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from realsam.fixedpoint import STATE_MAX
from realsam.nn.lif import Surrogate, current, exact_dtype, lif_tokens


@dataclass(frozen=True)
class Population:
    """Integer parameters of one LIF layer, as float32 tensors."""

    weight: Tensor  # [N, M] from the input lines and all earlier layers
    constant: Tensor | None  # [N] weight from an always-on line, if it is kept apart
    recurrent: Tensor | None  # [N, N]
    dv: Tensor  # [N]
    vth: Tensor  # [N]


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
        quiet = tuple(torch.zeros(batch, len(p.dv), device=device) for p in layers)
        return State(quiet, quiet)


def play(
    layers: Sequence[Population],
    readout: ReadoutWeights,
    code: Tensor,
    alive: Tensor,
    state: State,
    steps: int,
    surrogate: Surrogate,
    dropout: float = 0.0,
) -> tuple[list[Tensor], Tensor, State]:
    """Play T tokens of B documents.

    Args:
        layers: LIF layers, the first first.
        readout: weights of the readout.
        code: [T, B, M] input spikes.
        alive: [T, B, 1] 0 where a document starts, else 1.
        state: state before the first token.
        steps: P, chip steps per token.
        surrogate: step function of `snntorch.surrogate`.
        dropout: probability that a layer's spike does not reach the layers above; not rescaled,
            so that every sum stays an integer.

    Returns:
        Spikes [T, B, N] per layer, readout voltages [T, B, D] (register values) and the state.
    """
    heard, fired, last_v, last_s = [code], [], [], []
    for layer, v, s in zip(layers, state.v, state.s, strict=True):
        a = torch.nn.functional.linear(torch.cat(heard, dim=-1), layer.weight, layer.constant)
        spikes, v_end = lif_tokens(
            a, layer.recurrent, layer.dv, layer.vth, v, s, alive, steps, surrogate
        )
        fired.append(spikes)
        last_v.append(v_end.detach())
        last_s.append(spikes[-1].detach())
        mask = torch.rand_like(spikes) >= dropout if dropout else None
        heard.append(spikes if mask is None else spikes * mask)
    a = torch.nn.functional.linear(torch.cat(heard, dim=-1), readout.weight, readout.constant)
    u = current(a.to(exact_dtype(a.device))).clamp(-STATE_MAX, STATE_MAX).float()
    return fired, u, State(tuple(last_v), tuple(last_s))
