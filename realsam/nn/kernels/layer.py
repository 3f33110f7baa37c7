"""A LIF layer over all tokens of a window: what the kernels of `scan` need, and their launch.

A recurrence in blocks of up to 128 neurons runs in one launch. A wider one takes a product of its
own per token, between launches of one token each.
"""

from collections.abc import Iterator

import torch
import triton
from torch import Tensor

from realsam.fixedpoint import DECAY_ONE
from realsam.nn.dropout import limit
from realsam.nn.kernels import scan
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import Population

_BLOCKS = (16, 32, 64, 128)  # neurons whose mutual weights stay in the registers of a program
_PLAIN_BLOCK = 64  # neurons of a program that do not hear each other
_ROWS = 16  # streams of a program: the fewest that the matrix units take
_FULL = 256  # programs that fill a large device


def factor(device: torch.device) -> torch.dtype:
    """What products are formed of: bfloat16, and float32 where kernels are only interpreted."""
    return torch.bfloat16 if device.type == "cuda" else torch.float32


def product(a: Tensor, b: Tensor) -> Tensor:
    """A @ b of two matrices of factors, summed and returned in float32."""
    return torch.mm(a, b, out_dtype=torch.float32) if a.is_cuda else a @ b


class LayerScan:
    """The neurons of a layer, ready to play a window."""

    def __init__(
        self, layer: Population, alive: Tensor, steps: int, key: Tensor, dropout: float
    ) -> None:
        """`alive` is [T, B]; `key` is the layer's word [] of `realsam.nn.dropout`."""
        self.n = len(layer.dv)
        self._constant = torch.zeros_like(layer.dv) if layer.constant is None else layer.constant
        own = layer.recurrent
        in_kernel = own is not None and own.shape[-1] in _BLOCKS
        dtype = factor(alive.device)
        self._recurrent = None if own is None else own.to(dtype)
        self._wide = None if layer.own is None or in_kernel else layer.own.to(dtype)
        self._keep = (DECAY_ONE - layer.dv) / DECAY_ONE
        self._threshold = layer.vth * STATE_ONE
        self._alive, self._steps, self._key, self._dropout = alive, steps, key, dropout
        self._tokens, self._batch = alive.shape
        block = own.shape[-1] if own is not None and in_kernel else _PLAIN_BLOCK
        blocks = triton.cdiv(self.n, block)
        self._grid = triton.cdiv(self._batch, _ROWS), blocks
        self._options = {
            "ROWS": _ROWS,
            "BLOCK": block,
            "RECURRENT": in_kernel,
            "DROPOUT": dropout > 0,
            # On a device that is not full, more warps finish the tile of a token sooner.
            "num_warps": 4 if self._grid[0] * blocks >= _FULL else 8,
        }

    def forward(self, a: Tensor, v: Tensor, s: Tensor, heard: Tensor, count: Tensor) -> Tensor:
        """Play the window; returns what the layer heard of itself, factors [T, B, N].

        Args:
            a: [T, B, N] sums; becomes the voltages before the threshold.
            v: [B, N] voltages before the window; becomes those after it.
            s: [B, N] spikes of the token before; becomes those of the last token.
            heard: [T, B, N] factors, rows may be strided: receives the spikes for others.
            count: [] int32: the number of spikes is added.
        """
        own = torch.empty_like(a, dtype=heard.dtype) if self._recurrent is not None else heard
        for piece in self._pieces():
            t = piece.start
            if self._wide is not None:
                own[t] = s * self._alive[t, :, None]
                a[t] += product(own[t], self._wide.T)
            scan.forward[self._grid](
                a[piece],
                self._constant,
                self._recurrent,
                self._keep,
                self._threshold,
                self._alive[piece],
                v,
                s,
                heard[piece],
                own,
                count,
                self._key,
                limit(self._dropout),
                t * self._batch * self.n,
                len(a[piece]),
                self._batch,
                self.n,
                heard.stride(1),
                STEPS=self._steps,
                NATIVE=a.is_cuda and torch.version.cuda is not None,
                **self._options,
            )
        return own

    def backward(
        self, peak: Tensor, heard_grad: Tensor, spike_grad: Tensor, v: Tensor, a_grad: Tensor
    ) -> Tensor:
        """Go back through the window; returns gradients [3, N] of the constant, dv and vth.

        The gradients of the state after the window are zero.

        Args:
            peak: [T, B, N] voltages before the threshold.
            heard_grad: [T, B, N] gradients of the spikes that others heard.
            spike_grad: [] gradient that every spike has besides.
            v: [B, N] voltages before the window.
            a_grad: [T, B, N] factors, rows may be strided: receives the gradients of the sums.
        """
        later_v, later_s = torch.zeros_like(v), torch.zeros_like(v)
        sums = []
        for piece in reversed(list(self._pieces())):
            t = piece.start
            sums.append(torch.empty(self._grid[0], 3, self.n, device=v.device))
            scan.backward[self._grid](
                peak[piece],
                heard_grad[piece],
                spike_grad,
                self._recurrent,
                self._keep**self._steps,
                self._threshold,
                self._alive[piece],
                v if t == 0 else torch.where(self.fired(peak[t - 1]), 0.0, peak[t - 1]),
                later_v,
                later_s,
                a_grad[piece],
                sums[-1],
                self._key,
                limit(self._dropout),
                t * self._batch * self.n,
                len(peak[piece]),
                self._batch,
                self.n,
                a_grad.stride(1),
                **self._options,
            )
            if self._wide is not None:
                later_s = product(a_grad[t], self._wide) * self._alive[t, :, None]
        constant, keep, vth = torch.cat(sums).sum(0)
        share = self._keep ** (self._steps - 1) * (-self._steps / DECAY_ONE)
        return torch.stack([constant, keep * share, -vth * STATE_ONE / self._threshold])

    def recurrent_grad(self, a_grad: Tensor, own: Tensor) -> Tensor | None:
        """Gradients [G, n, n] of the recurrent weights.

        Args:
            a_grad: [T, B, N] factors, gradients of the sums, rows may be strided.
            own: what `forward` returned.
        """
        if self._recurrent is None:
            return None
        blocks = len(self._recurrent)
        pairs = zip(
            a_grad.flatten(0, 1).chunk(blocks, 1), own.flatten(0, 1).chunk(blocks, 1), strict=True
        )
        return torch.stack([product(grad.T, spikes) for grad, spikes in pairs])

    def fired(self, peak: Tensor) -> Tensor:
        """Whether a neuron with that voltage fires."""
        return peak > self._threshold

    def _pieces(self) -> Iterator[slice]:
        """The tokens of each launch."""
        length = self._tokens if self._wide is None else 1
        yield from (slice(t, t + length) for t in range(0, self._tokens, length))
