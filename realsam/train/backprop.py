"""Forward and backward over one window, with the spiking state carried to the next.

On CUDA the whole pass is captured once as a graph and replayed: its thousands of small kernels
would otherwise wait for the CPU to launch them.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from realsam.nn.model import SpikingLM
from realsam.nn.play import State
from realsam.train.config import TrainConfig
from realsam.train.data import Window


class Backprop:
    """Adds the gradients of windows to the parameters; keeps the state between them."""

    def __init__(
        self,
        model: SpikingLM,
        config: TrainConfig,
        batch: int,
        end_of_text: int,
        device: torch.device,
    ) -> None:
        self._model = model
        self._config = config
        self._end = end_of_text
        shape = (config.window, batch)
        self._tokens = torch.zeros(shape, dtype=torch.int64, device=device)
        self._targets = torch.zeros(shape, dtype=torch.int64, device=device)
        self._alive = torch.ones(*shape, 1, device=device)
        self.state = State.zeros(
            [layer.integers() for layer in model.layers],  # type: ignore[operator]
            batch,
            device,
        )
        self._measures = torch.zeros(1 + len(model.layers), device=device)
        self._replay: Callable[[], None] | None = None

    def __call__(self, window: Window) -> Tensor:
        """Returns [1 + L] the loss in nats per token and the firing rate of each layer."""
        tokens = torch.from_numpy(window.tokens.copy())
        alive = (tokens != self._end).float()
        if window.fresh:
            alive[0] = 0
        for static, fresh in (
            (self._tokens, tokens),
            (self._alive, alive[..., None]),
            (self._targets, torch.from_numpy(window.targets.copy())),
        ):
            static.copy_(fresh, non_blocking=True)
        if self._tokens.is_cuda and self._replay is None:
            self._replay = self._capture()
        (self._replay or self._pass)()
        return self._measures

    def _pass(self) -> None:
        fired, voltage, state = self._model(self._tokens, self._alive, self.state)
        logits = self._model.logits(voltage).flatten(0, 1)
        nats = torch.nn.functional.cross_entropy(logits, self._targets.flatten())
        rates = torch.stack([spikes.mean() for spikes in fired])
        excess = torch.relu(rates / self._config.target_firing - 1)
        loss = nats + self._config.firing_weight * (excess**2).mean()
        (loss / self._config.accumulate).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            self._measures.copy_(torch.cat([nats[None], rates]))
            for old, new in zip(self.state.v + self.state.s, state.v + state.s, strict=True):
                old.copy_(new)

    def _capture(self) -> Callable[[], None]:
        kept = [piece.clone() for piece in self.state.v + self.state.s]
        grads = [p.grad.clone() if p.grad is not None else None for p in self._model.parameters()]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # compile and warm up outside the graph
                self._pass()
        torch.cuda.current_stream().wait_stream(stream)
        for piece, value in zip(self.state.v + self.state.s, kept, strict=True):
            piece.copy_(value)
        for parameter, grad in zip(self._model.parameters(), grads, strict=True):
            assert parameter.grad is not None
            parameter.grad.copy_(grad) if grad is not None else parameter.grad.zero_()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._pass()
        return graph.replay
