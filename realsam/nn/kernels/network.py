"""A whole token-clock network on the kernels of this package: forward, and backward by hand.

All spikes stand side by side in one matrix [T * B, M + L * N], the code first, so that the input
of a layer is a prefix of its columns. In the backward pass the gradients of all sums stand in one
matrix [T * B, L * N + D], so that what hears a layer is a suffix: the gradient of its spikes is
one product. Factors are bfloat16, in which spikes and weights are exact; sums are float32, in
which theirs are exact. Only gradients are rounded.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from realsam.fixedpoint import STATE_MAX
from realsam.nn.dropout import Dropout
from realsam.nn.kernels.layer import LayerScan, factor, product
from realsam.nn.lif import STATE_ONE, current
from realsam.nn.population import PARAMETERS, Played, Population, ReadoutWeights, State


def play_fused(
    layers: Sequence[Population],
    readout: ReadoutWeights,
    code: Tensor,
    alive: Tensor,
    state: State,
    steps: int,
    dropout: Dropout | None = None,
    record: bool = False,
) -> Played:
    """Give what `realsam.nn.play.play_plain` gives; recorded spikes carry no gradient."""
    dropout = dropout or Dropout(torch.zeros(len(layers), dtype=torch.int64, device=code.device), 0)
    scans = [
        LayerScan(layer, alive, steps, dropout.keys[i], dropout.p) for i, layer in enumerate(layers)
    ]
    parameters = (getattr(layer, name) for layer in layers for name in PARAMETERS)
    results = _Play.apply(  # type: ignore[no-untyped-call]
        scans, state, record, code, readout.weight, readout.constant, *parameters
    )
    return Played.of(len(layers), *results)


class _Play(torch.autograd.Function):
    """Readout voltages and firing rates, and without gradients the end of state and the spikes."""

    @staticmethod
    def forward(
        ctx: Any,
        scans: list[LayerScan],
        state: State,
        record: bool,
        code: Tensor,
        readout: Tensor,
        readout_constant: Tensor | None,
        *parameters: Tensor | None,
    ) -> tuple[Tensor, ...]:
        tokens, batch, inputs = code.shape
        n = scans[0].n
        heard = code.new_empty(tokens, batch, inputs + len(scans) * n, dtype=factor(code.device))
        heard[..., :inputs] = code
        flat = heard.flatten(0, 1)
        counts = torch.zeros(len(scans), dtype=torch.int32, device=code.device)
        v, s = ([piece.clone() for piece in pieces] for pieces in (state.v, state.s))
        peaks, owns = [], []
        for i, (scan, weight) in enumerate(zip(scans, parameters[:: len(PARAMETERS)], strict=True)):
            begin = inputs + i * n
            assert weight is not None
            a = product(flat[:, :begin], weight.to(heard.dtype).T).view(tokens, batch, n)
            owns.append(scan.forward(a, v[i], s[i], heard[..., begin : begin + n], counts[i]))
            peaks.append(a)
        sums = product(flat, readout.to(heard.dtype).T)
        if readout_constant is not None:
            sums += readout_constant
        voltage = current(sums).clamp_(-STATE_MAX, STATE_MAX).view(tokens, batch, -1)
        fired = [scan.fired(a).float() for scan, a in zip(scans, peaks, strict=True)]
        fired = fired if record else []
        ctx.scans, ctx.inputs, ctx.has_constant = scans, inputs, readout_constant is not None
        ctx.save_for_backward(heard, voltage, readout, *state.v, *peaks, *owns, *parameters)
        ctx.mark_non_differentiable(*v, *s, *fired)
        return voltage, counts / (tokens * batch * n), *v, *s, *fired

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        scans, inputs = ctx.scans, ctx.inputs
        n, count = scans[0].n, len(scans)
        heard, voltage, readout, *rest = ctx.saved_tensors
        v, peaks, owns = (rest[i * count : (i + 1) * count] for i in range(3))
        weights = rest[3 * count :: len(PARAMETERS)]
        tokens, batch, outputs = voltage.shape
        all_sums = heard.new_empty(tokens, batch, count * n + outputs)
        out = grads[0] * STATE_ONE * (voltage.abs() < STATE_MAX)
        all_sums[..., count * n :] = out
        spike_grad = grads[1] / (tokens * batch * n)
        flat, spikes = all_sums.flatten(0, 1), heard.flatten(0, 1)
        rows = [*(w.to(heard.dtype) for w in weights), readout.to(heard.dtype)]
        found: list[Tensor | None] = []
        for i in reversed(range(count)):
            begin, own = inputs + i * n, slice(i * n, (i + 1) * n)
            above = torch.cat([w[:, begin : begin + n] for w in rows[i + 1 :]])
            heard_grad = torch.mm(flat[:, own.stop :], above).view(tokens, batch, n)
            a_grad = all_sums[..., own]
            constant, dv, vth = scans[i].backward(peaks[i], heard_grad, spike_grad[i], v[i], a_grad)
            weight = product(flat[:, own].T, spikes[:, :begin])
            recurrent = scans[i].recurrent_grad(a_grad, owns[i])
            has_constant = rest[3 * count + i * len(PARAMETERS) + 1] is not None
            found[:0] = [weight, constant if has_constant else None, recurrent, dv, vth]
        code = product(flat, torch.cat([w[:, :inputs] for w in rows])).view(tokens, batch, inputs)
        g_readout = product(flat[:, count * n :].T, spikes)
        constant = out.sum((0, 1)) if ctx.has_constant else None
        return None, None, None, code, g_readout, constant, *found
