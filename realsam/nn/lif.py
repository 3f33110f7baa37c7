"""LIF neurons whose forward is Loihi's integer arithmetic and whose backward is smooth.

One token is P truncating decays, one input, one threshold:

    v = clip(decay^P(v) + wrap(a << 6));  s = v > vth << 6;  v = 0 where s

The integers are held in float64, which makes a decay two exact operations (trunc(v * keep)); on
devices without float64 they are held in float32 and the decay is split into high and low bits.
Both are tested against `realsam.fixedpoint` with `==`. The gradient takes truncation, wrap and
reset as constants and replaces the step of the spike by a surrogate.
Sources: `realsam.fixedpoint`; Neftci et al. 2019, IEEE SPM 36(6) (surrogate gradients).
"""

from collections.abc import Callable
from typing import Any

import torch
from snntorch.surrogate import atan
from torch import Tensor

from realsam.fixedpoint import DECAY_ONE, STATE_MAX, STATE_SHIFT, STATE_SPAN

Surrogate = Callable[[Tensor], Tensor]  # a Heaviside step of `snntorch.surrogate`
STATE_ONE = 1 << STATE_SHIFT
SPIKE: Surrogate = atan(alpha=2.0)


def exact_dtype(device: torch.device) -> torch.dtype:
    """The float type that holds the registers exactly on that device."""
    return torch.float32 if device.type == "mps" else torch.float64


def decay(v: Tensor, keep: Tensor) -> Tensor:
    """Give trunc(v * keep) exactly, for keep = (4096 - dv) / 4096 and |v| <= 2**23."""
    if v.dtype == torch.float64:
        return torch.trunc(v * keep)
    high = torch.trunc(v / DECAY_ONE)
    low, kept = v - high * DECAY_ONE, keep * DECAY_ONE
    return high * kept + torch.trunc(low * kept / DECAY_ONE)


def current(a: Tensor) -> Tensor:
    """Give wrap(a << 6)."""
    u = a * STATE_ONE
    u = torch.where(u > STATE_MAX + 1, u - STATE_SPAN, u)
    return torch.where(u <= -STATE_MAX - 1, u + STATE_SPAN, u)


def voltage(v: Tensor, a: Tensor, keep: Tensor, steps: int) -> Tensor:
    """Voltage before the threshold, after `steps` decays and one input."""
    for _ in range(steps):
        v = decay(v, keep)
    return torch.clamp(v + current(a), -STATE_MAX, STATE_MAX)


def _advance(
    v: Tensor, a: Tensor, keep: Tensor, threshold: Tensor, steps: int
) -> tuple[Tensor, Tensor, Tensor]:
    peak = voltage(v, a.to(v.dtype), keep, steps)
    fired = peak > threshold
    return peak.float(), fired.float(), torch.where(fired, 0.0, peak)


def _retreat(
    g_v: Tensor, g_s: Tensor, slope: Tensor, peak: Tensor, s: Tensor, keep: Tensor, alive: Tensor
) -> tuple[Tensor, Tensor]:
    inside = peak.abs() < STATE_MAX
    g_peak = (g_s * slope + g_v * (1 - s)) * inside
    return g_peak * STATE_ONE, g_peak * keep * alive


class _LifTokens(torch.autograd.Function):
    """See `lif_tokens`."""

    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        recurrent: Tensor | None,
        dv: Tensor,
        vth: Tensor,
        v: Tensor,
        s: Tensor,
        alive: Tensor,
        steps: int,
        surrogate: Surrogate,
    ) -> tuple[Tensor, Tensor]:
        dtype = exact_dtype(a.device)
        keep, threshold = (DECAY_ONE - dv).to(dtype) / DECAY_ONE, vth.to(dtype) * STATE_ONE
        peaks, spikes = torch.empty_like(a), torch.empty_like(a)
        last_v, last_s = v.to(dtype), s
        for t in range(len(a)):
            last_v, last_s = last_v * alive[t], last_s * alive[t]
            total = a[t] if recurrent is None else torch.addmm(a[t], last_s, recurrent.T)
            peaks[t], spikes[t], last_v = _advance(last_v, total, keep, threshold, steps)
            last_s = spikes[t]
        ctx.save_for_backward(peaks, spikes, recurrent, dv, vth, v, s, alive)
        ctx.steps, ctx.surrogate = steps, surrogate
        return spikes, last_v.float()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        peaks, spikes, recurrent, dv, vth, v, s, alive = ctx.saved_tensors
        g_s, g_v = grads
        keep = (DECAY_ONE - dv) / DECAY_ONE
        keep_token = keep**ctx.steps
        slope = surrogate_slope(ctx.surrogate, peaks / (vth * STATE_ONE) - 1) / (vth * STATE_ONE)
        g_a, g_fired = torch.empty_like(peaks), torch.empty_like(peaks)
        g_back = torch.zeros_like(v)
        for t in reversed(range(len(peaks))):
            g_fired[t] = g_s[t] + g_back  # a spike is heard at once and, by its own layer, later
            g_a[t], g_v = _retreat(
                g_v, g_fired[t], slope[t], peaks[t], spikes[t], keep_token, alive[t]
            )
            if recurrent is not None:
                g_back = (g_a[t] @ recurrent) * alive[t]
        before_v = torch.cat([v[None], (peaks * (1 - spikes))[:-1]]) * alive
        g_keep = (g_a * before_v).sum((0, 1)) / STATE_ONE
        g_dv = g_keep * keep ** (ctx.steps - 1) * (-ctx.steps / DECAY_ONE)
        g_vth = -(g_fired * slope * peaks / vth).sum((0, 1))
        g_recurrent = None
        if recurrent is not None:
            before_s = torch.cat([s[None], spikes[:-1]]) * alive
            g_recurrent = g_a.flatten(0, 1).T @ before_s.flatten(0, 1)
        return g_a, g_recurrent, g_dv, g_vth, g_v, None, None, None, None


def surrogate_slope(surrogate: Surrogate, x: Tensor) -> Tensor:
    """Derivative that an `snntorch.surrogate` function puts in place of the step's."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(surrogate(x).sum(), x)
    return slope


def lif_tokens(
    a: Tensor,
    recurrent: Tensor | None,
    dv: Tensor,
    vth: Tensor,
    v: Tensor,
    s: Tensor,
    alive: Tensor,
    steps: int,
    surrogate: Surrogate,
) -> tuple[Tensor, Tensor]:
    """Play a population over T tokens; returns spikes [T, B, N] and the last voltages [B, N].

    Args:
        a: [T, B, N] integer input from other populations, unshifted.
        recurrent: [N, N] even integer weights from its own spikes a token ago, or None.
        dv: [N] decay registers, 0..4096.
        vth: [N] threshold mantissas.
        v: [B, N] voltages before the first token.
        s: [B, N] spikes of the token before the first.
        alive: [T, B, 1] 0 where a document starts (state and spikes in flight are cleared), else 1.
        steps: P, chip steps per token.
        surrogate: step function of `snntorch.surrogate`, over (v - threshold) / threshold.
    """
    result: tuple[Tensor, Tensor] = _LifTokens.apply(  # type: ignore[no-untyped-call]
        a, recurrent, dv, vth, v, s, alive, steps, surrogate
    )
    return result
