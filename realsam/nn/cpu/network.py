"""A whole token-clock network on CPU threads: forward, and backward by hand.

A task plays some of the streams through all layers. Input sums follow the spikes: they gather the
weights of neurons that are heard. The gradients of all sums of these streams stand in one matrix
[rows, L * N + D], so that what hears a layer is a suffix: the gradient of its spikes is one dense
product. A code is worked on once, however often its token occurs.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from realsam.fixedpoint import DECAY_ONE
from realsam.nn.cpu.gradients import code_grads, weight_grads
from realsam.nn.cpu.neurons import Neurons, Sums, WideWeightError
from realsam.nn.cpu.pool import run, shares
from realsam.nn.cpu.streams import Streams
from realsam.nn.dropout import Dropout, limit
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import PARAMETERS, Played, Population, ReadoutWeights, State

_ROWS = 512  # of a task: enough for a product, few enough for cores that others use too


def play_sparse(
    layers: Sequence[Population],
    readout: ReadoutWeights,
    code: Tensor,
    alive: Tensor,
    state: State,
    steps: int,
    dropout: Dropout | None = None,
    record: bool = False,
    tokens: Tensor | None = None,
) -> Played | None:
    """Give what `realsam.nn.play.play_plain` gives, or None if a weight is no chip weight.

    Recorded spikes carry no gradient.
    """
    if tokens is None:  # every place has a code of its own
        tokens = torch.arange(alive.numel()).view(alive.shape)
    codes = code.reshape(-1, code.shape[-1])
    options = steps, limit(dropout.p) if dropout else 0
    keys = dropout.keys.tolist() if dropout else [0] * len(layers)
    lines = codes.detach().contiguous().numpy()
    tasks: list[Any] = [
        partial(Neurons.of, layer, lines, *options, key)
        for layer, key in zip(layers, keys, strict=True)
    ]
    tasks.append(partial(Sums.of, readout.weight, readout.constant, lines))
    parameters = (getattr(layer, name) for layer in layers for name in PARAMETERS)
    try:
        network = run(tasks[::-1])[::-1]  # the largest first
    except WideWeightError:
        return None
    results = _Play.apply(  # type: ignore[no-untyped-call]
        network,
        tokens,
        alive,
        state,
        record,
        codes,
        readout.weight,
        readout.constant,
        *parameters,
    )
    return Played.of(len(layers), *results)


class _Play(torch.autograd.Function):
    """Readout voltages and firing rates, and without gradients the end of state and the spikes."""

    @staticmethod
    def forward(
        ctx: Any,
        network: list[Any],
        tokens: Tensor,
        alive: Tensor,
        state: State,
        record: bool,
        codes: Tensor,
        readout: Tensor,
        readout_constant: Tensor | None,
        *parameters: Tensor | None,
    ) -> tuple[Tensor, ...]:
        *layers, sums = network
        length, batch = tokens.shape
        v, s = ([x.contiguous().clone() for x in pieces] for pieces in (state.v, state.s))

        def play(span: slice) -> tuple[Streams, list[int]]:
            part = Streams(layers, tokens[:, span], alive[:, span], span.start, batch)
            ends = ([x[span].numpy() for x in pieces] for pieces in (v, s))
            return part, part.forward(sums, *ends)

        spans = list(shares(batch, length * batch // _ROWS))
        played = run([partial(play, span) for span in spans])
        parts = [part for part, _ in played]
        counts = torch.tensor([count for _, count in played]).sum(0)
        sizes = torch.tensor([length * batch * layer.n for layer in layers])
        fired = [_fired(parts, i, layer) for i, layer in enumerate(layers)] if record else []
        ctx.layers, ctx.parts, ctx.spans, ctx.sizes = layers, parts, spans, sizes
        ctx.save_for_backward(codes, readout, readout_constant, *parameters)
        ctx.mark_non_differentiable(*v, *s, *fired)
        voltage = torch.cat([torch.from_numpy(part.voltage) for part in parts], 1)
        return voltage, counts / sizes, *v, *s, *fired

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        parts: list[Streams] = ctx.parts
        codes, readout, readout_constant, *parameters = ctx.saved_tensors
        weights = [w.detach() for w in (*parameters[:: len(PARAMETERS)], readout)]
        above, below = _heard_by(weights)
        rate_grads = (grads[1] / ctx.sizes).tolist()
        run(
            [
                partial(part.backward, grads[0][:, span], rate_grads, above, len(codes))
                for part, span in zip(parts, ctx.spans, strict=True)
            ]
        )
        found, by_code = weight_grads(parts, codes.detach(), weights)
        codes_grad = code_grads(by_code, below) if ctx.needs_input_grad[5] else None
        constant_grad = None
        if readout_constant is not None:
            constant_grad = by_code[:, -len(readout) :].sum(0)
        result: list[Tensor | None] = []
        for i, layer in enumerate(ctx.layers):
            constant, own, dv, vth = _neuron_grads(parts, i, layer)
            has_constant = parameters[i * len(PARAMETERS) + 1] is not None
            result += [found[i], constant if has_constant else None, own, dv, vth]
        return None, None, None, None, None, codes_grad, found[-1], constant_grad, *result


def _heard_by(weights: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
    """Weights [K, N] from each layer to all sums after it, and [K, M] from the input lines."""
    edges = [0, *(w.shape[1] for w in weights)]  # of populations among all lines

    def columns(i: int) -> Tensor:
        return torch.cat([w[:, edges[i] : edges[i + 1]] for w in weights[i:]])

    below, *above = run([partial(columns, i) for i in range(len(weights))])
    return above, below


def _fired(parts: Sequence[Streams], i: int, layer: Neurons) -> Tensor:
    peak = torch.cat([torch.from_numpy(part.peaks[i]) for part in parts], 1)
    return (peak > torch.from_numpy(layer.threshold)).float()


def _neuron_grads(
    parts: Sequence[Streams], i: int, layer: Neurons
) -> tuple[Tensor, Tensor | None, Tensor, Tensor]:
    """Gradients of constant, recurrence, dv and vth."""
    constant, keep, threshold = torch.from_numpy(np.sum([part.sums[i] for part in parts], 0))
    own = None
    if layer.own.size:
        own = torch.from_numpy(np.sum([part.own_grads[i] for part in parts], 0))
        own = own.view(layer.own.shape).mT
    share = layer.keep ** (layer.steps - 1) * (-layer.steps / DECAY_ONE)
    dv = keep * torch.from_numpy(share).float()
    return constant, own, dv, -threshold * (STATE_ONE / torch.from_numpy(layer.threshold)).float()
