"""Leaky integrate-and-fire neurons in floats: `realsam.nn.lif` without registers.

    v = keep * v + a;  s = v > threshold;  v = 0 where s

The gradient is the same, too: the reset is a constant, and the step of the spike is replaced by an
arctangent over x = (v - threshold) / threshold, whose slope is 1 / (1 + (pi x)**2). It is written
out, because what autograd would launch for each token is three times as much.
Source: `snntorch.surrogate.atan` at its alpha = 2 (the slope).
"""

from math import pi
from typing import Any

import torch
from torch import Tensor


class _LifTokens(torch.autograd.Function):
    """See `lif_tokens`; here alive is [T, B, 1]."""

    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        recurrent: Tensor | None,
        keep: Tensor,
        threshold: Tensor,
        v: Tensor,
        s: Tensor,
        alive: Tensor,
    ) -> tuple[Tensor, Tensor]:
        peaks, spikes = torch.empty_like(a), torch.empty_like(a)
        last_v, last_s = v, s
        for t in range(len(a)):
            total = a[t]
            if recurrent is not None:
                total = torch.addmm(total, last_s * alive[t], recurrent.T)
            torch.addcmul(total, last_v * alive[t], keep, out=peaks[t])
            fired = peaks[t] > threshold
            spikes[t] = fired
            last_v, last_s = torch.where(fired, 0.0, peaks[t]), spikes[t]
        ctx.save_for_backward(peaks, spikes, recurrent, keep, threshold, v, s, alive)
        return spikes, last_v

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        peaks, spikes, recurrent, keep, threshold, v, s, alive = ctx.saved_tensors
        g_s, g_v = grads
        slope = 1 / (1 + (pi * (peaks / threshold - 1)) ** 2) / threshold
        kept, quiet = keep * alive, 1 - spikes
        g_a, g_fired = torch.empty_like(peaks), torch.empty_like(peaks)
        g_back = torch.zeros_like(v)
        for t in reversed(range(len(peaks))):
            # A spike is heard at once and, by its own layer, a token later.
            torch.add(g_s[t], g_back, out=g_fired[t])
            torch.addcmul(g_v * quiet[t], g_fired[t], slope[t], out=g_a[t])
            g_v = g_a[t] * kept[t]
            if recurrent is not None:
                g_back = (g_a[t] @ recurrent) * alive[t]
        before_v = torch.cat([v[None], (peaks * quiet)[:-1]]) * alive
        g_keep = (g_a * before_v).sum((0, 1))
        g_threshold = -(g_fired * slope * peaks).sum((0, 1)) / threshold
        g_recurrent = None
        if recurrent is not None:
            before_s = torch.cat([s[None], spikes[:-1]]) * alive
            g_recurrent = g_a.flatten(0, 1).T @ before_s.flatten(0, 1)
        return g_a, g_recurrent, g_keep, g_threshold, None, None, None


def lif_tokens(
    a: Tensor,
    recurrent: Tensor | None,
    keep: Tensor,
    threshold: Tensor,
    v: Tensor,
    s: Tensor,
    alive: Tensor,
) -> tuple[Tensor, Tensor]:
    """Play a population over T tokens; returns spikes [T, B, N] and the last voltages [B, N].

    Args:
        a: [T, B, N] input from other populations.
        recurrent: [N, N] weights from its own spikes a token ago, target by source, or None.
        keep: [N] share of the voltage that a token leaves, 0..1.
        threshold: [N] positive.
        v: [B, N] voltages before the first token; without a gradient.
        s: [B, N] spikes of the token before the first; without a gradient.
        alive: [T, B] 0 where a document starts (voltages and own spikes are cleared), else 1.
    """
    arguments = a, recurrent, keep, threshold, v, s, alive[..., None]
    result: tuple[Tensor, Tensor] = _LifTokens.apply(*arguments)  # type: ignore[no-untyped-call]
    return result
