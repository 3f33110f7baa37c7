"""Forward and backward over one window, with the spiking state carried to the next.

On CUDA the whole pass is captured once as a graph and replayed: its kernels would otherwise wait
for the CPU to launch them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import cast

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from realsam.nn.cpu.pool import one_torch_thread
from realsam.nn.labels import Labels
from realsam.nn.model import SpikingLM
from realsam.nn.population import State
from realsam.train.config import TrainConfig
from realsam.train.data import Window
from realsam.train.objective import Objective

_WARM_UP = 3  # passes before a capture, in which kernels are compiled
_WARM_UP_PARALLEL = 11  # DistributedDataParallel rearranges its buckets in the first ten


class Backprop:
    """Adds the gradients of windows to the parameters; keeps the state between them."""

    def __init__(
        self,
        objective: Objective | DistributedDataParallel,
        model: SpikingLM,
        config: TrainConfig,
        batch: int,
        end_of_text: int,
        device: torch.device,
        teacher: Labels | None = None,
    ) -> None:
        """`teacher` holds labels of all tokens of the text, [n, K], with ids of any integer."""
        self._objective = objective
        self._model = model
        self._accumulate = config.accumulate
        self._end = end_of_text
        self._teacher = teacher
        shape = (config.window, batch)
        self._tokens = torch.zeros(shape, dtype=torch.int64, device=device)
        self._targets = torch.zeros(shape, dtype=torch.int64, device=device)
        self._places = torch.zeros(shape, dtype=torch.int64, device=device)
        self._alive = torch.ones(shape, device=device)
        self._seed = torch.zeros((), dtype=torch.int64, device=device)
        layers, _ = model.integers()
        self.state = State.zeros(layers, batch, device)
        self._measures = torch.zeros(1 + len(model.layers), device=device)
        self._replays: dict[bool, Callable[[], None]] = {}
        self._parallel = isinstance(objective, DistributedDataParallel)
        self._own = cast(Objective, objective.module if self._parallel else objective)
        if self._parallel and not self._tokens.is_cuda:
            # Buckets are rearranged after a first pass, and their sums with them: do it now, so
            # that a resumed run adds up in the order of the one that it goes on with.
            self._rehearse(1, last=True)

    def __call__(self, window: Window, seed: int, last: bool = True) -> Tensor:
        """Returns [1 + L] the loss in nats per token and the firing rate of each layer.

        Args:
            window: the next piece of all streams.
            seed: of the dropout; another one for every window.
            last: whether an optimizer step follows, for which ranks share their gradients.
        """
        tokens = torch.from_numpy(window.tokens)
        alive = (tokens != self._end).float()
        if window.fresh:
            alive[0] = 0
        fresh = {
            self._tokens: tokens,
            self._alive: alive,
            self._targets: torch.from_numpy(window.targets),
            self._seed: torch.tensor(seed),
        }
        if self._teacher:
            fresh[self._places] = torch.from_numpy(window.places)
        for static, value in fresh.items():
            pinned = value.contiguous().pin_memory() if static.is_cuda else value
            static.copy_(pinned, non_blocking=True)
        if self._tokens.is_cuda:
            if last not in self._replays:
                self._replays[last] = self._capture(last)
            self._replays[last]()
        else:
            with one_torch_thread():
                self._pass(last)
        return self._measures

    def _pass(self, last: bool) -> None:
        with self._sharing(last):
            loss, measures, state = self._objective(
                self._tokens, self._targets, self._alive, self.state, self._seed, self._labels()
            )
            (loss / self._accumulate).backward()
        with torch.no_grad():
            self._measures.copy_(measures)
            for old, new in zip(self.state.v + self.state.s, state.v + state.s, strict=True):
                old.copy_(new)
        self._own.adapt(measures[0], self.state)

    def _labels(self) -> Labels | None:
        """The teacher's labels of the window, as the loss reads them."""
        if self._teacher is None:
            return None
        places = self._places.flatten()
        ids, probabilities = self._teacher.ids[places], self._teacher.probabilities[places]
        return Labels(ids.int(), probabilities, self._teacher.share)

    def _sharing(self, last: bool) -> AbstractContextManager[None]:
        """Where gradients are only added up, ranks need not exchange them yet."""
        if isinstance(self._objective, DistributedDataParallel) and not last:
            waiting: AbstractContextManager[None] = self._objective.no_sync()
            return waiting
        return nullcontext()

    def _capture(self, last: bool) -> Callable[[], None]:
        stream = _side_stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._rehearse(_WARM_UP_PARALLEL if self._parallel else _WARM_UP, last)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._pass(last)
        return graph.replay

    def _rehearse(self, n: int, last: bool) -> None:
        """Run passes, then put back state, gradients and what follows the windows."""
        pieces = [*self.state.v, *self.state.s, *self._model.buffers()]
        kept = [piece.clone() for piece in pieces]
        grads = [p.grad.clone() if p.grad is not None else None for p in self._model.parameters()]
        for _ in range(n):
            self._pass(last)
        for piece, value in zip(pieces, kept, strict=True):
            piece.copy_(value)
        for parameter, grad in zip(self._model.parameters(), grads, strict=True):
            assert parameter.grad is not None
            parameter.grad.copy_(grad) if grad is not None else parameter.grad.zero_()


@cache
def _side_stream() -> torch.cuda.Stream:
    """One for all captures: cuBLAS keeps a workspace for every stream that it ever served."""
    stream: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    return stream
