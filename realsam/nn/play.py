"""Play a token-clock network in torch: batched over documents, exact, differentiable.

Training, evaluation and the torch backend all run this one function. On CUDA the kernels of
`realsam.nn.kernels` take the plain path's place, on CPUs those of `realsam.nn.cpu`, with the same
spikes.
"""

from collections.abc import Sequence
from importlib.util import find_spec

import torch
from torch import Tensor

from realsam.fixedpoint import STATE_MAX
from realsam.nn.dropout import Dropout, kept
from realsam.nn.lif import SPIKE, current, exact_dtype, lif_tokens
from realsam.nn.population import Played, Population, ReadoutWeights, State

_LONG = 64  # tokens of all streams, from which on the kernels for CPUs pay their preparation


def play(
    layers: Sequence[Population],
    readout: ReadoutWeights,
    code: Tensor,
    alive: Tensor,
    state: State,
    steps: int,
    dropout: Dropout | None = None,
    record: bool = False,
    tokens: Tensor | None = None,
) -> Played:
    """Play T tokens of B documents.

    Args:
        layers: LIF layers, the first first.
        readout: weights of the readout.
        code: [T, B, M] input spikes, or a table of them [V, M].
        alive: [T, B] 0 where a document starts (state and spikes in flight are cleared), else 1.
        state: state before the first token.
        steps: P, chip steps per token.
        dropout: which spikes do not reach the layers above; the others are not rescaled, so that
            every sum stays an integer.
        record: whether to return all spikes.
        tokens: [T, B] rows of the table.
    """
    if code.device.type == "cpu" and alive.numel() >= _LONG:
        from realsam.nn.cpu.network import play_sparse

        options = dropout, record, tokens
        if played := play_sparse(layers, readout, code, alive, state, steps, *options):
            return played
    if tokens is not None:
        code = torch.nn.functional.embedding(tokens, code)
    widths = {len(layer.dv) for layer in layers}
    if code.is_cuda and find_spec("triton") and len(widths) == 1:
        from realsam.nn.kernels.network import play_fused

        return play_fused(layers, readout, code, alive, state, steps, dropout, record)
    return play_plain(layers, readout, code, alive, state, steps, dropout, record)


def play_plain(
    layers: Sequence[Population],
    readout: ReadoutWeights,
    code: Tensor,
    alive: Tensor,
    state: State,
    steps: int,
    dropout: Dropout | None = None,
    record: bool = False,
) -> Played:
    """Play in plain torch; see `play`."""
    heard, fired, last_v = [code], [], []
    for i, (layer, v, s) in enumerate(zip(layers, state.v, state.s, strict=True)):
        a = torch.nn.functional.linear(torch.cat(heard, dim=-1), layer.weight, layer.constant)
        spikes, v_end = lif_tokens(
            a, layer.own, layer.dv, layer.vth, v, s, alive[..., None], steps, SPIKE
        )
        fired.append(spikes)
        last_v.append(v_end.detach())
        mask = kept(dropout.keys[i], spikes.shape, dropout.p) if dropout else None
        heard.append(spikes if mask is None else spikes * mask)
    a = torch.nn.functional.linear(torch.cat(heard, dim=-1), readout.weight, readout.constant)
    u = current(a.to(exact_dtype(a.device))).clamp(-STATE_MAX, STATE_MAX).float()
    return Played(
        u,
        torch.stack([spikes.mean() for spikes in fired]),
        State(tuple(last_v), tuple(spikes[-1].detach() for spikes in fired)),
        tuple(fired) if record else (),
    )
