"""Some streams of a window, played forward and backward by one thread."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from realsam.arrays import F32, I32, I64
from realsam.fixedpoint import STATE_MAX
from realsam.nn.cpu.backward import retrace_layer
from realsam.nn.cpu.forward import play_layer, play_readout
from realsam.nn.cpu.neurons import Neurons, Sums
from realsam.nn.cpu.pool import product
from realsam.nn.cpu.sparse import by_source, gather
from realsam.nn.lif import STATE_ONE


class Lists:
    """In which rows each source was heard."""

    def __init__(self, heard: I32, n_heard: I32, sources: int) -> None:
        """`heard` is [R, M] and `n_heard` [R]."""
        self._start = np.zeros(sources + 2, np.int32)
        self._row = np.empty(int(n_heard.sum()), np.int32)
        by_source(heard, n_heard, self._start, self._row)

    def gather(self, grad: F32, total: F32) -> None:
        """Add the gradients [R, C] of some sums to those [S, C] of the first S sources."""
        gather(self._start, self._row, grad, total)


class Streams:
    """Spikes and voltages of some streams; after `backward` the gradients of their sums."""

    voltage: F32  # [T, B, D] of the readout
    peaks: list[F32]  # [T, B, N] voltages of each layer before the threshold
    a_grad: Tensor  # [T * B, L * N + D]
    sums: list[F32]  # [3, N] gradients of constant, keep of a token and threshold of each layer
    own_grads: list[F32]  # [N, n] of the recurrent weights, source by target
    spikes: Lists  # of all layers
    codes: Lists

    def __init__(
        self, layers: Sequence[Neurons], code: Tensor, alive: Tensor, first: int, batch: int
    ) -> None:
        """Streams that begin at `first` in the batch.

        Args:
            layers: of the network.
            code: [T, B] places of the tokens' codes, int64.
            alive: [T, B].
            first: the first stream.
            batch: all streams.
        """
        self._layers = layers
        self._code: I64 = code.contiguous().numpy()
        self._alive: F32 = alive.contiguous().numpy()
        self._first, self._batch = first, batch
        self._heard = np.empty((*code.shape, sum(layer.n for layer in layers)), np.int32)
        self._n_heard = np.zeros(code.shape, np.int32)

    def forward(self, readout: Sums, v: Sequence[F32], s: Sequence[F32]) -> list[int]:
        """Play; v and s [B, N] become those after the window. Returns numbers of spikes."""
        self._v, self._s = [x.copy() for x in v], [x.copy() for x in s]
        self.peaks, counts, line = [], [], 0
        for layer, v_layer, s_layer in zip(self._layers, v, s, strict=True):
            peak = torch.empty(*self._code.shape, layer.n).numpy()
            count = play_layer(
                layer.sums.rows,
                layer.own_rows,
                layer.sums.codes,
                self._code,
                layer.keep,
                layer.threshold,
                layer.steps,
                self._alive,
                v_layer,
                s_layer,
                line,
                layer.key,
                layer.limit,
                self._first,
                self._batch,
                self._heard,
                self._n_heard,
                peak,
            )
            counts.append(count)
            self.peaks.append(peak)
            line += layer.n
        self.voltage = torch.empty(*self._code.shape, readout.rows.shape[1]).numpy()
        play_readout(
            readout.rows, readout.codes, self._code, self._heard, self._n_heard, self.voltage
        )
        return counts

    def backward(
        self, out: Tensor, rate_grads: Sequence[float], above: Sequence[Tensor], n_codes: int
    ) -> None:
        """Find the gradients of all sums, and the lists that those of weights need.

        Args:
            out: [T, B, D] gradients of the readout's voltages.
            rate_grads: [L] gradients of every spike through the firing rate.
            above: weights [K, N] from each layer to all sums after it.
            n_codes: U.
        """
        place = self._heard.shape[-1]
        a_grad = torch.empty(*out.shape[:2], place + out.shape[2])
        inside = torch.from_numpy(self.voltage).abs() < STATE_MAX
        torch.mul(out * STATE_ONE, inside, out=a_grad[..., place:])
        self.a_grad = a_grad.flatten(0, 1)
        self.sums, self.own_grads = [], []
        for i in reversed(range(len(self._layers))):
            heard_grad = product(self.a_grad[:, place:], above[i])
            place -= self._layers[i].n
            sums, own_grad = self._layer(
                i, heard_grad.view(self.peaks[i].shape), rate_grads[i], a_grad, place
            )
            self.sums.insert(0, sums)
            self.own_grads.insert(0, own_grad)
        lines = self._heard.shape[-1]
        self.spikes = Lists(self._heard.reshape(-1, lines), self._n_heard.ravel(), lines)
        codes = self._code.astype(np.int32).reshape(-1, 1)
        self.codes = Lists(codes, np.ones(len(codes), np.int32), n_codes)

    def _layer(
        self, i: int, heard_grad: Tensor, rate_grad: float, a_grad: Tensor, place: int
    ) -> tuple[F32, F32]:
        layer = self._layers[i]
        streams = self._code.shape[1]
        # Kernels of gradients need arrays that start where a cache line does: torch's do.
        sums: F32 = torch.empty(3, layer.n).numpy()
        own_grad: F32 = torch.empty(layer.own_rows.shape).numpy()
        retrace_layer(
            self.peaks[i],
            heard_grad.numpy(),
            rate_grad,
            layer.own,
            (layer.keep**layer.steps).astype(np.float32),
            layer.threshold.astype(np.float32),
            self._alive,
            self._v[i],
            self._s[i],
            layer.key,
            layer.limit,
            self._first,
            self._batch,
            place,
            a_grad.numpy(),
            sums,
            own_grad,
            torch.empty(2, streams, layer.n).numpy(),
            torch.empty(2, layer.n).numpy(),
        )
        return sums, own_grad
