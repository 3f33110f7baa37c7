"""Streams in torch: on CUDA the kernels of training, one step of all streams captured as a graph.

A step is one token of every stream: its number is read from the text, its code looked up, every
population takes one product and one scan, the logits are formed and the likeliest token is found.
"""

from collections.abc import Callable
from functools import partial
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor

from benchmarks.energy.streams import Played
from benchmarks.training.limits import synchronize
from realsam.arrays import I64, U8
from realsam.ir import Host, Network
from realsam.nn.backend import TorchNetwork
from realsam.nn.lif import STATE_ONE
from realsam.nn.population import Population

_WARM_UP = 2  # steps before a capture, in which kernels are compiled
_ALIGNED = (
    8  # factors, 16 bytes: where rows of matrices begin, or products are several times slower
)


class OnTorch:
    """Streams side by side on a device."""

    def __init__(
        self, network: Network, host: Host, tokens: I64, device: torch.device, graph: bool
    ) -> None:
        """Get ready.

        Args:
            network: what runs.
            host: what runs beside it.
            tokens: [T, B].
            device: CUDA, or a CPU for comparison.
            graph: whether a step is captured, on CUDA.
        """
        self.shape = tokens.shape
        chip = Fused if device.type == "cuda" else Plain
        self._chip: Fused | Plain = chip(network, host.code, tokens.shape[1], device)
        self._device = device
        self._tokens = torch.tensor(tokens, device=device)
        self._at = torch.zeros(1, dtype=torch.int64, device=device)
        # In float64 every logit is exact, and on GPUs of data centres its products are as fast
        # as those of float32.
        exact = partial(torch.tensor, dtype=torch.float64, device=device)
        self._decode, self._bias = exact(host.decode.T.copy()), exact(host.bias)
        self._advance: Callable[[], None] = self._captured() if graph else self._step

    def play(self) -> None:
        """See Streams."""
        self._reset()
        for _ in range(self.shape[0]):
            self._advance()

    def wait(self) -> None:
        """See Streams."""
        synchronize(self._device)

    def played(self) -> Played:
        """See Streams; what a step leaves behind is copied between the steps."""
        self._reset()
        spikes, voltage, chosen = zip(
            *(self._observed() for _ in range(self.shape[0])), strict=True
        )
        return Played(np.stack(spikes), np.stack(voltage), np.stack(chosen))

    def _observed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._advance()
        rows = self._chip.spikes().to(torch.uint8), self._voltage.long(), self._chosen
        spikes, voltage, chosen = (row.cpu().numpy() for row in rows)
        return spikes, voltage, chosen

    def _reset(self) -> None:
        self._chip.reset()
        self._at.zero_()

    def _step(self) -> None:
        self._voltage = self._chip.token(self._tokens.index_select(0, self._at)[0])
        y = torch.div(self._voltage.double(), STATE_ONE, rounding_mode="floor")
        self._chosen = torch.addmm(self._bias, y, self._decode).argmax(-1)
        self._at += 1

    def _captured(self) -> Callable[[], None]:
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._reset()
            for _ in range(_WARM_UP):
                self._step()
                self._at.zero_()  # a text may have one token only
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        return graph.replay


class Plain:
    """A network in plain torch."""

    def __init__(self, network: Network, code: U8, batch: int, device: torch.device) -> None:
        self._engine = TorchNetwork(network, str(device))
        self._code = torch.tensor(code, dtype=torch.float32, device=device)
        self._batch = batch
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._state = self._engine.start(self._batch)

    def token(self, ids: Tensor) -> Tensor:
        """Readout voltages [B, D] after the tokens [B]."""
        played = self._engine.play(self._code[ids][None], self._state)
        self._state = played.state
        return played.voltage[0]

    def spikes(self) -> Tensor:
        """Spikes [B, N] of the last token."""
        return torch.cat(self._state.s, dim=1)


class Fused:
    """A network in the Triton kernels of training; the readout is a layer that never spikes.

    All spikes stand side by side in one matrix, so that the input of a layer is a prefix of its
    columns, as in `realsam.nn.kernels.network`; state is advanced in place.
    """

    def __init__(self, network: Network, code: U8, batch: int, device: torch.device) -> None:
        from realsam.nn.kernels.layer import LayerScan, factor, product  # late: they need Triton

        engine, dtype = TorchNetwork(network, str(device)), factor(device)
        populations = [*engine.layers, _readout(engine)]
        lines, gap = code.shape[1], -code.shape[1] % _ALIGNED
        self._product = product
        self._code = torch.tensor(np.pad(code, ((0, 0), (0, gap))), dtype=dtype, device=device)
        alive = torch.ones(1, batch, device=device)
        key = torch.zeros((), dtype=torch.int64, device=device)
        self._scans = [
            LayerScan(population, alive, network.steps_per_token, key, dropout=0)
            for population in populations
        ]
        self._weights = [_spread(p.weight, lines, gap).to(dtype) for p in populations]
        widths = [len(p.dv) for p in populations]
        ends = list(accumulate(widths, initial=lines + gap))
        self._columns = [slice(*pair) for pair in pairwise(ends)]
        self._heard = torch.zeros(batch, ends[-1], dtype=dtype, device=device)
        self._count = torch.zeros((), dtype=torch.int32, device=device)
        self._state = torch.zeros(2 * batch * sum(widths), device=device)  # reset in one go
        pieces = self._state.split([batch * n for n in widths for _ in range(2)])  # type: ignore[no-untyped-call]
        state = [piece.view(batch, -1) for piece in pieces]
        self._v, self._s = state[::2], state[1::2]

    def reset(self) -> None:
        """Forget everything."""
        self._state.zero_()

    def token(self, ids: Tensor) -> Tensor:
        """Readout voltages [B, D] after the tokens [B]."""
        self._heard[:, : self._code.shape[1]] = self._code.index_select(0, ids)
        parts = zip(self._scans, self._weights, self._columns, self._v, self._s, strict=True)
        for scan, weight, columns, v, s in parts:
            a = self._product(self._heard[:, : columns.start], weight.T)
            scan.forward(a[None], v, s, self._heard[None, :, columns], self._count)
        return a  # the scan has made voltages of the sums

    def spikes(self) -> Tensor:
        """Spikes [B, N] of the last token."""
        return torch.cat(self._s[:-1], dim=1)


def _readout(engine: TorchNetwork) -> Population:
    lif = engine.network.population(engine.network.readout)
    dv, vth = (
        torch.tensor(x, dtype=torch.float32, device=engine.device) for x in (lif.dv, lif.vth)
    )
    return Population(engine.readout.weight, None, None, dv, vth)


def _spread(weight: Tensor, lines: int, gap: int) -> Tensor:
    """Weights [N, M] with a gap of zeros behind the input lines."""
    zeros = weight.new_zeros(len(weight), gap)
    return torch.cat([weight[:, :lines], zeros, weight[:, lines:]], dim=1)
